"""The form on paper: Excel, Word, PDF and JSON from the same content. Equal content gives equal bytes."""

from collections.abc import Callable
from datetime import date, datetime, time

from django.utils.timezone import localdate, make_aware

from midun.kernel.documents.form import FormLine, FormSheet, form_docx, form_pdf, form_xlsx
from midun.kernel.statistics.body import Body
from midun.kernel.statistics.cells import Filled, fill
from midun.kernel.statistics.checks import body_of, findings
from midun.kernel.statistics.models import STAGES, FormState, StatForm

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MIME = {"xlsx": XLSX, "docx": DOCX, "pdf": "application/pdf", "json": "application/json"}
_WRITERS: dict[str, Callable[..., bytes]] = {"xlsx": form_xlsx, "docx": form_docx, "pdf": form_pdf}


def paper(form: StatForm, kind: str, *, today: date) -> bytes:
    """The form as a file of that kind (a key of `MIME`). `today` dates a draft; a form handed in dates itself."""
    filled = fill(form)
    body = content_of(filled)
    if kind == "json":
        return body.text.encode()
    return _WRITERS[kind](sheet_of(form, body, today=today), at=_made_at(body, today))


def content_of(filled: Filled) -> Body:
    """What the form states: its snapshot once handed in, else the numbers as they are now."""
    return filled.body or body_of(filled, findings(filled), stage=filled.form.state, at=None)


def _made_at(body: Body, today: date) -> datetime:
    taken = body.data["taken_at"]
    return datetime.fromisoformat(taken) if taken else make_aware(datetime.combine(today, time()))


def sheet_of(form: StatForm, body: Body, *, today: date) -> FormSheet:
    """The form as it prints, to be sealed. One still open carries the draft mark; one handed in bears its day."""
    data = body.data
    handed_in = STAGES.get(FormState(data["stage"]))
    bottom = f"{handed_in}快照 SHA-256：{form.digest}" if handed_in else f"草稿，数据截至{chinese_day(today)}"
    return FormSheet(
        title=data["title"],
        unit_name=data["unit"] + ("（本级）" if data["own_only"] else ""),
        lines=[
            FormLine(c["number"], c["label"], c["reported"], c["unit"], c["rows"], c["part"]) for c in data["cells"]
        ],
        day=localdate(body.counted_at) if body.counted_at else None,
        draft=handed_in is None,
        footnotes=notes_of(body),
        bottom=[bottom],
    )


def chinese_day(day: date) -> str:
    """2025年6月10日."""
    return f"{day.year}年{day.month}月{day.day}日"


def notes_of(body: Body) -> list[str]:
    """What travels with the form: both numbers of an adjusted cell and why, explanations, missing units."""
    notes, item = [], ""
    for cell in body.data["cells"]:
        item = cell["number"] or item
        note = _note(cell, body)
        if note:
            notes.append(f"第{item}项“{cell['label']}”{note}")
    notes += [f"{f.text}。说明：{f.explanation}" for f in body.findings if f.explanation]
    if body.missing_units and body.missing_reason:
        units = "、".join(body.missing_units)
        notes.append(
            f"汇总时尚未审核通过的单位（{len(body.missing_units)} 个）：{units}。先行定稿的理由：{body.missing_reason}"
        )
    return notes


def _note(cell: dict[str, int | str], body: Body) -> str:
    unit = cell["unit"]
    if cell["reason"]:
        return f"：统计数 {cell['computed']:,} {unit}，调整为 {cell['reported']:,} {unit}。理由：{cell['reason']}"
    if cell["carried"]:
        told = "；".join(f"{b.unit} {b.delta:+,}（{b.reason}）" for b in body.below if b.figure == cell["figure"])
        return f"：统计数 {cell['computed']:,} {unit}，并入下级调整后为 {cell['reported']:,} {unit}。其中：{told}"
    return ""
