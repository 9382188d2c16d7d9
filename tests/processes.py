"""Real processes on the test's own database: workers, servers, and commands that are killed in the middle."""

import http.client
import os
import secrets
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from tools.postgresql import Cluster

ROOT = Path(__file__).resolve().parent.parent

KILL = """
import os, signal
def die(*_args, **_kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
"""
"""For code given to `python`: `die` ends the process as the power cut would, with no chance to tidy up."""

_SETUP = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "midun.config.settings"
django.setup()
"""


def environment(**more):
    """The environment of a process that works on the data of this test (whose rows must be committed)."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MIDUN_", "DJANGO_", "PYTEST_"))}
    return {
        **kept,
        "MIDUN_HOME": str(settings.MIDUN_HOME),
        "MIDUN_DATABASE_URL": database_url(),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "default",
        **more,
    }


def database_url():
    """The test's database, as MIDUN_DATABASE_URL takes it."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{quote(str(known['NAME']))}"
    return f"postgresql://{known['USER']}@/{known['NAME']}?host={known['HOST']}"


def python(code, *arguments, **more):
    """Start Python with Django set up and run `code`."""
    command = [sys.executable, "-c", _SETUP + KILL + code, *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment(**more), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def midun(*arguments, **more):
    """Run `midun …` to its end."""
    command = [str(Path(sys.executable).parent / "midun"), *map(str, arguments)]
    return subprocess.run(command, env=environment(**more), capture_output=True, text=True, check=False, timeout=120)


def ended(process, timeout=60):
    """Wait for a process; its exit code and what it said."""
    said, _ = process.communicate(timeout=timeout)
    return process.returncode, said


@contextmanager
def empty_installation(folder, vendor=None):
    """What points a process at a new installation beside this one, on the same kind of database or on `vendor`."""
    home = folder / f"empty-{secrets.token_hex(4)}"
    home.mkdir()
    more = {"MIDUN_HOME": str(home)}
    with ExitStack() as stack:
        if (vendor or connection.vendor) == "sqlite":
            more["MIDUN_DATABASE_URL"] = ""
        else:
            more["MIDUN_DATABASE_URL"] = stack.enter_context(_empty_postgresql(home.name.replace("-", "_")))
        yield more


@contextmanager
def _empty_postgresql(name):
    """A new database in the session's cluster, or a cluster of its own where the session runs on SQLite."""
    if connection.vendor != "postgresql":
        cluster = Cluster()
        try:
            yield cluster.url
        finally:
            cluster.stop()
        return
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        known = connection.settings_dict
        yield f"postgresql://{known['USER']}@/{name}?host={known['HOST']}"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Server:
    """`midun serve` on the data of this test; `with Server() as server:` waits until it answers."""

    def __init__(self, **more):
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.more = more
        self.process = None

    def __enter__(self):
        command = [str(Path(sys.executable).parent / "midun"), "serve", "--port", str(self.port), "--workers", "2"]
        with (Path(settings.MIDUN_HOME) / "serve.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment(**self.more), stdout=log, stderr=log)
        for _ in range(600):
            try:
                self.get("/health/")
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
            else:
                return self
        raise RuntimeError(self.said())

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def kill(self):
        """`kill -9` of the process the operator started, and of it alone."""
        self.process.kill()
        self.process.wait(10)

    def get(self, path, **headers):
        """An answer without following redirects, as (status, headers, body)."""
        request = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            request.request("GET", path, headers=headers)
            answer = request.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            request.close()

    def said(self):
        return (Path(settings.MIDUN_HOME) / "serve.log").read_text(errors="replace")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
