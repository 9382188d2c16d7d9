"""Set the product up, run one task, print what it gave as the last line."""

import importlib
import json
import sys

import django
from django.core.management import call_command

from midun.config.management.commands.serve import gather_static

TASKS = {
    "rollup.prepare": "bench.inside.rollup",
    "rollup.measure": "bench.inside.rollup",
    "rollup.acts": "bench.inside.rollup",
    "pages.prepare": "bench.inside.pages",
    "imports.make": "bench.inside.imports",
    "imports.measure": "bench.inside.imports",
    "imports.floor": "bench.inside.imports",
}

if __name__ == "__main__":
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    gather_static()
    module = importlib.import_module(TASKS[name])
    print(json.dumps(getattr(module, name.split(".")[1])(**arguments)))
