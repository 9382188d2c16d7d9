"""登记簿: the copies that were issued, searched and exported."""

import datetime as dt
import json
from dataclasses import asdict
from datetime import datetime
from urllib.parse import quote

from midun.desk.log_proofs import disclosure_of, keep, kept
from midun.desk.tracing import BEIJING
from midun.desk.web import MENU, Answer, Place, Request, Wrong, data, download, get, page, part_of, post
from midun.lib.bundle.copies import MAX_BYTES, BatchText
from midun.lib.marking.code.message import write_id
from midun.lib.marking.keys import MarkKey
from midun.lib.marking.manifest import opening, opening_file
from midun.lib.marking.registry import Issued, Registry
from midun.lib.sheets import Column, Sheet, write_xlsx

MENU.append(Place("副本登记簿", "notebook", "/registry/", 30, "何时发给谁、什么用途，可检索、可导出"))
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PER_PAGE = 50
COLUMNS = (
    Column("发出时间", 20, "datetime"),
    Column("接收人", 24),
    Column("文件", 32),
    Column("用途", 28),
    Column("副本编号", 22),
    Column("载体", 16),
    Column("副本 SHA-256", 66),
    Column("原件 SHA-256", 66),
)


def found(request: Request) -> tuple[list[Issued], str]:
    """The copies that answer to the query, newest first, and the query."""
    word = request.query.get("q", "").strip()
    registry = Registry(request.home.registry)
    try:
        rows = registry.issued()
    finally:
        registry.close()
    if not word:
        return rows, word
    bare = word.replace("-", "").upper()
    return [row for row in rows if _answers(row, word.casefold(), bare)], word


def _answers(row: Issued, word: str, bare: str) -> bool:
    texts = (row.recipient, row.name, row.purpose, row.copy, row.source, row.at[:10])
    return any(word in text.casefold() for text in texts) or bare in write_id(row.copy_id).replace("-", "")


@get("/registry/")
def registry(request: Request) -> Answer:
    """A page of the registry."""
    rows, word = found(request)
    part = part_of(request, len(rows), PER_PAGE)
    shown = [
        (row, write_id(row.copy_id), datetime.fromisoformat(row.at).astimezone(BEIJING)) for row in rows[part.rows]
    ]
    proofs = [BatchText.parse(one.text) for one in kept(request.home)]
    context = {"rows": shown, "word": word, "count": len(rows), "part": part, "kept": f"q={quote(word)}&"}
    return page(request, "desk/registry.html", 200, proofs=proofs, **context)


@post("/registry/proof/")
def proof(request: Request) -> Answer:
    """Take in the proof of a batch that the platform gave."""
    said = keep(request.home, request.bytes(MAX_BYTES))
    return data({"said": f"已读入批次 {said.batch[:8]} 的证明，共 {said.copies} 份副本。以后的追溯报告会带上它。"})


@get("/registry/<copy>.json")
def opened(request: Request, copy: str) -> Answer:
    """What opens the commitment of one copy, or with `?proof=1` that with the proof of its batch."""
    row, key = _held(request, copy)
    number = write_id(row.copy_id)
    if not request.query.get("proof"):
        return download(opening_file(row, key), f"开启信息-{number}.json", "application/json")
    shown = disclosure_of(request.home, opening(row, key))
    if shown is None:
        raise Wrong(404, "本机没有这份副本所在批次的证明，请先从平台的批次页面下载“批次证明”并读入。")
    return download(shown.encode(), f"出示文件-{number}.json", "application/json")


def _held(request: Request, copy: str) -> tuple[Issued, MarkKey]:
    """A copy that was issued, and the key it was marked with.

    Raises:
        Wrong: 404.

    """
    registry = Registry(request.home.registry)
    try:
        row = registry.get(bytes.fromhex(copy))
    finally:
        registry.close()
    key = next((one for one in request.home.mark_keys() if row and one.fingerprint == row.key_fingerprint), None)
    if row is None or not row.copy or key is None:
        raise Wrong(404, "登记簿中没有这份副本，或本机没有它的密钥。")
    return row, key


@get("/registry/export.xlsx")
def as_workbook(request: Request) -> Answer:
    """What the query found, as a workbook."""
    rows, _ = found(request)
    cells = (
        (
            datetime.fromisoformat(row.at).astimezone(BEIJING).replace(tzinfo=None),
            row.recipient,
            row.name,
            row.purpose,
            write_id(row.copy_id),
            row.carriers,
            row.copy,
            row.source,
        )
        for row in rows
    )
    return download(
        write_xlsx([Sheet("副本登记簿", COLUMNS, cells)], at=dt.datetime.now(dt.UTC)), "副本登记簿.xlsx", XLSX
    )


@get("/registry/export.json")
def as_json(request: Request) -> Answer:
    """What the query found, as JSON."""
    rows, _ = found(request)
    listed = [{**asdict(row), "copy_id": row.copy_id.hex(), "copy_number": write_id(row.copy_id)} for row in rows]
    text = json.dumps({"format": "midun-registry-export/1", "copies": listed}, ensure_ascii=False, indent=1)
    return download(text.encode(), "副本登记簿.json", "application/json")
