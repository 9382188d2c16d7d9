"""`midun import WHAT FILE`: bring tables in from the command line; each kind of table is a module of its own app."""  # noqa: N999  # the command is called so

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

SOURCES = {"annex": "midun.campaigns.annex_command", "enterprises": "midun.directory.enterprise_command"}
"""Sub-command → module with `HELP`, `add_arguments(parser)` and `run(options, out, err, at) -> exit code`."""


class Command(BaseCommand):
    """Dispatches to the modules of `SOURCES`; exit code 1 when something was not taken."""

    help = "导入活动安排（annex）或企业名录（enterprises）"

    def add_arguments(self, parser: CommandParser) -> None:
        """One sub-command per source that is there."""
        chosen = parser.add_subparsers(dest="source", required=True, metavar="annex|enterprises", title="导入什么")
        for name, module in _modules().items():
            module.add_arguments(chosen.add_parser(name, help=module.HELP, description=module.HELP))

    def handle(self, *, source: str, **options: Any) -> None:
        """Run it."""
        code: int = _modules()[source].run(options, self.stdout, self.stderr, timezone.now())
        if code:
            sys.exit(code)


def _modules() -> dict[str, ModuleType]:
    return {name: import_module(path) for name, path in SOURCES.items() if find_spec(path)}
