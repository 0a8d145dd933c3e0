"""What the charts tell the binary is what the binary takes: every setting of every rendering, and the command line of `helm test`."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from helm import SHORT, containers
from matrix import renderings

# Says more than a status: exit code of a call that nobody answered (10 + UNAVAILABLE).
NOBODY_ANSWERED = 10 + 14


@pytest.fixture(scope="session", name="files")
def _files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What would be mounted at /run/mahila."""
    folder = tmp_path_factory.mktemp("mahila")
    for name in ("database", "tls", "ca", "jwks", "peers", "vault"):
        (folder / name).mkdir()
    for role, name in (("app", "url"), ("owner", "owner-url")):
        (folder / "database" / name).write_text(f"postgres://{role}:secret@db:5432/x\n")
    (folder / "peers/token").write_text("token\n")
    (folder / "vault/keys").write_text("active 1\n")
    (folder / "jwks/jwks.json").write_text('{"keys": []}')
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x", "-days", "2"]
    subprocess.run([*made, "-keyout", folder / "tls/tls.key", "-out", folder / "tls/tls.crt"], check=True, capture_output=True)
    for name in ("tls/ca.crt", "ca/ca.crt", "database/ca.crt"):
        (folder / name).write_bytes((folder / "tls/tls.crt").read_bytes())
    return folder


def environments() -> dict[tuple[tuple[str, str], ...], tuple[str, list[str]]]:
    """Every different environment of a container that serves or migrates: where it stands, and its arguments."""
    found = {}
    for rendering in renderings():
        for name, pod in rendering.pods():
            if name.startswith("Pod/"):
                continue
            [container] = containers(pod)
            given = tuple((entry["name"], entry.get("value", "pod-1")) for entry in container["env"])
            found[given] = (f"{rendering.name}: {name}", container["args"])
    return found


def check(mahila: Path, files: Path, given: tuple[tuple[str, str], ...], services: list[str]) -> subprocess.CompletedProcess:
    environment = {name: value.replace("/run/mahila", str(files)) for name, value in given}
    return subprocess.run([mahila, "config", "check", *services], env=environment, capture_output=True, text=True, check=False)


def test_the_binary_takes_every_setting(mahila: Path, files: Path) -> None:
    wrong = []
    verbs = set()
    for given, (where, (verb, service)) in environments().items():
        verbs.add((verb, service))
        ran = check(mahila, files, given, [service] if verb == "serve" else [])
        if ran.returncode != 0:
            wrong.append(f"{where}\n{ran.stderr}")
    assert not wrong, "\n".join(wrong[:3])
    assert verbs == {(verb, service) for verb in ("serve", "migrate") for service in SHORT.values()}


def test_the_binary_refuses_a_setting_that_is_not_one(mahila: Path, files: Path) -> None:
    """The check itself can fail."""
    given, (_, (_, service)) = next(iter(environments().items()))
    assert check(mahila, files, (*given, ("MAHILA__SERVER__LISTENS", "x")), [service]).returncode != 0


def settings_of(schema: dict, path: tuple = ()):
    for key, inner in schema.get("properties", {}).items():
        options = [inner, *inner.get("anyOf", [])]
        sections = [option for option in options if "properties" in option]
        if sections:
            yield from settings_of(sections[0], (*path, key))
        else:
            yield ".".join((*path, key))


# Settings that no chart sets, and why.
LEFT = {
    "simulated": "never",
    "clock.mode": "never",
    "clock.peers": "never",
    "write.queue": "the binary's own choice is right",
    "write.batch": "the binary's own choice is right",
    "server.max_message_bytes": "part of the contract",
    "auth.refresh_seconds": "the binary's own choice is right",
    "auth.leeway_seconds": "the binary's own choice is right",
    "peers.token": "only as a file",
    "peers.oversight": "nobody follows the oversight",
}


def test_every_setting_is_set_or_left_out_on_purpose(mahila: Path) -> None:
    ran = subprocess.run([mahila, "config", "schema"], capture_output=True, text=True, check=True)
    known = {setting for setting in settings_of(json.loads(ran.stdout)) if not re.search(r"^database\.\w+\.(owner_)?url$", setting)}
    # One vault is enough.
    known -= {f"database.{short}.vault_role" for short in SHORT.values() if short != "intake"}
    set_by_charts = {name.removeprefix("MAHILA__").replace("__", ".").lower() for given in environments() for name, _ in given if name.startswith("MAHILA__")}
    assert set_by_charts <= known
    assert known - set_by_charts == set(LEFT)


def test_helm_test_speaks_the_clients_language(mahila: Path) -> None:
    pods = [pod for rendering in renderings() for name, pod in rendering.pods() if name == "Pod/complaint-intake-test"]
    assert pods
    [container] = containers(pods[0])
    given = {"MAHILA_ADDRESS": "http://127.0.0.1:1", "MAHILA_TOKEN": "token"}
    ran = subprocess.run([mahila, *container["args"]], env=given, capture_output=True, text=True, check=False)
    assert ran.returncode == NOBODY_ANSWERED, ran.stderr
