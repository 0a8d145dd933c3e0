"""No value is there for nothing: changing it changes what is installed, in some installation at least."""

import functools

import yaml

import document
from helm import CHARTS, SERVICES, at, at_once, least, over, template

CHART = "complaint-intake"
FULL = {
    "global": {
        "tls": {"mode": "certManager", "issuerRef": {"name": "mahila"}, "caConfigMap": {"name": "mahila-ca"}},
        "telemetry": {"otlpEndpoint": "http://collector:4317"},
        "gateway": {"enabled": True, "parentRefs": [{"name": "public"}]},
        "networkPolicy": {"clients": [{"podSelector": {}}]},
        "monitoring": {"serviceMonitor": {"enabled": True}, "rules": {"enabled": True}, "dashboards": {"enabled": True}},
    },
    "test": {"enabled": True, "station": "stations/ps-000-001", "existingSecret": "desk"},
}
CNPG = {"global": {"cnpg": {"enabled": True, "backup": {"enabled": True, "objectStore": "store"}}}}
LEAST = least(CHART)
# Installations between them in which every value has a say.
BASES = [
    (CHART, over(LEAST, FULL)),
    (CHART, over(over(LEAST, FULL), CNPG)),
    (CHART, over(over(over(LEAST, FULL), CNPG), {"database": {"cluster": {"backupName": "two", "restore": {"backupName": "one"}}}})),
    (CHART, over(LEAST, {"autoscaling": {"enabled": True}})),
    (CHART, over(LEAST, {"global": {"tls": {"mode": "existingSecret"}}, "tls": {"existingSecret": "own"}})),
    (CHART, over(LEAST, {"replicas": 5, "global": {"tls": {"issuerRef": {"name": "mahila"}}}})),
    (CHART, over(LEAST, {"global": {"auth": {"jwks": {"url": "", "existingSecret": "keys"}}}})),
    # Desks are the registry's.
    ("station-registry", over(least("station-registry"), {"global": {"monitoring": {"rules": {"enabled": True}}}})),
]
# Another value, where the default's kind does not say one.
OTHER = {
    "global.image.digest": "sha256:" + "0" * 64,
    "global.auth.jwks.url": "https://other.example.org/keys",
    "global.tls.duration": "4000h",
    "global.tls.renewBefore": "100h",
    "global.cnpg.backup.schedule": "1 1 1 1 1 1",
    "global.telemetry.otlpEndpoint": "http://other:4317",
    "global.telemetry.sampleRatio": 0.5,
    "global.gateway.parentRefs": [{"name": "other"}],
    "global.image.pullSecrets": ["other"],
    "global.tls.clientNames": ["other"],
    "global.gateway.hostnames": ["other"],
    "global.monitoring.serviceMonitor.interval": "1s",
    "database.appRole": "other",
    "database.cluster.restore.time": "2026-11-24T10:15:00Z",
    "vault.role": "other",
    "test.station": "stations/other",
    "resources": {"requests": {"cpu": "7"}},
    "database.cluster.resources": {"requests": {"cpu": "7"}},
    "affinity": {"podAffinity": {}},
    "replicas": 5,
}


def other(path: str, value: object, schema: dict) -> list[object]:
    """Values to try in place of the default."""
    if path in OTHER:
        return [OTHER[path]]
    if choices := schema.get("enum"):
        return [choice for choice in choices if choice != value]
    if isinstance(value, bool):
        return [not value, value]
    if isinstance(value, int):
        return [value + 1, max(value - 1, schema.get("minimum", 0))]
    if isinstance(value, list):
        return [[{"podSelector": {"matchLabels": {"other": "1"}}}]]
    if isinstance(value, dict):
        return [{"other": "1"}]
    return ["other"]


@functools.cache
def plain(base: int) -> str:
    ran = template(*BASES[base])
    assert ran.code == 0, ran.err
    return ran.out


def is_used(path: str, value: object, schema: dict) -> bool:
    return any(
        ran.code == 0 and ran.out != plain(base)
        for tried in other(path, value, schema)
        for base, (chart, values) in enumerate(BASES)
        if (ran := template(chart, over(values, at(path, tried))))
    )


def test_no_value_is_unused() -> None:
    text = (CHARTS / CHART / "values.yaml").read_text()
    cases = [(".".join(path), value, schema) for path, value, _, schema in document.leaves(yaml.safe_load(text), document.comments(text))]
    assert len(cases) > 80
    unused = [path for (path, *_), used in zip(cases, at_once(is_used, cases), strict=True) if not used]
    # What the suite installs changes nothing in this one chart, but for the peer that it follows only when it is there.
    assert unused == [f"global.services.{name}" for name in SERVICES if name != "review-scheduling"]


def test_an_unused_value_is_found() -> None:
    """The check itself can fail: a value of another mode changes nothing."""
    assert not is_used("global.auth.jwks.key", "jwks.json", {"enum": ["jwks.json"]})
