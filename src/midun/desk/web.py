"""Requests, answers and addresses of the desk, and how a page is made from its template."""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from io import BufferedIOBase
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote

from django.conf import settings
from django.template import Context, Engine

from midun.desk.keys import Home
from midun.kernel import web

MAX_FORM = 4 << 20
_DIGITS = 6
HERE = Path(__file__).resolve().parent
HTML, JSON = "text/html; charset=utf-8", "application/json; charset=utf-8"


class Wrong(Exception):
    """A request that cannot be answered: a status and a sentence for the person."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


@dataclass(frozen=True)
class Request:
    """One request. `path` begins after the token; `body` may be read once, up to `length` bytes."""

    method: str
    path: str
    query: Mapping[str, str]
    body: BufferedIOBase
    length: int
    home: Home
    root: str
    """The token as the beginning of every address: `/token`."""

    def bytes(self, limit: int = MAX_FORM) -> bytes:
        """The whole body.

        Raises:
            Wrong: 413, it is longer than `limit`.

        """
        if self.length > limit:
            raise Wrong(413, f"提交的内容超过 {limit >> 20} MiB。")
        return self.body.read(self.length)

    def form(self) -> "Form":
        """The fields of a form that was sent.

        Raises:
            Wrong: 413 or 400.

        """
        try:
            return Form(parse_qsl(self.bytes().decode("utf-8"), keep_blank_values=True, max_num_fields=20_000))
        except ValueError as error:
            raise Wrong(400, "提交的内容无法识别。") from error

    def save(self, path: Path, limit: int) -> None:
        """Write the body to a new file.

        Raises:
            Wrong: 413; 400, the sender broke off.

        """
        if self.length > limit:
            raise Wrong(413, f"文件超过 {limit >> 20} MiB，不能处理。")
        path.parent.mkdir(parents=True, exist_ok=True)
        left = self.length
        with path.open("wb") as file:
            while left:
                piece = self.body.read(min(left, 1 << 20))
                if not piece:
                    break
                file.write(piece)
                left -= len(piece)
        if left:
            path.unlink()
            raise Wrong(400, "文件没有传完，请重试。")


class Form:
    """Fields by name: the last value, or all values; without control characters but line breaks."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = [(name, re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "", value)) for name, value in pairs]

    def __getitem__(self, name: str) -> str:
        """The last value, without blanks around it; empty if there is none."""
        return next((value.strip() for key, value in reversed(self._pairs) if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every value."""
        return [value.strip() for key, value in self._pairs if key == name and value.strip()]

    def values(self) -> dict[str, str]:
        """The last value of each, for showing a form again."""
        return {name: value.strip() for name, value in self._pairs}


@dataclass
class Answer:
    """What goes back: bytes or a file."""

    body: bytes | Path = b""
    kind: str = HTML
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    temporary: bool = False
    """The file is removed once sent."""

    def send(self, out: BufferedIOBase) -> None:
        """Write the body."""
        if isinstance(self.body, bytes):
            out.write(self.body)
            return
        try:
            with self.body.open("rb") as file:
                shutil.copyfileobj(file, out, 1 << 20)
        finally:
            if self.temporary:
                self.body.unlink()

    @property
    def length(self) -> int:
        """Bytes."""
        return len(self.body) if isinstance(self.body, bytes) else self.body.stat().st_size


View = Callable[..., Answer]


@dataclass(frozen=True)
class Route:
    """An address: `<name>` in it stands for an id of ours, 16 letters of hex."""

    method: str
    pattern: re.Pattern[str]
    view: View


@dataclass(frozen=True)
class Place:
    """An entry of the menu; with a `hint` also a card of the first page."""

    label: str
    icon: str
    path: str
    order: int
    hint: str = ""


ROUTES: list[Route] = []
MENU: list[Place] = []


def get(address: str) -> Callable[[View], View]:
    """Put a page at an address."""
    return _at("GET", address)


def post(address: str) -> Callable[[View], View]:
    """Put an act at an address."""
    return _at("POST", address)


def _at(method: str, address: str) -> Callable[[View], View]:
    pattern = re.compile(re.sub(r"<([a-z]+)>", r"(?P<\1>[0-9a-f]{16})", address))

    def add(view: View) -> View:
        ROUTES.append(Route(method, pattern, view))
        return view

    return add


def answer(request: Request) -> Answer:
    """Find the page and make it.

    Raises:
        Wrong: 404 or 405.

    """
    other = False
    for route in ROUTES:
        found = route.pattern.fullmatch(request.path)
        if found and route.method == request.method:
            return route.view(request, **found.groupdict())
        other = other or found is not None
    raise Wrong(405 if other else 404, "没有这个页面。")


def _engine() -> Engine:
    if not settings.configured:
        settings.configure(USE_I18N=False, USE_TZ=True, TIME_ZONE="Asia/Shanghai")  # templates format numbers by it
    shared = Path(web.__file__).parent / "templates"  # the frame of the platform's pages
    dirs = [str(HERE / "templates"), str(shared)]
    return Engine(dirs=dirs, libraries={"desk": "midun.desk.tags"}, builtins=["midun.desk.tags"])


_ENGINE: list[Engine] = []


def page(request: Request, template: str, status: int = 200, **context: Any) -> Answer:
    """A page of the desk."""
    if not _ENGINE:
        _ENGINE.append(_engine())
    here = "/home/" if request.path == "/" else request.path
    menu = [(place, here.startswith(place.path)) for place in sorted(MENU, key=lambda one: one.order)]
    shared = {
        "shell": "desk/shell.html",
        "root": request.root,
        "menu": menu,
        "home": request.home.path,
        "request": request,
    }
    text = _ENGINE[0].get_template(template).render(Context({**shared, **context}))
    return Answer(text.encode(), HTML, status)


@dataclass(frozen=True)
class Part:
    """One page of a long list: its number, how many there are, and where its rows begin and end."""

    number: int
    pages: int
    rows: slice


def part_of(request: Request, count: int, each: int) -> Part:
    """The page that a request asks for (`?page=`); the first or last one if there is no such page."""
    wanted, pages = request.query.get("page", "1"), max(1, -(-count // each))
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) <= _DIGITS else 1
    number = min(max(number, 1), pages)
    return Part(number, pages, slice((number - 1) * each, number * each))


def data(value: object, status: int = 200) -> Answer:
    """JSON for a script."""
    return Answer(json.dumps(value, ensure_ascii=False).encode(), JSON, status)


def go(request: Request, path: str) -> Answer:
    """To another page of the desk."""
    return Answer(status=303, headers={"Location": request.root + path})


def download(body: bytes | Path, name: str, kind: str, *, temporary: bool = False) -> Answer:
    """A file to keep."""
    there = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Answer(body, kind, headers=there, temporary=temporary)


def lines_of(text: str) -> Iterator[str]:
    """Lines that hold something."""
    return (line.strip() for line in text.splitlines() if line.strip())
