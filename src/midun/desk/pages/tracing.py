"""追溯: a leaked file or pasted text in, whose copy it is out."""

import datetime as dt

from midun.desk import workers
from midun.desk.drafts import Drafts
from midun.desk.tracing import Report, traced
from midun.desk.web import MENU, Answer, Place, Request, Wrong, download, get, go, page, post
from midun.lib.marking.errors import Refused

MENU.append(Place("追溯泄露", "report-search", "/trace/", 20, "拖入泄露的照片、文件或粘贴文字，查出是谁的副本"))


@get("/trace/")
def trace(request: Request) -> Answer:
    """Where to drop a leak, and reports made before."""
    return _form(request, {})


def _form(request: Request, errors: dict[str, str], text: str = "") -> Answer:
    reports = Report.all(request.home)[:50]
    ready = bool(request.home.mark_keys()) and request.home.registry.is_file()
    draft = Drafts(request.home.path).new()
    status = 400 if errors else 200
    return page(request, "desk/trace.html", status, draft=draft, errors=errors, text=text, reports=reports, ready=ready)


@post("/trace/start/")
def start(request: Request) -> Answer:
    """Look; the answer is the report."""
    form, drafts = request.form(), Drafts(request.home.path)
    if form["text"]:
        pasted = drafts.place(form["draft"], "粘贴的文字.txt")
        pasted.write_text(form["text"], "utf-8")
    files = drafts.files(form["draft"])
    if not files:
        return _form(request, {"files": "请拖入泄露的文件，或粘贴文字。"})
    refused, made = {}, []
    for path, place in files:
        arguments = (path, request.home, dt.datetime.now(dt.UTC).replace(microsecond=0))
        answer = workers.outcome(workers.submit(traced, *arguments), traced, *arguments)
        if isinstance(answer, Refused):
            refused[str(place)] = str(answer)
        else:
            made.append(Report.keep(request.home, *answer))
    drafts.drop(form["draft"])
    if refused:
        return _form(request, refused)
    return go(request, f"/trace/{made[0].number}/" if len(made) == 1 else "/trace/")


@get("/trace/<report>/")
def report(request: Request, report: str) -> Answer:
    """One report."""
    return page(request, "desk/report.html", report=Report(request.home, report))


@get("/trace/<report>/picture.png")
def picture(request: Request, report: str) -> Answer:
    """The leak with the map of the mark.

    Raises:
        Wrong: 404.

    """
    found = Report(request.home, report).picture
    if found is None:
        raise Wrong(404, "没有图像。")
    return Answer(found, "image/png")


@get("/trace/<report>/report.pdf")
def pdf(request: Request, report: str) -> Answer:
    """To print, or to attach to a report to the authority."""
    found = Report(request.home, report)
    return download(found.pdf(), f"追溯报告-{found.at:%Y%m%d-%H%M%S}.pdf", "application/pdf")


@get("/trace/<report>/report.json")
def facts(request: Request, report: str) -> Answer:
    """The facts for machines."""
    found = Report(request.home, report)
    return download(found.json, f"追溯报告-{found.at:%Y%m%d-%H%M%S}.json", "application/json")
