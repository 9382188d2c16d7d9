"""密级标识: shown, set, taken off; weaker protection needs a reason and a second person's key."""

import json
from pathlib import Path
from typing import Any

from midun.desk.drafts import Drafts
from midun.desk.fields import UNTIL, label_fields, wanted_label
from midun.desk.keys import new_signing_key, signing_key_of
from midun.desk.labelling import STATUS, Deciders, put_label, state_of, take_label
from midun.desk.web import MENU, Answer, Form, Place, Request, Wrong, download, get, page, post
from midun.lib.marking.errors import Refused
from midun.lib.marking.label.signing import Algorithm

MENU.append(Place("密级标识", "tag", "/labels/", 40, "查看、写入、去除文件的密级标识，降级须第二人批准"))


@get("/labels/")
def labels(request: Request) -> Answer:
    """Where to drop files."""
    return _form(request, {"draft": Drafts(request.home.path).new(), "kind": UNTIL}, {})


def _form(request: Request, values: dict[str, Any], errors: dict[str, str], done: tuple[Path, ...] = ()) -> Answer:
    drafts = Drafts(request.home.path)
    states = []
    for path, place in drafts.files(values["draft"]):
        if path.name.endswith(".midun-label.json"):
            continue
        state = state_of(path, request.home)
        states.append({**state, "place": place, "word": STATUS[str(state["status"])]})
    shown = {
        "values": {"out": str(Path.home() / "密级标识"), **values},
        "errors": errors,
        "states": states,
        "done": done,
        **label_fields(values),
    }
    return page(request, "desk/labels.html", 400 if errors else 200, **shown)


@post("/labels/show/")
def show(request: Request) -> Answer:
    """What the files dropped say."""
    form = request.form()
    return _form(request, form.values(), {})


@post("/labels/act/")
def act(request: Request) -> Answer:
    """Set or take off the label of every file dropped."""
    form, drafts = request.form(), Drafts(request.home.path)
    values = {**form.values(), "handling": form.all("handling")}
    values.pop("approver_key", None)
    files = [path for path, _ in drafts.files(form["draft"]) if not path.name.endswith(".midun-label.json")]
    out = Path(form["out"]).expanduser()
    if not (form["person"] and out.is_absolute() and files):
        return _form(request, values, {"act": "请拖入文件，并填写决定人和保存文件夹的完整路径。"})
    done: list[Path] = []
    try:
        deciders = _deciders(form)
        for path in files:
            if form["act"] == "remove":
                done.append(take_label(path, deciders, request.home, out))
            else:
                done.append(put_label(path, wanted_label(form), deciders, request.home, out))
    except (Refused, ValueError) as error:
        return _form(request, values, {"act": str(error)}, tuple(done))
    return _form(request, values, {}, tuple(done))


def _deciders(form: Form) -> Deciders:
    key = signing_key_of(form["approver_key"].encode()) if form["approver_key"] else None
    return Deciders(form["person"], form["reason"], form["approved_by"], key)


@post("/labels/key/")
def key(request: Request) -> Answer:
    """A key for an approver, given out once; this machine keeps its public half as known.

    Raises:
        Wrong: 400, there is no name.

    """
    name = " ".join(request.form()["name"].split())[:40].replace("#", "")
    if not name:
        raise Wrong(400, "请填写批准人姓名。")
    place = Drafts(request.home.path).path(Drafts(request.home.path).new()) / "approver.json"
    made = new_signing_key(place, Algorithm.ED25519)
    content = json.loads(place.read_text("utf-8"))
    Drafts(request.home.path).drop(place.parent.name)
    with (request.home.path / "trusted.txt").open("a", encoding="utf-8") as trusted:
        trusted.write(f"{made.public.hex()}  # {name}\n")
    return download(json.dumps(content).encode(), f"批准人密钥-{name}.json", "application/json")
