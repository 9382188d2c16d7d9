"""Run the whole suite on SQLite, then on PostgreSQL where it is installed, and say plainly what was skipped.

With CI=true a skipped test is a failure, and so is a missing PostgreSQL: on CI everything that can be tested must be.
Browser journeys run once, on SQLite: they prove the pages, which are the same on both; so do the tests of the
libraries, which know no database of Django's.
"""

import os
import subprocess
import sys
from pathlib import Path

from tools.postgresql import HOW_TO_INSTALL, find_postgresql

ROOT = Path(__file__).resolve().parent.parent
STRICT = os.environ.get("CI") == "true"
WORKERS = str(max(1, min(4, os.cpu_count() or 1)))


def run(database: str, *arguments: str) -> int:
    """One pytest run; returns its exit code."""
    print(f"\n== {database} ==", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-n", WORKERS, "--dist", "loadscope", *arguments]
    if STRICT:
        command.append("--no-skips")
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "MIDUN_TEST_DB": database}, check=False).returncode


def main() -> int:
    """SQLite, then PostgreSQL; the exit code of the worse."""
    codes = [run("sqlite")]
    if find_postgresql():
        codes.append(run("postgresql", "-m", "not journey", "--ignore=tests/lib"))
    else:
        print(f"\n== postgresql ==\nskipped: {HOW_TO_INSTALL}", flush=True)
        codes.append(1 if STRICT else 0)
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
