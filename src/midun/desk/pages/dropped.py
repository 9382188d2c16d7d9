"""Files dropped onto any page: a draft is made, each file is sent to it, and those that cannot be used say why."""

from midun.desk.drafts import LIMIT, Drafts
from midun.desk.web import Answer, Request, data, post
from midun.lib.marking.documents.files import kind_of, read
from midun.lib.marking.errors import Refused


@post("/drop/")
def draft(request: Request) -> Answer:
    """A new draft."""
    return data({"draft": Drafts(request.home.path).new()})


@post("/drop/<draft>/")
def dropped(request: Request, draft: str) -> Answer:
    """One file, as the body; a format that cannot be marked is not kept, unless the page takes any."""
    name = request.query.get("name", "")
    place = Drafts(request.home.path).place(draft, name)
    request.save(place, LIMIT)
    if request.query.get("any"):
        return data({"name": name, "size": place.stat().st_size})
    try:
        kind_of(read(place))
    except Refused as refused:
        place.unlink()
        return data({"name": name, "refused": str(refused)})
    return data({"name": name, "size": place.stat().st_size})


@post("/drop/<draft>/remove/")
def removed(request: Request, draft: str) -> Answer:
    """Take a file out again."""
    Drafts(request.home.path).place(draft, request.query.get("name", "")).unlink(missing_ok=True)
    return data({})
