"""追溯: a leaked file or pasted text in, whose copy it is out."""

from midun.desk.background import DONE
from midun.desk.drafts import Drafts
from midun.desk.pages.controls import controls
from midun.desk.traces import Tracing
from midun.desk.tracing import Report
from midun.desk.web import MENU, Answer, Place, Request, download, get, go, page, post

MENU.append(Place("追溯泄露", "report-search", "/trace/", 20, "拖入泄露的照片、文件或粘贴文字，查出是谁的副本"))


@get("/trace/")
def trace(request: Request) -> Answer:
    """Where to drop a leak, and reports made before."""
    return _form(request, {})


def _form(request: Request, errors: dict[str, str], text: str = "") -> Answer:
    reports = Report.all(request.home)[:50]
    running = [(one, one.progress()) for one in Tracing.all(request.home)[:20] if not one.finished]
    ready = bool(request.home.mark_keys()) and request.home.registry.is_file()
    draft = Drafts(request.home.path).new()
    status = 400 if errors else 200
    shown = {"draft": draft, "errors": errors, "text": text, "reports": reports, "running": running, "ready": ready}
    return page(request, "desk/trace.html", status, **shown)


@post("/trace/start/")
def start(request: Request) -> Answer:
    """Begin to look, in the background."""
    form, drafts = request.form(), Drafts(request.home.path)
    if form["text"]:
        pasted = drafts.place(form["draft"], "粘贴的文字.txt")
        pasted.write_text(form["text"], "utf-8")
    if not drafts.files(form["draft"]):
        return _form(request, {"files": "请拖入泄露的文件，或粘贴文字。"})
    if not request.home.mark_keys() or not request.home.registry.is_file():
        return _form(request, {"files": "本机还没有密钥和登记簿，无法追溯。"})
    begun = Tracing.begin(request.home, drafts.path(form["draft"]))
    return go(request, f"/trace/run/{begun.number}/")


@get("/trace/run/<run>/")
def run(request: Request, run: str) -> Answer:
    """How far it is, and what was found; the report itself if one file was looked at."""
    found = Tracing(request.home, run)
    progress, reports = found.progress(), found.reports()
    only = reports[0][1] if len(reports) == 1 else None
    if only is not None and progress["state"] == DONE:
        return go(request, f"/trace/{only.number}/")
    return page(request, "desk/tracing.html", run=found, progress=progress, reports=reports)


@get("/trace/<report>/")
def report(request: Request, report: str) -> Answer:
    """One report."""
    return page(request, "desk/report.html", report=Report(request.home, report))


@get("/trace/<report>/picture.png")
def picture(request: Request, report: str) -> Answer:
    """The map of the mark in the leak, or in one of its pages."""
    return Answer(Report(request.home, report).drawing(request.query.get("n", "1")), "image/png")


@get("/trace/<report>/copy.json")
def copy(request: Request, report: str) -> Answer:
    """The copy of a finding with its proof, for an authority or a court."""
    found, number = Report(request.home, report), request.query.get("n", "1")
    return download(found.disclosure(number), f"出示文件-{found.at:%Y%m%d-%H%M%S}-{number}.json", "application/json")


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


controls("/trace/run/", lambda request, run: Tracing(request.home, run))
