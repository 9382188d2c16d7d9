"""Run the whole suite on SQLite, then on PostgreSQL where it is installed, and say plainly what was skipped.

With CI=true a skipped test is a failure: on CI everything the project can test must be tested.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
STRICT = os.environ.get("CI") == "true"
WORKERS = str(max(1, min(4, os.cpu_count() or 1)))


def run(name: str, *arguments: str, **environment: str) -> int:
    """One pytest run; returns its exit code."""
    print(f"\n== {name} ==", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-n", WORKERS, "--dist", "loadscope", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, check=False).returncode


def main() -> int:
    """SQLite, then PostgreSQL; the exit code of the worse."""
    codes = [run("SQLite", *(["--no-skips"] if STRICT else []))]
    if find_postgresql():
        codes.append(
            run("PostgreSQL", "-m", "not journey", *(["--no-skips"] if STRICT else []), MIDUN_TEST_DB="postgresql")
        )
    else:
        print("\n== PostgreSQL == not installed: skipped (Debian: apt-get install postgresql)", flush=True)
        if STRICT:
            codes.append(1)
    return max(codes)


def on_postgresql(*arguments: str, home: str) -> int:
    """The suite but for the browser journeys, on a throw-away PostgreSQL."""
    from tools.postgresql import Cluster  # noqa: PLC0415  # needs nothing where PostgreSQL is absent

    cluster = Cluster()
    try:
        return run("PostgreSQL", "-m", "not journey", *arguments, MIDUN_HOME=home, MIDUN_DATABASE_URL=cluster.url)
    finally:
        cluster.stop()


def find_postgresql() -> Path | None:
    """The folder with initdb and postgres, newest first."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists():
            return folder
    found = shutil.which("initdb")
    return Path(found).parent if found else None


if __name__ == "__main__":
    sys.exit(main())
