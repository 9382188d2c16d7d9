"""Throw-away installations to measure: a data folder and a database each, and the product's own process inside them."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.postgresql import Cluster

ROOT = Path(__file__).resolve().parent.parent

SERVER = {
    "shared_buffers": "1GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "1GB",
    "effective_cache_size": "4GB",
    "max_wal_size": "8GB",
    "random_page_cost": "1.1",
}
"""PostgreSQL for a machine of 2 cores and 8 GB with a solid-state disk; everything else, fsync too, as delivered."""


class Failed(Exception):
    """What ran inside an installation ended with an error; `str()` is what it said."""


@dataclass(frozen=True)
class Place:
    """One installation."""

    home: Path
    url: str

    @property
    def database(self) -> str:
        """What a table calls it."""
        return "SQLite" if self.url.startswith("sqlite") else "PostgreSQL"

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to run in it."""
        paths = os.pathsep.join(map(str, (ROOT, ROOT / "src")))
        ours = {"MIDUN_HOME": str(self.home), "MIDUN_DATABASE_URL": self.url, "PYTHONPATH": paths}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MIDUN_")}
        return {**kept, **ours, "DJANGO_SETTINGS_MODULE": "midun.config.settings"}

    def run(self, task: str, **arguments: Any) -> Any:
        """Run a function of `bench.inside` in a process of its own and return what it gave. Raises `Failed`."""
        print(f"{self.database}: {task} …", file=sys.stderr, flush=True)
        command = [sys.executable, "-m", "bench.inside", task, json.dumps(arguments)]
        done = subprocess.run(command, env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"{task}: {done.stderr[-3000:]}")
        return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def sqlite() -> Iterator[Place]:
    """An installation on SQLite."""
    home = Path(tempfile.mkdtemp(prefix="midun-bench-"))
    try:
        yield Place(home, f"sqlite:///{home / 'midun.sqlite3'}")
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def postgresql() -> Iterator[Place]:
    """An installation on a PostgreSQL of its own."""
    home = Path(tempfile.mkdtemp(prefix="midun-bench-"))
    cluster = Cluster(SERVER)
    try:
        yield Place(home, cluster.url)
    finally:
        cluster.stop()
        shutil.rmtree(home, ignore_errors=True)
