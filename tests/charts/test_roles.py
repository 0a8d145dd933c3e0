"""The roles that the charts and their README make are those that the binary's migrations ask for, on a real PostgreSQL."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from helm import CHARTS, ROOT, Rendering, variables
from matrix import renderings

sys.path.insert(0, str(ROOT / "tests/alerts"))

from installation import postgres  # noqa: E402 (found by the line above)


def of_readme() -> list[str]:
    """What a team with a PostgreSQL of its own is told to run."""
    [block] = re.findall(r"```sql\n(.*?)```", (CHARTS / "README.md").read_text(), re.S)
    return [statement.strip() for statement in block.replace("…", "x").split(";") if statement.strip()]


def of_cloudnativepg(rendering: Rendering) -> list[str]:
    """What the operator does for a Cluster: https://cloudnative-pg.io/documentation, "PostgreSQL Role Management"."""
    spec = rendering.get("Cluster", "complaint-intake-db")["spec"]
    made = spec["bootstrap"]["initdb"]
    statements = [f"CREATE ROLE {made['owner']} LOGIN", f"CREATE DATABASE {made['database']} OWNER {made['owner']} TEMPLATE template0 LOCALE '{made['localeCollate']}'"]
    for role in spec["managed"]["roles"]:
        words = ["LOGIN" if role["login"] else "NOLOGIN", "INHERIT" if role.get("inherit", True) else "NOINHERIT"]
        statements.append(" ".join(["CREATE ROLE", role["name"], *words]))
        statements += [f"GRANT {other} TO {role['name']}" for other in role.get("inRoles", [])]
    return statements


def find(is_found) -> Rendering:
    return next(rendering for rendering in renderings() if is_found(rendering))


def job_of(rendering: Rendering) -> dict:
    return next(pod for name, pod in rendering.pods() if name.startswith("Job/complaint-intake-migrate"))


CASES = {
    "outside": lambda: (job_of(find(lambda r: r.of("Job") and not r.of("Cluster"))), of_readme()),
    "cnpg": lambda: (lambda rendering: (job_of(rendering), of_cloudnativepg(rendering)))(find(lambda r: r.of("Job") and r.of("Cluster"))),
}


@pytest.mark.parametrize("case", CASES)
def test_migrations_take_the_roles_and_the_service_may_only_serve(case: str, mahila: Path, tmp_path: Path) -> None:
    job, statements = CASES[case]()
    folder = tmp_path / "postgres"
    folder.mkdir()
    with postgres(folder) as psql:

        def say(role: str, database: str, *texts: str) -> subprocess.CompletedProcess:
            words = [word for text in texts for word in ("-c", text)]
            return subprocess.run([*psql, "-U", role, "-d", database, *words], capture_output=True, text=True, check=False)

        made = say("postgres", "postgres", *statements)
        assert made.returncode == 0, made.stderr

        (tmp_path / "owner-url").write_text(f"postgres://intake_owner@localhost/intake?host={folder}")
        given = {name: value.replace("/run/mahila/database", str(tmp_path)) for name, value in variables(job).items()}
        # A socket has no certificate.
        given |= {"PGSSLMODE": "disable"}
        given.pop("PGSSLROOTCERT", None)
        migrated = subprocess.run([mahila, *job["containers"][0]["args"]], env=given, capture_output=True, text=True, check=False)
        assert migrated.returncode == 0, migrated.stderr
        assert "intake: applied" in migrated.stdout

        assert say("intake_app", "intake", "SELECT * FROM intake.complaints").returncode == 0
        for forbidden in ("CREATE TABLE intake.mine ()", "ALTER TABLE intake.complaints ADD COLUMN mine int", "DELETE FROM platform.journal", "SELECT * FROM vault.persons"):
            assert "permission denied" in (ran := say("intake_app", "intake", forbidden)).stderr or "must be owner" in ran.stderr, forbidden
        assert say("intake_app", "intake", "SET ROLE intake_vault", "SELECT * FROM vault.persons").returncode == 0
