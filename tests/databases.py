"""Where the suite runs, settled before Django reads its settings (`-p tests.databases` in pyproject.toml).

Every session has a data folder of its own, so that no test touches a developer's `var/`. `MIDUN_TEST_DB=postgresql`
starts a throw-away PostgreSQL for the session; the workers of xdist share it, each in a database of its own.
"""

import os
import shutil
import tempfile

import pytest

from tools.postgresql import HOW_TO_INSTALL, Cluster, find_postgresql

_OURS = ("MIDUN_HOME", "MIDUN_DATABASE_URL")
_started: list[Cluster] = []
_folders: list[str] = []


def _settle() -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        return  # the controller has settled it and its environment came along
    for name in [name for name in os.environ if name.startswith("MIDUN_") and name != "MIDUN_TEST_DB"]:
        del os.environ[name]
    wanted = os.environ.get("MIDUN_TEST_DB", "sqlite")
    if wanted not in ("sqlite", "postgresql"):
        raise pytest.UsageError(f"MIDUN_TEST_DB={wanted}: sqlite or postgresql")
    os.environ["MIDUN_HOME"] = tempfile.mkdtemp(prefix="midun-test-")
    _folders.append(os.environ["MIDUN_HOME"])
    if wanted == "postgresql":
        if find_postgresql() is None:
            raise pytest.UsageError(HOW_TO_INSTALL)
        _started.append(Cluster())
        os.environ["MIDUN_DATABASE_URL"] = _started[-1].url


def pytest_unconfigure() -> None:
    """Stop what this process started."""
    while _started:
        _started.pop().stop()
    while _folders:
        shutil.rmtree(_folders.pop(), ignore_errors=True)


_settle()
