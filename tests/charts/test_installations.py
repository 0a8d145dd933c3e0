"""What holds in every rendering: nothing privileged, nothing secret, nothing simulated, and every reference leads somewhere."""

import re

import pytest

from helm import NAMESPACE, ROOT, SERVICES, SUITE, Rendering, at, containers, least, over, render, variables
from matrix import renderings

# Kept by the chart, or by those whose secrets it names.
FOREIGN = re.compile(r"-(database|own|peers|vault|test|jwks)$|^mahila-jwks$")


def each_pod():
    return [(rendering, name, pod) for rendering in renderings() for name, pod in rendering.pods()]


def servers(rendering: Rendering) -> dict[str, dict]:
    """The pod templates of the services, by name."""
    return {thing["metadata"]["name"]: thing["spec"]["template"] for thing in rendering.of("Deployment")}


def test_the_matrix_is_what_it_says() -> None:
    sizes = [len(rendering.objects) for rendering in renderings()]
    assert len(sizes) >= 72 + 7 and min(sizes) >= 6
    assert {len(servers(rendering)) for rendering in renderings()} == {1, 5}
    assert {thing["kind"] for rendering in renderings() for thing in rendering.objects} >= {
        "Deployment", "Job", "Pod", "Service", "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget", "HorizontalPodAutoscaler",
        "Certificate", "Cluster", "ScheduledBackup", "GRPCRoute", "BackendTLSPolicy", "ServiceMonitor", "PodMonitor", "PrometheusRule", "ConfigMap",
    }


@pytest.mark.parametrize("off", SERVICES)
def test_a_service_that_is_off_is_not_installed_nor_followed_where_that_is_optional(off: str) -> None:
    rendering = Rendering(off, render(SUITE, over(least(SUITE), at(f"global.services.{off}", False))))
    assert set(servers(rendering)) == set(SERVICES) - {off}
    optional = {("complaint-intake", "review-scheduling"), ("oversight", "review-scheduling"), ("oversight", "awareness-campaigns")}
    for name, template in servers(rendering).items():
        assert off not in peers(template["spec"]) or (name, off) not in optional, name


def test_pods_are_restricted() -> None:
    for rendering, name, pod in each_pod():
        where = f"{rendering.name}: {name}"
        security = pod["securityContext"]
        assert security["runAsNonRoot"] and security["runAsUser"] == 65532, where
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, where
        assert pod["automountServiceAccountToken"] is False and pod["enableServiceLinks"] is False, where
        assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC"}, where
        for container in containers(pod):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, where
            assert container["resources"]["requests"] and container["resources"]["limits"]["memory"], where
            assert "lifecycle" not in container, f"{where}: draining is the binary's own work"


def test_nothing_waits_for_a_migration() -> None:
    for rendering in renderings():
        for thing in rendering.of("Deployment", "Job"):
            assert "initContainers" not in thing["spec"]["template"]["spec"], rendering.name


def test_no_rendering_is_a_simulation() -> None:
    for rendering, name, pod in each_pod():
        for container in containers(pod):
            assert "--issuer-key" not in container["args"], name
            assert "command" not in container, name
        for variable in variables(pod):
            assert not re.match(r"(?i)mahila__(clock|simulated)|mahila_settings", variable), f"{rendering.name}: {name}: {variable}"


def test_no_secret_stands_in_a_rendering() -> None:
    for rendering, name, pod in each_pod():
        assert not rendering.of("Secret"), rendering.name
        for variable, value in variables(pod).items():
            is_secret = re.search(r"(_URL|TOKEN|PASSWORD|KEY)$", variable)
            assert not is_secret or value is None, f"{rendering.name}: {name}: {variable}"


def test_secrets_are_mounted_whole_and_read_only() -> None:
    for _, name, pod in each_pod():
        volumes = {volume["name"] for volume in pod.get("volumes", [])}
        for container in containers(pod):
            mounts = container.get("volumeMounts", [])
            assert {mount["name"] for mount in mounts} <= volumes, name
            assert all(mount["readOnly"] and "subPath" not in mount for mount in mounts), name
            folders = [mount["mountPath"] + "/" for mount in mounts]
            for variable, value in variables(pod).items():
                if value and value.startswith("/run/"):
                    assert any(value.startswith(folder) for folder in folders), f"{name}: {variable}={value} is not mounted"


def secrets_of(pod: dict) -> set[str]:
    names = set()
    for volume in pod.get("volumes", []):
        sources = volume.get("projected", {}).get("sources", [volume])
        for source in sources:
            if secret := source.get("secret"):
                names.add(secret.get("secretName") or secret["name"])
    return names


def test_every_secret_is_made_by_somebody() -> None:
    for rendering, name, pod in each_pod():
        made = {thing["spec"]["secretName"] for thing in rendering.of("Certificate")}
        made |= {f"{thing['metadata']['name']}-{part}" for thing in rendering.of("Cluster") for part in ("app", "ca")}
        unknown = {secret for secret in secrets_of(pod) - made if not FOREIGN.search(secret)}
        assert not unknown, f"{rendering.name}: {name}: {unknown}"


def test_the_owners_address_is_seen_by_migrations_alone() -> None:
    for rendering, name, pod in each_pod():
        sees = "owner-url" in str(pod.get("volumes"))
        assert sees == name.startswith("Job/"), f"{rendering.name}: {name}"


def test_names_lead_somewhere() -> None:
    for rendering in renderings():
        accounts = {thing["metadata"]["name"] for thing in rendering.of("ServiceAccount")}
        for name, pod in rendering.pods():
            assert name.startswith("Pod/") or pod["serviceAccountName"] in accounts, f"{rendering.name}: {name}"
        for thing in rendering.of("HorizontalPodAutoscaler"):
            deployment = rendering.get("Deployment", thing["spec"]["scaleTargetRef"]["name"])
            assert "replicas" not in deployment["spec"], rendering.name
        for name, template in servers(rendering).items():
            labels = template["metadata"]["labels"].items()
            ports = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
            for service in (rendering.get("Service", name), rendering.get("Service", f"{name}-headless")):
                assert service["spec"]["selector"].items() <= labels
                assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
            for kind in ("Deployment", "PodDisruptionBudget"):
                for thing in rendering.of(kind):
                    if thing["metadata"]["name"] == name:
                        assert thing["spec"]["selector"]["matchLabels"].items() <= labels
        for monitor in rendering.of("ServiceMonitor"):
            selector = monitor["spec"]["selector"]["matchLabels"].items()
            found = [service for service in rendering.of("Service") if selector <= service["metadata"]["labels"].items()]
            ports = [port["name"] for service in found for port in service["spec"]["ports"]]
            assert ports.count(monitor["spec"]["endpoints"][0]["port"]) == 1, "a pod is read once"


def contract() -> set[str]:
    """Full names of all gRPC services."""
    found = set()
    for file in (ROOT / "proto" / "mahila").rglob("*.proto"):
        text = file.read_text()
        package = re.search(r"^package ([\w.]+);", text, re.M)
        found |= {f"{package[1]}.{name}" for name in re.findall(r"^service (\w+) \{", text, re.M)}
    return found


def test_routes_and_probes_name_services_of_the_contract() -> None:
    known = contract()
    for rendering in renderings():
        for template in servers(rendering).values():
            probes = template["spec"]["containers"][0]
            assert probes["livenessProbe"]["grpc"] == probes["startupProbe"]["grpc"] == {"port": 7101, "service": "liveness"}
            assert probes["readinessProbe"]["grpc"]["service"] in known
        routed = [match["method"]["service"] for route in rendering.of("GRPCRoute") for rule in route["spec"]["rules"] for match in rule["matches"]]
        assert set(routed) <= known and len(routed) == len(set(routed)), rendering.name
        assert not [name for name in routed if name.endswith(("FeedService", "ReplayService"))], rendering.name


def peers(pod: dict) -> dict[str, str]:
    """Addresses of those whom a service follows, by their charts' names."""
    urls = [value for name, value in variables(pod).items() if re.fullmatch(r"MAHILA__PEERS__[A-Z]+", name)]
    return {re.match(r"https?://(.+)-headless\.", url)[1]: url for url in urls}


@pytest.fixture(name="suites")
def _suites() -> list[Rendering]:
    return [rendering for rendering in renderings() if len(servers(rendering)) == len(SERVICES)]


def test_peers_are_dialled_at_headless_services_by_names_of_their_certificates(suites: list[Rendering]) -> None:
    for rendering in suites:
        certificates = {thing["metadata"]["name"]: thing["spec"]["dnsNames"] for thing in rendering.of("Certificate")}
        for template in servers(rendering).values():
            for peer, url in peers(template["spec"]).items():
                scheme, host = re.match(r"(https?)://([^:]+):7100$", url).groups()
                assert rendering.get("Service", host.split(".")[0])["spec"]["clusterIP"] == "None"
                assert host.endswith(f".{NAMESPACE}.svc")
                is_plain = "MAHILA__SERVER__TLS__CERT_FILE" not in variables(template["spec"])
                assert scheme == ("http" if is_plain else "https")
                assert not certificates or host in certificates[peer], rendering.name


def test_followers_are_known_by_their_certificates_and_nobody_else_is(suites: list[Rendering]) -> None:
    for rendering in suites:
        pods = {name: template["spec"] for name, template in servers(rendering).items()}
        for name, pod in pods.items():
            allowed = variables(pod).get("MAHILA__SERVER__TLS__CLIENT_NAMES")
            if allowed is None:
                continue
            follow = {f"{other}.{NAMESPACE}.svc" for other, its in pods.items() if name in peers(its)}
            assert set(allowed.split(",")) == (follow or {f"{name}.{NAMESPACE}.svc"}), f"{rendering.name}: {name}"
            for certificate in rendering.of("Certificate"):
                own = certificate["metadata"]["name"]
                assert f"{own}.{NAMESPACE}.svc" in certificate["spec"]["dnsNames"]
                assert {"server auth", "client auth"} <= set(certificate["spec"]["usages"])


def admits(rules: list[dict], key: str, labels: dict, port: object) -> bool:
    """Whether rules of a NetworkPolicy let pods of this namespace with these labels through to a port."""

    def selects(peer: dict) -> bool:
        selector = peer.get("podSelector")
        if selector is None or "namespaceSelector" in peer:
            return False
        words = selector.get("matchExpressions", [])
        return selector.get("matchLabels", {}).items() <= labels.items() and all(labels.get(e["key"]) in e["values"] for e in words)

    return any(any(map(selects, rule.get(key, []))) and any(p["port"] == port for p in rule["ports"]) for rule in rules)


def test_what_a_service_dials_lets_it_in_and_nothing_else_does(suites: list[Rendering]) -> None:
    for rendering in suites:
        if not rendering.of("NetworkPolicy"):
            continue
        templates = servers(rendering)
        labels = {name: template["metadata"]["labels"] for name, template in templates.items()}
        policies = {name: rendering.get("NetworkPolicy", name)["spec"] for name in templates}
        for name, template in templates.items():
            assert policies[name]["policyTypes"] == ["Ingress", "Egress"]
            # An empty list of peers is everybody.
            assert all(rule.get("from") for rule in policies[name]["ingress"]), rendering.name
            for other in templates:
                dials = other in peers(template["spec"])
                assert admits(policies[name]["egress"], "to", labels[other], 7100) == dials, f"{rendering.name}: {name} -> {other}"
                assert admits(policies[other]["ingress"], "from", labels[name], "grpc") == dials, f"{rendering.name}: {other} <- {name}"


def test_databases_are_reached_by_their_service_and_its_migrations_alone(suites: list[Rendering]) -> None:
    for rendering in suites:
        jobs = {thing["metadata"]["name"]: thing["spec"]["template"]["metadata"]["labels"] for thing in rendering.of("Job")}
        pods = {name: template["metadata"]["labels"] for name, template in servers(rendering).items()} | jobs
        for cluster in rendering.of("Cluster"):
            if not rendering.of("NetworkPolicy"):
                continue
            database = cluster["metadata"]["name"]
            ingress = rendering.get("NetworkPolicy", database)["spec"]["ingress"]
            for name, labels in pods.items():
                own = name.startswith(database.removesuffix("-db"))
                assert admits(ingress, "from", labels, 5432) == own, f"{rendering.name}: {database} <- {name}"


def test_migrations_come_before_the_service_in_every_mode(suites: list[Rendering]) -> None:
    for rendering in suites:
        mode = next((mode for mode in ("hook", "job", "none") if mode in rendering.name.split("+")), None)
        if mode is None:
            continue
        if rendering.of("Cluster") and mode == "hook":
            mode = "job"
        jobs = rendering.of("Job")
        assert len(jobs) == (0 if mode == "none" else len(SERVICES)), rendering.name
        for job in jobs:
            notes = job["metadata"]["annotations"]
            if mode == "hook":
                assert notes["helm.sh/hook"] == "pre-install,pre-upgrade"
                needed = [t for t in rendering.of("ServiceAccount", "NetworkPolicy") if t["metadata"]["name"] == job["metadata"]["name"]]
                assert all(int(t["metadata"]["annotations"]["helm.sh/hook-weight"]) < int(notes["helm.sh/hook-weight"]) for t in needed)
                assert needed and job["spec"]["template"]["spec"]["serviceAccountName"] == needed[0]["metadata"]["name"]
            else:
                assert "helm.sh/hook" not in notes and notes["argocd.argoproj.io/sync-wave"] == "-1"
                assert re.search(r"-migrate-[0-9a-f]{8}$", job["metadata"]["name"])
