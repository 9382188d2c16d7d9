"""指纹索引: made and added to from folders of protected documents, listed, verified; only fingerprints are kept."""

from pathlib import Path
from typing import Any

from midun.desk import workers
from midun.desk.pages.controls import controls
from midun.desk.pages.screening import patterns_of, wrong_path, wrong_patterns
from midun.desk.screening import ADD, VERIFY, Known, Screening, Shelf, listed
from midun.desk.web import MENU, Answer, Place, Request, Wrong, get, go, page, part_of, post
from midun.lib.marking.errors import Refused

MENU.append(Place("指纹索引", "fingerprint", "/index/", 27, "受保护文件的指纹库：建立、加入、查看、核验"))
PER_PAGE = 100
KINDS = {"prose": "文字", "code": "代码", "table": "表格"}


@get("/index/")
def indexes(request: Request) -> Answer:
    """The indexes this desk knows of, and the form that makes one or adds to one."""
    return _form(request, {}, {})


def _form(request: Request, values: dict[str, str], errors: dict[str, str]) -> Answer:
    runs = [one for one in Screening.all(request.home) if one.wanted["act"] != "scan"][:20]
    shown = {
        "indexes": Shelf(request.home).all(),
        "values": {"folder": str(request.home.path / "indexes" / "受保护文件"), **values},
        "errors": errors,
        "runs": [(one, one.progress()) for one in runs],
    }
    return page(request, "desk/indexes.html", 400 if errors else 200, **shown)


@post("/index/add/")
def add(request: Request) -> Answer:
    """Add a folder of protected documents; the index is made if there is none yet."""
    form = request.form()
    folder = Path(form["folder"]).expanduser()
    key = _key_of(form["key"], folder)
    exclude = patterns_of(form["exclude"])
    absolute = folder.is_absolute() and key.is_absolute() and folder.name != ""
    checks = {
        "folder": "" if absolute and not folder.is_file() else "请填写索引文件夹的完整路径。",
        "path": wrong_path(form["path"]),
        "exclude": wrong_patterns(exclude),
    }
    errors = {name: sentence for name, sentence in checks.items() if sentence}
    if errors:
        return _form(request, form.values(), errors)
    known = Known(folder, key)
    Shelf(request.home).add(known)
    begun = Screening.begin(request.home, ADD, known, path=str(Path(form["path"]).expanduser()), exclude=exclude)
    return go(request, f"/index/run/{begun.number}/")


def _key_of(given: str, folder: Path) -> Path:
    """The key file given, or the one beside the index."""
    return Path(given).expanduser() if given else folder.parent / f"{folder.name}.key"


@post("/index/known/")
def known(request: Request) -> Answer:
    """Tell the desk of an index made elsewhere, as by `midun index`."""
    form = request.form()
    folder = Path(form["folder"]).expanduser()
    key = _key_of(form["key"], folder)
    if not folder.is_absolute() or not folder.is_dir() or not key.is_file():
        return _form(request, {"known": str(folder)}, {"known": "没有找到索引文件夹，或没有找到它的密钥文件。"})
    held = Known(folder, key)
    found = _contents(held)
    if isinstance(found, Refused):
        return _form(request, {"known": str(folder)}, {"known": str(found)})
    Shelf(request.home).add(held)
    return go(request, f"/index/{held.number}/")


@get("/index/<index>/")
def index(request: Request, index: str) -> Answer:
    """What is in it."""
    held = Shelf(request.home).get(index)
    found = _contents(held)
    refused = str(found) if isinstance(found, Refused) else ""
    contents: dict[str, Any] = {"entries": [], "fingerprints": 0, "key": ""} if isinstance(found, Refused) else found
    entries = contents["entries"]
    part = part_of(request, len(entries), PER_PAGE)
    shown = {
        "index": held,
        "refused": refused,
        "count": len(entries),
        "fingerprints": contents["fingerprints"],
        "key": contents["key"],
        "entries": [{**one, "kind": KINDS.get(one["kind"], one["kind"])} for one in entries[part.rows]],
        "part": part,
    }
    return page(request, "desk/index.html", 200, **shown)


def _contents(held: Known) -> dict[str, Any] | Refused:
    return workers.outcome(workers.submit(listed, held), listed, held)


@post("/index/<index>/verify/")
def verify(request: Request, index: str) -> Answer:
    """Read every byte of it and check every digest."""
    begun = Screening.begin(request.home, VERIFY, Shelf(request.home).get(index))
    return go(request, f"/index/run/{begun.number}/")


@post("/index/<index>/forget/")
def forget(request: Request, index: str) -> Answer:
    """Take it off the list; folder and key stay where they are."""
    Shelf(request.home).forget(index)
    return go(request, "/index/")


@get("/index/run/<run>/")
def run(request: Request, run: str) -> Answer:
    """How far it is, and what came out."""
    found = _one(request, run)
    return page(request, "desk/index_run.html", run=found, progress=found.progress(), result=found.result)


def _one(request: Request, run: str) -> Screening:
    found = Screening(request.home, run)
    if found.wanted["act"] == "scan":
        raise Wrong(404, Screening.missing)
    return found


controls("/index/run/", _one)
