"""制作副本: files in, one marked copy for each recipient out."""

import datetime as dt
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from midun.desk.drafts import Drafts
from midun.desk.fields import UNTIL, label_fields, wanted_label
from midun.desk.jobs import Job
from midun.desk.labelling import first_label
from midun.desk.pages.controls import controls
from midun.desk.recipients import LONGEST, MOST, annotated, read_recipients, template, unique
from midun.desk.web import MENU, Answer, Form, Place, Request, Wrong, data, download, get, go, lines_of, page, post
from midun.lib.marking.errors import Refused
from midun.lib.marking.registry import Registry
from midun.lib.sheets import SheetError

HINT = "给每位接收人一份带密标的副本，泄露后能查出是谁的"
MENU.append(Place("制作副本", "copy", "/mark/", 10, HINT))
STRENGTHS = (
    ("normal", "标准", "一般文件用这一档，肉眼几乎看不出"),
    ("strong", "加强", "要打印、拍照、多次转发的；白纸上的细点稍明显"),
    ("faint", "轻", "图片质量要求高的；反复压缩后可能读不出"),
)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TABLE = 20 << 20


@get("/mark/")
def mark(request: Request) -> Answer:
    """The form, and batches made before."""
    return _form(request, {"draft": Drafts(request.home.path).new(), "strength": "normal", "kind": UNTIL}, {})


def _form(request: Request, values: dict[str, Any], errors: dict[str, str]) -> Answer:
    registry = Registry(request.home.registry)
    try:
        earlier = registry.recipients()
    finally:
        registry.close()
    now = dt.datetime.now().astimezone()
    shown = {
        "values": {"out": str(Path.home() / "密标副本" / f"{now:%Y%m%d-%H%M%S}"), **values},
        "errors": errors,
        "earlier": earlier,
        "files": [(place, path.stat().st_size) for path, place in Drafts(request.home.path).files(values["draft"])],
        "jobs": [(job, job.progress()) for job in Job.all(request.home)[:20]],
        "strengths": STRENGTHS,
        **label_fields(values),
    }
    return page(request, "desk/mark.html", 400 if errors else 200, **shown)


@post("/mark/start/")
def start(request: Request) -> Answer:
    """Begin the batch, or show the form again with what is missing."""
    form = request.form()
    drafts = Drafts(request.home.path)
    files = drafts.path(form["draft"])
    recipients = unique([*lines_of(form["recipients"]), *form.all("earlier")])
    errors = _errors(form, recipients, bool(drafts.files(form["draft"])))
    label = None
    if form["grade"] and not errors:
        try:
            label = first_label(wanted_label(form), form["person"], request.home)
        except (Refused, ValueError) as error:
            errors["label"] = str(error)
    if errors:
        return _form(
            request, {**form.values(), "chosen": form.all("earlier"), "handling": form.all("handling")}, errors
        )
    wanted = {
        "recipients": recipients,
        "purpose": form["purpose"],
        "person": form["person"],
        "strength": form["strength"],
        "wording": form["wording"] == "1",
        "out": str(Path(form["out"]).expanduser()),
        "label": label.encode().decode() if label else "",
    }
    job = Job.begin(request.home, files, wanted)
    job.start()
    return go(request, f"/mark/{job.number}/")


def _errors(form: Form, recipients: list[str], files: bool) -> dict[str, str]:
    out = Path(form["out"]).expanduser()
    long = [name for name in recipients if len(name) > LONGEST]
    checks = {
        "files": "" if files else "请先拖入或选择要制作副本的文件。",
        "recipients": f"接收人“{long[0][:20]}…”超过 {LONGEST} 个字。"
        if long
        else ""
        if recipients
        else "请至少填写一位接收人。",
        "purpose": "" if form["purpose"] else "请填写用途，追溯时靠它说明这份副本为什么发出。",
        "person": "" if form["person"] else "请填写制作人。",
        "strength": "" if form["strength"] in {name for name, _, _ in STRENGTHS} else "请选择密标强度。",
        "out": "" if out.is_absolute() and not out.is_file() else "请填写文件夹的完整路径。",
    }
    if len(recipients) > MOST:
        checks["recipients"] = f"一次最多 {MOST} 位接收人。"
    return {name: sentence for name, sentence in checks.items() if sentence}


@get("/mark/<job>/")
def one(request: Request, job: str) -> Answer:
    """A batch: how far it is, what was refused, where the copies are."""
    found = Job(request.home, job)
    return page(request, "desk/job.html", job=found, progress=found.progress())


@get("/mark/<job>/register.json")
def register(request: Request, job: str) -> Answer:
    """The registration file of a batch: salted commitments, no names."""
    found = Job(request.home, job)
    name = f"登记文件-{found.at:%Y%m%d-%H%M%S}.json"
    return download(found.manifest(), name, "application/json")


@get("/mark/<job>/copies.zip")
def copies(request: Request, job: str) -> Answer:
    """All copies of a batch in one archive, a folder per recipient.

    Raises:
        Wrong: 404, there are none any more.

    """
    found = Job(request.home, job)
    paths = found.copies()
    if not paths:
        raise Wrong(404, "副本已不在原来的文件夹中。")
    with (
        tempfile.NamedTemporaryFile(prefix="midun-", suffix=".zip", delete=False) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
    ):
        for path in paths:
            archive.write(path, path.relative_to(found.out).as_posix())
            beside = path.with_name(path.name + ".midun-label.json")
            if beside.is_file():
                archive.write(beside, beside.relative_to(found.out).as_posix())
    return download(Path(file.name), f"密标副本-{found.at:%Y%m%d}.zip", "application/zip", temporary=True)


@get("/recipients/template.xlsx")
def recipients_template(_request: Request) -> Answer:
    """The workbook to fill in."""
    return download(template(dt.datetime.now(dt.UTC)), "接收人.xlsx", XLSX)


@post("/recipients/read/")
def recipients_read(request: Request) -> Answer:
    """The names of a workbook, and what is wrong in which row."""
    try:
        listed = read_recipients(request.bytes(_TABLE), request.query.get("name", ""))
    except SheetError as error:
        return data({"error": error.message}, 400)
    return data({"names": listed.names, "errors": listed.sentences()})


@post("/recipients/annotated/")
def recipients_annotated(request: Request) -> Answer:
    """The same workbook with what is wrong written into it."""
    given, name = request.bytes(_TABLE), request.query.get("name", "")
    try:
        listed = read_recipients(given, name)
        written = annotated(given, name, listed, dt.datetime.now(dt.UTC))
    except SheetError as error:
        return data({"error": error.message}, 400)
    return download(written, "接收人（有错误说明）.xlsx", XLSX)


controls("/mark/", lambda request, job: Job(request.home, job))
