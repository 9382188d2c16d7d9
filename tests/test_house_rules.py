"""The rules of the house that a machine can check (ARCHITECTURE.md says why)."""

import ast
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from django.apps import apps
from django.urls import URLPattern, URLResolver, get_resolver

from midun.kernel.orgs.enums import ADMIN_ROLES, PERMISSIONS, Role
from midun.kernel.orgs.models import Scoped
from midun.kernel.orgs.scoping import ScopedQuerySet

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "midun"
MODULES = [p for p in SOURCE.rglob("*.py") if "migrations" not in p.parts]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TOOLS = sorted(p for folder in ("tools", "bench") for p in (ROOT / folder).rglob("*.py"))
OURS = [m for m in apps.get_models() if m.__module__.startswith("midun.")]
NOT_SCOPED = {"Entry", "Job", "Worker", "User"}
"""Tables that are not lists of records: the trail (read by the auditor only), the queue and its workers, the login table."""

BANNED_NAMES = {"utils.py", "helpers.py", "common.py", "signals.py", "selectors.py", "serializers.py", "managers.py"}
MODULE_LINES, FUNCTION_LINES, TEMPLATE_LINES, APP_LINES = 500, 60, 150, 4500
TEMPLATE_WIDTH, VIEW_LINES, TEST_LINES = 160, 30, 600


def lines(path):
    return path.read_text(encoding="utf-8").count("\n")


def test_imports_point_downwards():
    found = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-3000:]


def test_modules_are_small():
    assert {str(p.relative_to(ROOT)): lines(p) for p in MODULES if lines(p) > MODULE_LINES} == {}


def test_functions_are_small():
    long = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = length
    assert long == {}


def test_views_are_small():
    """Fetch, bind, one service call, answer: about 25 lines; what needs more than 30 is not a view."""
    long = {}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and any(called(d) == "page" for d in node.decorator_list):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > VIEW_LINES:
                    long[f"{path.relative_to(ROOT)}:{node.name}"] = length
    assert long == {}


def called(decorator):
    """The name of a decorator, with or without arguments."""
    return getattr(getattr(decorator, "func", decorator), "id", "")


def test_tests_are_small():
    assert {str(p.relative_to(ROOT)): lines(p) for p in TESTS if lines(p) > TEST_LINES} == {}


def test_templates_are_small():
    templates = SOURCE.rglob("templates/**/*.html")
    assert {str(p.relative_to(ROOT)): lines(p) for p in templates if lines(p) > TEMPLATE_LINES} == {}


def test_templates_are_laid_out():
    """A line that nobody can read hides what nobody meant."""
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in SOURCE.rglob("templates/**/*.html")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > TEMPLATE_WIDTH
    ]
    assert long == []


def test_apps_are_small():
    sizes = {}
    for app in (p for p in SOURCE.iterdir() if (p / "apps.py").exists()):
        sizes[app.name] = sum(lines(p) for p in app.rglob("*.py") if "migrations" not in p.parts)
    assert {name: size for name, size in sizes.items() if size > APP_LINES} == {}


def test_no_catch_all_modules():
    assert [str(p.relative_to(ROOT)) for p in MODULES if p.name in BANNED_NAMES] == []


def test_every_module_says_what_it_is_for():
    silent = [p for p in MODULES if not ast.get_docstring(ast.parse(p.read_text(encoding="utf-8")))]
    assert [str(p.relative_to(ROOT)) for p in silent] == []


@pytest.mark.parametrize("model", OURS, ids=lambda m: m.__name__)
def test_every_table_is_scoped(model):
    if model.__name__ in NOT_SCOPED:
        return
    assert issubclass(model, Scoped)
    assert isinstance(model.objects.all(), ScopedQuerySet)
    assert model.objects.all()._scope is None
    assert model._default_manager.name == "reachable"


def test_no_app_goes_round_the_scope():
    """`.reachable`, `._default_manager`, `._base_manager` are Django's own doors, not an app's."""
    round_about = re.compile(r"\.reachable\.|\._default_manager|\._base_manager|all_objects")
    allowed = {"scoping.py", "base.py"}
    found = [
        str(p.relative_to(ROOT))
        for p in MODULES
        if p.name not in allowed and "archive" not in p.parts and round_about.search(p.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_unscoped_always_says_why():
    bare = re.compile(r"\.unscoped\(\s*\)|\.unscoped\(\s*[\"']{2}\s*\)")
    assert [str(p) for p in MODULES if bare.search(p.read_text(encoding="utf-8"))] == []


def test_services_read_no_clock():
    """Time is passed in as `at`."""
    clock = re.compile(r"timezone\.now\(\)|datetime\.now\(|date\.today\(|timezone\.localdate\(\)|time\.time\(\)")
    services = [
        p for p in MODULES if "services" in p.name or "services" in p.parts or p.name in ("workflow.py", "figures.py")
    ]
    found = [str(p.relative_to(ROOT)) for p in services if clock.search(p.read_text(encoding="utf-8"))]
    assert found == []


def test_no_import_inside_a_function():
    """An import inside a function hides a cycle; the only ones allowed say why on their line."""
    hidden = []
    for path in MODULES:
        source = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(ast.parse("\n".join(source))):
            if isinstance(node, ast.FunctionDef):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Import | ast.ImportFrom) and "PLC0415  #" not in source[inner.lineno - 1]:
                        hidden.append(f"{path.relative_to(ROOT)}:{inner.lineno}")
    assert hidden == []


def test_no_exception_is_swallowed():
    """A handler that catches everything raises again, or says on its line why it may go on."""
    found = []
    for path in MODULES:
        source = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(ast.parse("\n".join(source))):
            if isinstance(node, ast.ExceptHandler) and catches_everything(node):
                raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
                if not raises and not re.search(r"# noqa: BLE001  # \w", source[node.lineno - 1]):
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert found == []


def catches_everything(handler):
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or getattr(kind, "id", "") in ("Exception", "BaseException") for kind in caught)


def test_no_checker_is_silenced_without_a_reason():
    """`# type: ignore[code]  # why` and `# noqa: CODE  # why`; a bare one hides whatever comes next."""
    silencer = re.compile(r"#\s*(?:type:\s*ignore|noqa\b|mypy:|pragma:)")
    reasoned = re.compile(r"# (?:type: ignore\[[a-z, -]+\]|noqa: [A-Z]+\d+(?:, [A-Z]+\d+)*)  # \w.+")
    found = []
    for path in (*MODULES, *TESTS, *TOOLS):
        for number, comment in comments(path):
            if silencer.search(comment) and not reasoned.search(comment):
                found.append(f"{path.relative_to(ROOT)}:{number}: {comment}")
    assert found == []


def comments(path):
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_templates_have_no_inline_style_or_script():
    """The content security policy forbids them, so they would silently do nothing."""
    inline = re.compile(r"\sstyle=|\son[a-z]+=\"|<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")|javascript:")
    found = [
        str(p.relative_to(ROOT))
        for p in SOURCE.rglob("templates/**/*.html")
        if inline.search(p.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_page_calls_a_foreign_host():
    foreign = re.compile(r"(?:src|href)=[\"']https?://|url\(https?://|@import")
    files = [*SOURCE.rglob("templates/**/*.html"), *SOURCE.rglob("static/**/*.css"), *SOURCE.rglob("static/**/*.js")]
    own = [p for p in files if "vendor" not in p.parts]
    assert [str(p.relative_to(ROOT)) for p in own if foreign.search(p.read_text(encoding="utf-8"))] == []


def test_every_template_is_used():
    text = "".join(p.read_text(encoding="utf-8") for p in [*MODULES, *SOURCE.rglob("templates/**/*.html")])
    found_by_name = (
        "account/",
        "mfa/",
        "allauth/",
        "socialaccount/",
        "usersessions/",
        "400.html",
        "403.html",
        "403_csrf.html",
        "404.html",
        "429.html",
        "500.html",
    )
    unused = []
    for path in SOURCE.rglob("templates/**/*.html"):
        name = str(path).split("/templates/")[1]
        if not name.startswith(found_by_name) and name not in text:
            unused.append(name)
    assert unused == []


def views(patterns, prefix=""):
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from views(entry.url_patterns, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern), entry.callback


def test_every_page_says_who_may_open_it():
    """Each of our views wears @page; only the account library and the health check do not."""
    bare = [
        path
        for path, view in views(get_resolver().url_patterns)
        if view.__module__.startswith("midun.")
        and not hasattr(view, "page_public")
        and view.__module__ != "midun.config.health"
    ]
    assert bare == []


def test_the_three_administrators_share_nothing():
    rights = [PERMISSIONS[role] for role in ADMIN_ROLES]
    assert len(rights) == 3
    for one in rights:
        assert all(not (one & other) for other in rights if other is not one)
    work = frozenset().union(*(PERMISSIONS[role] for role in Role if role not in ADMIN_ROLES))
    assert all(not (one & work) for one in rights)


def test_no_workplace_leaks_into_the_project():
    """No path of a developer's machine and no address of a package mirror stands in the tree."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    machine = re.compile(r"/(?:work|root|home)/[a-z]|\.library\b")
    allowed = {"tests/test_house_rules.py"}
    found = []
    for name in tracked:
        path = ROOT / name
        if (
            name in allowed
            or "vendor" in name
            or not path.is_file()
            or path.suffix not in {".py", ".md", ".toml", ".html", ".js", ".css", ".yaml", ""}
        ):
            continue
        if machine.search(path.read_text(encoding="utf-8", errors="ignore")):
            found.append(name)
    assert found == []
