"""The approved plan as the table that came in, and as a document to print and seal."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from midun.campaigns.models import Campaign, PlanLine
from midun.kernel.documents.table import PrintColumn, PrintTable, table_docx, table_pdf
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Permission
from midun.kernel.orgs.services import require
from midun.kernel.trail.services import record
from midun.kernel.trail.verbs import Verb
from midun.lib.sheets import Column, Sheet, write_xlsx

HEADS = ("类别", "单位", "序号", "活动安排")
_WIDTHS = (10.0, 22.0, 7.0, 80.0)
FORMATS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
"""What the plan can be had as, with its media type."""

Row = tuple[str, str, int, str]
Merge = tuple[int, int, int, int]


def plan_rows(lines: Sequence[PlanLine]) -> list[Row]:
    """类别, 单位, 序号, 活动安排 of every line, in the order of 序号.

    A unit is called by its short name unless another unit here has the same one.
    """
    labels: dict[str, set[int]] = {}
    for line in lines:
        labels.setdefault(line.unit.label, set()).add(line.unit_id)
    return [
        (
            line.category,
            line.unit.label if len(labels[line.unit.label]) == 1 else line.unit.name,
            line.number,
            line.content,
        )
        for line in sorted(lines, key=lambda line: line.number)
    ]


def merges_of(rows: Sequence[Row]) -> list[Merge]:
    """类别 and 单位 of neighbouring rows as merged cells `(top, left, bottom, right)`, units within their category."""
    merges: list[Merge] = []
    for column in (0, 1):
        start = 0
        for index in range(1, len(rows) + 1):
            if index < len(rows) and rows[index][: column + 1] == rows[start][: column + 1]:
                continue
            if index - start > 1 and rows[start][column]:
                merges.append((start, column, index - 1, column))
            start = index
    return merges


def title_of(campaign: Campaign) -> str:
    """The heading of the table."""
    return f"{campaign.title}安排" if campaign.title.endswith("活动") else f"{campaign.title}活动安排"


@transaction.atomic
def plan_file(*, kind: str, campaign: Campaign, lines: Sequence[PlanLine], actor: Actor, at: datetime) -> bytes:
    """The plan in one of `FORMATS`; the export is in the trail."""
    require(actor, Permission.READ_WORK)
    data = _WRITERS[kind](campaign, plan_rows(lines), at)
    after = {"table": "plan", "format": kind, "rows": len(lines)}
    record(actor=actor, verb=Verb.EXPORTED, target=campaign, at=at, after=after)
    return data


def _xlsx(campaign: Campaign, rows: list[Row], at: datetime) -> bytes:
    columns = [
        Column(title=head, width=width, kind="integer" if head == "序号" else "text")
        for head, width in zip(HEADS, _WIDTHS, strict=True)
    ]
    sheet = Sheet(name="活动安排", columns=columns, rows=rows, merges=merges_of(rows), title=title_of(campaign))
    return write_xlsx([sheet], at=at)


def _printed(campaign: Campaign, rows: list[Row]) -> PrintTable:
    columns = (
        PrintColumn("类别", width=20, centred=True, merged=True),
        PrintColumn("单位", width=40, centred=True, merged=True),
        PrintColumn("序号", width=12, centred=True),
        PrintColumn("活动安排"),
    )
    return PrintTable([title_of(campaign)], columns, rows)


def _docx(campaign: Campaign, rows: list[Row], at: datetime) -> bytes:
    return table_docx(_printed(campaign, rows), at=at)


def _pdf(campaign: Campaign, rows: list[Row], at: datetime) -> bytes:
    return table_pdf(_printed(campaign, rows), at=at)


_WRITERS: dict[str, Callable[[Campaign, list[Row], datetime], bytes]] = {"xlsx": _xlsx, "docx": _docx, "pdf": _pdf}
