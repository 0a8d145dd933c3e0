"""Every combination of switches that changes what is installed, rendered once."""

from functools import cache
from itertools import product

from helm import CHARTS, SERVICES, SUITE, Rendering, at_once, least, over, render
import yaml

TLS = {
    "plain": {"global": {"tls": {"mode": "none"}}},
    "secret": {"global": {"tls": {"mode": "existingSecret"}}, **{name: {"tls": {"existingSecret": f"{name}-own"}} for name in SERVICES}},
    "certManager": {"global": {"tls": {"mode": "certManager", "issuerRef": {"name": "mahila"}}}},
}
DATABASE = {
    "outside": {"global": {"cnpg": {"enabled": False}}, **{name: {"database": {"existingSecret": f"{name}-database", "caKey": "ca.crt"}} for name in SERVICES}},
    "cnpg": {"global": {"cnpg": {"enabled": True, "backup": {"enabled": True, "objectStore": "mahila"}}}},
}
SIZE = {
    "one": {},
    "ha": {
        name: {
            "replicas": None,
            "autoscaling": {"enabled": True, "minReplicas": 3},
            "podDisruptionBudget": {"minAvailable": 2},
            "topologySpread": {"nodes": "DoNotSchedule", "zones": "none"},
        }
        for name in SERVICES
    },
}
MIGRATIONS = {mode: {"global": {"migrations": {"mode": mode}}} for mode in ("hook", "job", "none")}
MORE = {
    "bare": {"global": {"networkPolicy": {"enabled": False}}},
    "full": {
        "global": {
            "monitoring": {"serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}}, "rules": {"enabled": True}, "dashboards": {"enabled": True}},
            "telemetry": {"otlpEndpoint": "http://collector.observability.svc:4317"},
            "auth": {"jwks": {"existingSecret": "", "url": "https://login.example.org/keys"}},
            "tls": {"caConfigMap": {"name": "mahila-ca"}},
            "gateway": {"enabled": True, "parentRefs": [{"name": "public", "namespace": "gateway"}], "hostnames": ["mahila.example.org"]},
            "networkPolicy": {"clients": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gateway"}}}]},
        },
        "complaint-intake": {"test": {"enabled": True, "station": "stations/ps-000-001", "existingSecret": "complaint-intake-test"}},
    },
}
AXES = [TLS, DATABASE, SIZE, MIGRATIONS, MORE]


def suite_cases() -> dict[str, dict]:
    """Values of the suite by the names of their switches."""
    cases = {}
    for names in product(*AXES):
        values = least(SUITE)
        for axis, name in zip(AXES, names, strict=True):
            values = over(values, axis[name])
        cases["+".join(names)] = values
    return cases


def shipped_cases() -> list[tuple[str, str, dict]]:
    """(name, chart, values) of every values file that the charts come with."""
    files = [(SUITE, file) for file in sorted((CHARTS / SUITE).glob("values-*.yaml"))]
    files += [(name, file) for name in SERVICES for file in sorted((CHARTS / name / "ci").glob("*.yaml"))]
    return [(str(file.relative_to(CHARTS)), chart, yaml.safe_load(file.read_text())) for chart, file in files]


@cache
def renderings() -> list[Rendering]:
    """All of them, each one successful."""
    cases = [(name, SUITE, values) for name, values in suite_cases().items()] + shipped_cases()
    return at_once(lambda name, chart, values: Rendering(name, render(chart, values)), cases)
