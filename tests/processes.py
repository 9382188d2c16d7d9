"""Real processes on the test's own database: workers, servers, and commands that are killed in the middle."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

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


def python(code, *arguments):
    """Start Python with Django set up and run `code`."""
    command = [sys.executable, "-c", _SETUP + KILL + code, *map(str, arguments)]
    return subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def midun(*arguments, **more):
    """Run `midun …` to its end."""
    command = [str(Path(sys.executable).parent / "midun"), *map(str, arguments)]
    return subprocess.run(command, env=environment(**more), capture_output=True, text=True, check=False, timeout=120)


def ended(process, timeout=60):
    """Wait for a process; its exit code and what it said."""
    said, _ = process.communicate(timeout=timeout)
    return process.returncode, said
