"""线索筛查: a folder scanned against an index of protected documents, with progress, going on, and ranked results."""

import datetime as dt
from pathlib import Path
from typing import Any

from midun.desk.pages.controls import controls
from midun.desk.screening import SCAN, Screening, Shelf
from midun.desk.web import MENU, Answer, Place, Request, Wrong, download, get, go, lines_of, page, part_of, post
from midun.lib.sheets import Column, Sheet, write_xlsx

MENU.append(Place("线索筛查", "search", "/scan/", 26, "扫描文件夹、压缩包、硬盘导出，找出与受保护文件重合的内容"))
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PER_PAGE = 50
_LONGEST, _MOST_PATTERNS = 200, 100
FAMILIES = {"text": "文字", "code": "代码", "table": "表格"}
COLUMNS = (
    Column("证据（比特）", 14, "decimal"),
    Column("误报率上限", 14, "decimal"),
    Column("扫描到的文件", 50),
    Column("受保护文件", 50),
    Column("受保护文件的部分", 24),
    Column("类别", 10),
    Column("处数", 8, "integer"),
    Column("位置", 60),
    Column("扫描到的文件 SHA-256", 66),
    Column("受保护文件 SHA-256", 66),
)


@get("/scan/")
def scans(request: Request) -> Answer:
    """What to scan against what, and scans made before."""
    return _form(request, {}, {})


def _form(request: Request, values: dict[str, str], errors: dict[str, str]) -> Answer:
    indexes = [one for one in Shelf(request.home).all() if one.there]
    runs = [one for one in Screening.all(request.home) if one.wanted["act"] == SCAN][:20]
    rows = [(one, one.progress(), one.result.get("hits", 0)) for one in runs]
    shown = {"indexes": indexes, "values": values, "errors": errors, "runs": rows}
    return page(request, "desk/scans.html", 400 if errors else 200, **shown)


@post("/scan/start/")
def start(request: Request) -> Answer:
    """Begin, or show the form again with what is missing."""
    form = request.form()
    known = next((one for one in Shelf(request.home).all() if one.number == form["index"]), None)
    path, exclude = Path(form["path"]).expanduser(), patterns_of(form["exclude"])
    checks = {
        "index": "" if known and known.there else "请选择索引；索引或它的密钥文件已不在原处的，请重新登记。",
        "path": wrong_path(form["path"]),
        "exclude": wrong_patterns(exclude),
    }
    errors = {name: sentence for name, sentence in checks.items() if sentence}
    if errors or known is None:
        return _form(request, form.values(), errors)
    begun = Screening.begin(request.home, SCAN, known, path=str(path), exclude=exclude)
    return go(request, f"/scan/{begun.number}/")


def patterns_of(text: str) -> list[str]:
    """Patterns of names that are left out, one on each line."""
    return list(lines_of(text))


def wrong_patterns(patterns: list[str]) -> str:
    """Why they cannot be used, or nothing."""
    if len(patterns) > _MOST_PATTERNS or any(len(one) > _LONGEST for one in patterns):
        return f"最多 {_MOST_PATTERNS} 行，每行不超过 {_LONGEST} 个字。"
    return ""


def wrong_path(text: str) -> str:
    """Why a path cannot be used, or nothing."""
    path = Path(text).expanduser()
    if not text or not path.is_absolute():
        return "请填写完整路径，如 /home/张三/硬盘导出。"
    return "" if path.exists() else "本机没有这个文件或文件夹。"


@get("/scan/<run>/")
def scan(request: Request, run: str) -> Answer:
    """How far it is, or what was found, strongest first."""
    found = _one(request, run)
    result, held = found.result, found.found
    part = part_of(request, len(held["hits"]), PER_PAGE)
    shown = {
        "run": found,
        "progress": found.progress(),
        "result": result,
        "hits": [_shown(hit) for hit in held["hits"][part.rows]],
        "part": part,
        "notices": held["notices"],
        "more": max(0, result.get("notices", 0) - len(held["notices"])),
    }
    return page(request, "desk/scan.html", 200, **shown)


def _shown(hit: dict[str, Any]) -> dict[str, Any]:
    table = hit["family"] == "table"
    return {
        **hit,
        "family": FAMILIES[hit["family"]],
        "rate": f"不超过 {hit['rate_upper']:.2%}",
        "spans": [span_of(place, table=table) for place in hit["places"]],
    }


def span_of(place: dict[str, Any], *, table: bool) -> tuple[str, str]:
    """Where in the scanned and where, approximately, in the protected document, as people read it."""
    label = f"{place['label']}　" if place["label"] else ""
    if table:
        return f"{label}第 {place['begin'] + 1} 行", f"第 {place['protected_begin'] + 1} 行"
    return (
        f"{label}第 {place['begin'] + 1}–{place['end']} 字",
        f"约第 {place['protected_begin'] + 1}–{place['protected_end']} 字",
    )


def _one(request: Request, run: str) -> Screening:
    found = Screening(request.home, run)
    if found.wanted["act"] != SCAN:
        raise Wrong(404, Screening.missing)
    return found


@get("/scan/<run>/result.json")
def as_json(request: Request, run: str) -> Answer:
    """The result for machines (docs/formats/similarity-comparison.md)."""
    found = _done(request, run)
    return download(found.folder / "result.json", f"筛查结果-{found.at:%Y%m%d-%H%M%S}.json", "application/json")


@get("/scan/<run>/result.xlsx")
def as_workbook(request: Request, run: str) -> Answer:
    """The hits as a workbook."""
    found = _done(request, run)
    cells = (
        (
            hit["evidence"],
            hit["rate_upper"],
            hit["name"],
            hit["protected"],
            hit["protected_place"],
            FAMILIES[hit["family"]],
            len(hit["places"]),
            "；".join(" ↔ ".join(span_of(one, table=hit["family"] == "table")) for one in hit["places"]),
            hit["sha256"],
            hit["protected_sha256"],
        )
        for hit in found.found["hits"]
    )
    made = write_xlsx([Sheet("筛查结果", COLUMNS, cells)], at=dt.datetime.now(dt.UTC))
    return download(made, f"筛查结果-{found.at:%Y%m%d-%H%M%S}.xlsx", XLSX)


def _done(request: Request, run: str) -> Screening:
    found = _one(request, run)
    if found.error or not found.finished:
        raise Wrong(404, "扫描还没有完成，没有结果。")
    return found


controls("/scan/", _one)
