"""A small installation that is really there: PostgreSQL, the five services in one process with certificates, some calls. For the tests
that ask Prometheus and psql what people would ask them."""

import base64
import contextlib
import glob
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from tools import run, tool

DATABASES = ["registry", "intake", "review", "campaigns", "oversight"]
# The slowest step, many times over, on a machine that does other things.
PATIENCE = 120


def until(what, met, process=None, log=None):
    """Waits for a condition; what it came to."""
    deadline = time.monotonic() + PATIENCE
    while not (result := met()):
        said = Path(log).read_text()[-4000:] if log else ""
        assert process is None or process.poll() is None, f"it ended before {what}\n{said}"
        assert time.monotonic() < deadline, f"waited in vain for {what}\n{said}"
        time.sleep(0.1)
    return result


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def fetch(url):
    """What an address answers; None while nobody listens there."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()
    except OSError:
        return None


@contextlib.contextmanager
def started(command, log, **options):
    """A process, ended with the block."""
    with open(log, "w") as output:
        process = subprocess.Popen([str(word) for word in command], stdout=output, stderr=output, **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def postgres(folder):
    """A PostgreSQL of the tests' own; how psql finds it. Root's is run as nobody: PostgreSQL refuses root."""
    places = [*glob.glob("/usr/lib/postgresql/*/bin"), os.environ.get("PG_BIN", "")]
    initdb = tool("initdb", "make deps", *(f"{place}/initdb" for place in sorted(places, reverse=True)))
    programs = Path(initdb).parent
    other = []
    if os.getuid() == 0:
        other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        for place in [folder, *folder.parents]:
            if place.stat().st_uid == 0 and place != Path("/"):
                place.chmod(place.stat().st_mode | 0o011)
        shutil.chown(folder, 65534, 65534)
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    words = [*other, initdb, "-D", folder / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    run(*words, env=environment, cwd="/")
    server = [*other, programs / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    with started(server, folder.parent / "postgres.log", env=environment, cwd="/") as process:
        ready = [programs / "pg_isready", "-h", folder]
        until("PostgreSQL", lambda: subprocess.run(ready, capture_output=True, check=False).returncode == 0, process)
        yield [programs / "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", folder]


def create_databases(psql):
    """A database and the roles of its owner, its service and its vault, for each service."""
    for name in DATABASES:
        statements = [
            f"CREATE ROLE {name}_owner LOGIN",
            f"CREATE ROLE {name}_app LOGIN NOINHERIT",
            f"CREATE ROLE {name}_vault NOLOGIN",
            f"GRANT {name}_vault TO {name}_app",
            f"CREATE DATABASE {name} OWNER {name}_owner",
        ]
        run(*psql, "-U", "postgres", "-d", "postgres", *(word for text in statements for word in ("-c", text)))


def certificates(folder):
    """An authority, and a certificate of localhost that it signed."""
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=the state",
        "-keyout", folder / "ca.key", "-out", folder / "ca.crt")
    run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost",
        "-keyout", folder / "server.key", "-out", folder / "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n")
    run("openssl", "x509", "-req", "-in", folder / "server.csr", "-CA", folder / "ca.crt", "-CAkey", folder / "ca.key", "-CAcreateserial",
        "-days", "20", "-extfile", folder / "names", "-out", folder / "server.crt")


def write_settings(folder, mahila, socket_folder, otlp):
    """Settings of all services, which find each other by TLS; the address they answer at, and that of health and metrics."""
    port, health = free_port(), free_port()
    url = f"https://localhost:{port}"
    (folder / "jwks.json").write_text(run(mahila, "jwks", "--issuer-key", folder / "issuer.key"))
    token = run(mahila, "token", "--issuer-key", folder / "issuer.key", "--role", "follower", "--subject", "services/oversight").strip()
    key, index, receipt = (base64.b64encode(os.urandom(32)).decode() for _ in range(3))
    (folder / "seal.keys").write_text(f"active 1\nwrapping 1 {key}\nindex {index}\nreceipt {receipt}\n")
    (folder / "seal.keys").chmod(0o600)
    peers = "".join(f'{name} = "{url}"\n' for name in DATABASES)
    databases = "".join(
        f"[database.{name}]\n"
        f'url = "postgres://{name}_app@localhost/{name}?host={socket_folder}"\n'
        f'owner_url = "postgres://{name}_owner@localhost/{name}?host={socket_folder}"\n'
        f'app_role = "{name}_app"\nvault_role = "{name}_vault"\n'
        for name in DATABASES
    )
    (folder / "settings.toml").write_text(
        f"""simulated = true
[server]
listen = "127.0.0.1:{port}"
health_listen = "127.0.0.1:{health}"
[server.tls]
cert_file = "{folder}/server.crt"
key_file = "{folder}/server.key"
[peers]
ca_file = "{folder}/ca.crt"
token = "{token}"
{peers}{databases}
[auth]
issuer = "mahila-development"
audience = "mahila"
jwks = "{folder}/jwks.json"
[seal]
keys_file = "{folder}/seal.keys"
[telemetry]
sample_ratio = 1.0
otlp_endpoint = "{otlp}"
"""
    )
    return url, f"http://127.0.0.1:{health}"


def caller(mahila, folder, url):
    """Calls by the command line as a role of a unit: what was answered, and what was said beside it."""

    def call(role, unit, *arguments):
        of = ["--role", role, "--unit", unit, *(["--woman"] if role == "desk_officer" else [])]
        token = run(mahila, "token", "--issuer-key", folder / "issuer.key", *of).strip()
        words = [mahila, *arguments, "--address", url, "--ca", folder / "ca.crt"]
        environment = {**os.environ, "MAHILA_TOKEN": token}
        return subprocess.run([str(word) for word in words], env=environment, capture_output=True, text=True, check=False)

    return call
