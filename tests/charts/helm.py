"""The real helm, and what it renders."""

import json
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHARTS = ROOT / "charts"
TOOLS = ROOT / "target" / "tools"
HELM = TOOLS / "bin" / "helm"
SUITE = "mahila"
SERVICES = ["station-registry", "complaint-intake", "review-scheduling", "awareness-campaigns", "oversight"]
SHORT = dict(zip(SERVICES, ["registry", "intake", "review", "campaigns", "oversight"], strict=True))
NAMESPACE = "mahila"

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Ran:
    """What helm said."""

    code: int
    out: str
    err: str


def helm(*arguments: str, given: str | None = None) -> Ran:
    # Nobody's own repositories and plugins.
    environment = {"PATH": os.environ["PATH"], "HOME": str(TOOLS / "home")}
    ran = subprocess.run([HELM, *arguments], input=given, capture_output=True, text=True, check=False, env=environment)
    return Ran(ran.returncode, ran.stdout, ran.stderr)


def build_dependencies() -> None:
    """Packs the library into the services and these into the suite, as they are now."""
    ran = subprocess.run(["make", "--silent", "charts-build"], cwd=ROOT, env={**os.environ, "PATH": f"{HELM.parent}:{os.environ['PATH']}"}, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def least(chart: str) -> dict:
    """The least values with which a chart can be installed."""
    file = CHARTS / chart / ("values-dev.yaml" if chart == SUITE else "ci/least-values.yaml")
    return yaml.safe_load(file.read_text())


def template(chart: str, values: dict) -> Ran:
    """One rendering, whatever becomes of it."""
    return helm("template", SUITE, str(CHARTS / chart), "--namespace", NAMESPACE, "--values", "-", given=json.dumps(values))


def render(chart: str, values: dict) -> list[dict]:
    """The objects of a rendering that must succeed."""
    ran = template(chart, values)
    assert ran.code == 0, ran.err
    return [document for document in yaml.load_all(ran.out, Loader) if document]


def at_once(function, cases: list) -> list:
    """Runs it for all cases, as many at a time as there are cores."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        return list(pool.map(lambda case: function(*case), cases))


def over(base: dict, patch: dict) -> dict:
    """`patch` laid over `base`, map by map."""
    merged = dict(base)
    for key, value in patch.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = over(merged[key], value) if both else value
    return merged


def at(path: str, value) -> dict:
    """`a.b.c` and a value as nested maps."""
    for key in reversed(path.split(".")):
        value = {key: value}
    return value


@dataclass
class Rendering:
    """Objects, found by kind and name."""

    name: str
    objects: list[dict] = field(default_factory=list)

    def of(self, *kinds: str) -> list[dict]:
        return [thing for thing in self.objects if thing["kind"] in kinds]

    def get(self, kind: str, name: str) -> dict:
        found = [thing for thing in self.of(kind) if thing["metadata"]["name"] == name]
        assert len(found) == 1, f"{self.name}: {len(found)} {kind} named {name}"
        return found[0]

    def pods(self) -> list[tuple[str, dict]]:
        """Every pod that would run: its name and spec."""
        return [
            (f"{thing['kind']}/{thing['metadata']['name']}", thing["spec"] if thing["kind"] == "Pod" else thing["spec"]["template"]["spec"])
            for thing in self.of("Deployment", "Job", "Pod")
        ]


def containers(pod: dict) -> list[dict]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def variables(pod: dict) -> dict[str, str | None]:
    """Names and values; `None` where the value comes from elsewhere."""
    return {entry["name"]: entry.get("value") for container in containers(pod) for entry in container.get("env", [])}
