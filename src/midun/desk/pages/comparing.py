"""比对: two drops, an optional list of secret points, a report."""

import datetime as dt

from midun.desk import workers
from midun.desk.comparing import NAMES, Comparison, compared
from midun.desk.drafts import Drafts
from midun.desk.web import MENU, Answer, Place, Request, download, get, go, page, post
from midun.lib.marking.errors import Refused

MENU.append(Place("同一性比对", "scale", "/compare/", 25, "拖入自己的材料和对方的材料，逐个秘点给出重合"))


@get("/compare/")
def comparing(request: Request) -> Answer:
    """Where to drop, and reports made before."""
    return _form(request, Drafts(request.home.path).new(), Drafts(request.home.path).new(), "", "")


def _form(request: Request, a: str, b: str, points: str, error: str) -> Answer:
    drafts = Drafts(request.home.path)
    sides = [
        ("a", "甲方材料：主张的商业秘密", a, [(place, path.stat().st_size) for path, place in drafts.files(a)]),
        ("b", "乙方材料：被比对的", b, [(place, path.stat().st_size) for path, place in drafts.files(b)]),
    ]
    reports = Comparison.all(request.home.path)[:50]
    status = 400 if error else 200
    return page(request, "desk/compare.html", status, sides=sides, points=points, error=error, reports=reports)


@post("/compare/start/")
def start(request: Request) -> Answer:
    """Compare; the answer is the report."""
    form, drafts = request.form(), Drafts(request.home.path)
    ours, theirs = ([(path, str(place)) for path, place in drafts.files(form[side])] for side in ("a", "b"))
    if not ours or not theirs:
        return _form(request, form["a"], form["b"], form["points"], "请把双方的材料都拖进来。")
    at = dt.datetime.now(dt.UTC).replace(microsecond=0)
    arguments = (ours, theirs, form["points"], bool(form["titles"]), at)
    made = workers.outcome(workers.submit(compared, *arguments), compared, *arguments)
    if isinstance(made, Refused):
        return _form(request, form["a"], form["b"], form["points"], str(made))
    for side in ("a", "b"):
        drafts.drop(form[side])
    return go(request, f"/compare/{Comparison.keep(request.home.path, made).number}/")


@get("/compare/<report>/")
def report(request: Request, report: str) -> Answer:
    """One report."""
    return page(request, "desk/comparison.html", report=Comparison.of(request.home.path, report))


def _file(name: str) -> None:
    @get(f"/compare/<report>/{name}")
    def file(request: Request, report: str) -> Answer:
        """One file of a report, to keep."""
        found = Comparison.of(request.home.path, report)
        stem, dot, suffix = name.partition(".")
        shown = f"比对报告-{found.at:%Y%m%d-%H%M%S}{dot}{suffix}" if stem == "report" else name
        return download(found.file(name), shown, NAMES[name])


for _name in NAMES:
    _file(_name)
