"""A throw-away PostgreSQL for tests and benchmarks: initdb into a temporary folder, a socket of its own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

HOW_TO_INSTALL = "PostgreSQL is not installed (Debian: apt-get install postgresql)"


def find_postgresql() -> Path | None:
    """The folder with initdb and pg_ctl, newest version first; None where there is none."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    on_path = shutil.which("initdb")
    candidates = [*debian, *([Path(on_path).parent] if on_path else [])]
    return next((folder for folder in candidates if (folder / "initdb").exists()), None)


def _version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""Settings for data that nobody will miss."""


class Cluster:
    """A running server; `url` is what MIDUN_DATABASE_URL takes."""

    def __init__(self, settings: Mapping[str, str] = QUICK) -> None:
        binaries = find_postgresql()
        if binaries is None:
            raise RuntimeError(HOW_TO_INSTALL)
        self.folder = Path(tempfile.mkdtemp(prefix="midun-pg-"))
        self.binaries = binaries
        # initdb refuses to run as root: the package's own user owns the cluster then.
        self.owner = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            for path in (self.folder, self.data):
                shutil.chown(path, self.owner, self.owner)
        self.folder.chmod(0o755)
        initdb = ("-D", self.data, "-U", "midun", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        self._as_owner(binaries / "initdb", *initdb)
        chosen = " ".join(f"-c {name}={value}" for name, value in {"max_connections": "60", **settings}.items())
        options = f"-k {self.folder} -h '' {chosen}"
        self._as_owner(binaries / "pg_ctl", "-D", self.data, "-o", options, "-l", self.folder / "log", "-w", "start")

    @property
    def url(self) -> str:
        """The address of the cluster's first database."""
        return f"postgresql://midun@/postgres?host={self.folder}"

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._as_owner(self.binaries / "pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.folder)

    def _as_owner(self, *command: object) -> None:
        prefix = ["runuser", "-u", self.owner, "--"] if os.geteuid() == 0 else []
        # The server inherits what it is started with: captured output would keep our pipes open for as long as it runs.
        with (self.folder / "output").open("ab") as output:
            done = subprocess.run(
                [*prefix, *map(str, command)],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
            )
        if done.returncode:
            said = "".join(p.read_text(errors="replace") for p in self.folder.glob("*") if p.is_file())
            raise RuntimeError(f"{command[0]} failed with {done.returncode}:\n{said[-2000:]}")
