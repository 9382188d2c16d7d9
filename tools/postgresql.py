"""A throw-away PostgreSQL for tests and benchmarks: initdb into a temporary folder, no fsync, a socket of its own."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tools.run_tests import find_postgresql


class Cluster:
    """A running server; `url` is what MIDUN_DATABASE_URL takes."""

    def __init__(self) -> None:
        binaries = find_postgresql()
        if binaries is None:
            raise RuntimeError("PostgreSQL is not installed")
        self.folder = Path(tempfile.mkdtemp(prefix="midun-pg-"))
        self.binaries = binaries
        self.owner = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        data = self.folder / "data"
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            for path in (self.folder, data):
                shutil.chown(path, self.owner, self.owner)
        self.folder.chmod(0o755)
        self._as_owner(
            binaries / "initdb", "-D", data, "-U", "midun", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"
        )
        quick = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=60"
        options = f"-k {self.folder} -h '' {quick}"
        self._as_owner(binaries / "pg_ctl", "-D", data, "-o", options, "-l", self.folder / "log", "-w", "start")
        self.data = data

    @property
    def url(self) -> str:
        """The address of the database `midun` in this cluster."""
        return f"postgresql://midun@/postgres?host={self.folder}"

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._as_owner(self.binaries / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        for _ in range(20):
            shutil.rmtree(self.folder, ignore_errors=True)
            if not self.folder.exists():
                return
            time.sleep(0.1)

    def _as_owner(self, *command: object) -> None:
        prefix = ["runuser", "-u", self.owner, "--"] if os.geteuid() == 0 else []
        subprocess.run([*prefix, *map(str, command)], check=True, capture_output=True, cwd="/")
