"""The first page: what can be done here."""

from midun.desk.web import MENU, Answer, Place, Request, get, page

MENU.append(Place("首页", "home", "/home/", 0))


@get("/(?:home/)?")
def home(request: Request) -> Answer:
    """The acts, one card each, in the order of the menu."""
    places = sorted((place for place in MENU if place.hint), key=lambda one: one.order)
    return page(request, "desk/home.html", places=places)
