"""Set the product up, run one task, print what it gave as the last line."""

import importlib
import json
import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402  # after setup

from midun.config.management.commands.serve import gather_static  # noqa: E402  # after setup

TASKS = {
    "rollup.prepare": "bench.inside.rollup",
    "rollup.measure": "bench.inside.rollup",
    "rollup.acts": "bench.inside.rollup",
    "pages.prepare": "bench.inside.pages",
    "imports.make": "bench.inside.imports",
    "imports.measure": "bench.inside.imports",
    "imports.floor": "bench.inside.imports",
    "evidence.prepare": "bench.inside.evidence",
    "evidence.append": "bench.inside.evidence",
    "evidence.grow": "bench.inside.evidence",
}

if __name__ == "__main__":
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    call_command("migrate", interactive=False, verbosity=0)
    gather_static()
    module = importlib.import_module(TASKS[name])
    print(json.dumps(getattr(module, name.split(".")[1])(**arguments)))
