"""Where the glyphs of a page stand, and the page's content with some of them moved (ISO 32000-1 §9.4).

Only the page's own content is read: text inside form XObjects, of Type 3 fonts, written vertically or invisibly, or
smaller than 6 and larger than 48 points stays where it is.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pikepdf
from pikepdf import Array, Dictionary, Operator, Pdf, String

from midun.lib.marking.glyphs.fonts import Font, font_of

Matrix = npt.NDArray[np.float64]
Mover = Callable[[int], float]
"""Where the glyph of this number goes: -1 back, +1 forward, 0 stays."""

SHIFT = 0.25
"""Points a glyph is moved, for sizes of 8 points and more."""

_PART = 0.03
_SMALLEST, _LARGEST = 6.0, 48.0
_INVISIBLE = (3, 7)
_BELOW, _ABOVE = -0.22, 0.95
_UNREADABLE = (pikepdf.PdfError, TypeError, ValueError, ArithmeticError, IndexError, RecursionError)
_TEXT = frozenset({"Tj", "TJ", "'", '"'})


@dataclass(frozen=True)
class Glyph:
    """A movable glyph: its box (left, bottom, right, top) in user space; the direction of its text, a unit vector."""

    box: tuple[float, float, float, float]
    along: tuple[float, float]


@dataclass(frozen=True)
class _State:
    """The part of the graphics state that places text."""

    matrix: Matrix = field(default_factory=lambda: np.eye(3))
    font: Font | None = None
    size: float = 0.0
    spacing: float = 0.0
    words: float = 0.0
    stretch: float = 1.0
    rise: float = 0.0
    mode: int = 0
    leading: float = 0.0


def glyphs_of(page: pikepdf.Page) -> list[Glyph]:
    """The movable glyphs of a page in the order of its content; none if its content cannot be followed."""
    try:
        return _Walk(page, None).glyphs
    except _UNREADABLE:
        return []


def move_glyphs(pdf: Pdf, page: pikepdf.Page, mover: Mover) -> int:
    """Rewrite a page's content with its glyphs moved; returns how many movable glyphs it has.

    A page without any, or whose content cannot be followed, stays as it is.
    """
    try:
        walk = _Walk(page, mover)
    except _UNREADABLE:
        return 0
    if walk.glyphs:
        page.obj.Contents = pdf.make_stream(pikepdf.unparse_content_stream(walk.out))
    return len(walk.glyphs)


class _Walk:
    """One pass over a page's content."""

    def __init__(self, page: pikepdf.Page, mover: Mover | None) -> None:
        self.glyphs: list[Glyph] = []
        self.out: list[tuple[Sequence[pikepdf.Object], Operator] | pikepdf.ContentStreamInlineImage] = []
        self._mover = mover
        self._fonts: dict[str, Font | None] = {}
        resources = page.obj.get("/Resources")
        self._resources = resources if isinstance(resources, Dictionary) else Dictionary()
        self.state, self._saved = _State(), list[_State]()
        self._line: Matrix = np.eye(3)
        self._pen: Matrix | None = np.eye(3)
        for one in pikepdf.parse_content_stream(page):
            if isinstance(one, pikepdf.ContentStreamInlineImage):
                self.out.append(one)
            else:
                self.out.extend(self._step(list(one.operands), str(one.operator)))

    def _step(self, values: list[pikepdf.Object], operator: str) -> Iterator[tuple[Sequence[pikepdf.Object], Operator]]:
        if operator in _TEXT:
            yield from self._show(values, operator)
            return
        act = _ACTS.get(operator)
        if act is not None:
            act(self, values)
        yield values, Operator(operator)

    def _show(self, values: list[pikepdf.Object], operator: str) -> Iterator[tuple[Sequence[pikepdf.Object], Operator]]:
        """All four ways of showing text become TJ, with what they do before it written out (§9.4.3)."""
        if operator == '"':
            yield [values[0]], Operator("Tw")
            yield [values[1]], Operator("Tc")
            self.state = replace(self.state, words=float(values[0]), spacing=float(values[1]))
        if operator in ("'", '"'):
            yield [], Operator("T*")
            self.next_line(0, -self.state.leading)
        shown = values[-1]
        parts = list(shown) if isinstance(shown, Array) else [shown]
        yield [Array(self._shown(parts))], Operator("TJ")

    def _shown(self, parts: list[pikepdf.Object]) -> list[pikepdf.Object]:
        state, made = self.state, _Line()
        for part in parts:
            if not isinstance(part, String):
                made.number(float(part))
                self._forward(-float(part) / 1000 * state.size * state.stretch)
                continue
            if state.font is None:
                made.text(bytes(part))
                self._pen = None
                continue
            for code in state.font.codes(bytes(part)):
                moved = self._glyph(code)
                made.number(-moved)
                made.text(code)
                made.number(moved)
        return made.parts()

    def _glyph(self, code: bytes) -> float:
        """Note the glyph, move the pen over it; returns its move in thousandths of the text's unit."""
        state = self.state
        assert state.font is not None
        advance = state.font.advance(code)
        width = advance * state.size * state.stretch
        moved = 0.0
        if self._pen is not None and width > 0 and state.mode not in _INVISIBLE:
            moved = self._noted(width)
        spaces = state.words if code == b" " else 0.0
        self._forward(width + (state.spacing + spaces) * state.stretch)
        return moved

    def _noted(self, width: float) -> float:
        assert self._pen is not None
        state, place = self.state, self._pen @ self.state.matrix
        along, up = math.hypot(place[0, 0], place[0, 1]), math.hypot(place[1, 0], place[1, 1])
        size = up * abs(state.size)
        if not (_SMALLEST <= size <= _LARGEST and along * state.stretch > 0):
            return 0.0
        low, high = state.rise + _BELOW * state.size, state.rise + _ABOVE * state.size
        corners = np.array([[x, y, 1.0] for x in (0.0, width) for y in (low, high)]) @ place
        left, bottom = corners[:, :2].min(axis=0)
        right, top = corners[:, :2].max(axis=0)
        direction = (float(place[0, 0] / along), float(place[0, 1] / along))
        self.glyphs.append(Glyph((float(left), float(bottom), float(right), float(top)), direction))
        points = min(SHIFT, _PART * size) * (self._mover(len(self.glyphs) - 1) if self._mover else 0.0)
        return points * 1000 / (state.size * state.stretch * along)

    def _forward(self, by: float) -> None:
        if self._pen is not None:
            self._pen = _moved(by, 0) @ self._pen

    def next_line(self, x: float, y: float) -> None:
        """The start of another line, from that of this one (Td)."""
        self._line = _moved(x, y) @ self._line
        self._pen = self._line

    def begin(self, _: list[pikepdf.Object]) -> None:
        """BT."""
        self._line = self._pen = np.eye(3)

    def set_line(self, values: list[pikepdf.Object]) -> None:
        """Tm."""
        self._line = self._pen = _matrix(values)

    def concatenate(self, values: list[pikepdf.Object]) -> None:
        """Cm."""
        self.state = replace(self.state, matrix=_matrix(values) @ self.state.matrix)

    def save(self, _: list[pikepdf.Object]) -> None:
        """Q."""
        self._saved.append(self.state)

    def restore(self, _: list[pikepdf.Object]) -> None:
        """Q."""
        if self._saved:
            self.state = self._saved.pop()

    def choose(self, values: list[pikepdf.Object]) -> None:
        """Tf."""
        name = str(values[0])
        if name not in self._fonts:
            held = self._resources.get("/Font")
            self._fonts[name] = font_of(held.get(name) if isinstance(held, Dictionary) else None)
        self.state = replace(self.state, font=self._fonts[name], size=float(values[1]))

    def extended(self, values: list[pikepdf.Object]) -> None:
        """An extended graphics state may choose a font of its own, which is then not followed."""
        held = self._resources.get("/ExtGState")
        chosen = held.get(str(values[0])) if isinstance(held, Dictionary) else None
        if isinstance(chosen, Dictionary) and "/Font" in chosen:
            self.state = replace(self.state, font=None)

    def td_leading(self, values: list[pikepdf.Object]) -> None:
        """TD."""
        self.state = replace(self.state, leading=-float(values[1]))
        self.next_line(float(values[0]), float(values[1]))


class _Line:
    """A TJ array being written: neighbouring strings and numbers are joined."""

    def __init__(self) -> None:
        self._parts: list[bytes | float] = []

    def text(self, code: bytes) -> None:
        if self._parts and isinstance(last := self._parts[-1], bytes):
            self._parts[-1] = last + code
        else:
            self._parts.append(code)

    def number(self, value: float) -> None:
        if not value:
            return
        if self._parts and isinstance(last := self._parts[-1], float):
            self._parts[-1] = last + value
        else:
            self._parts.append(value)

    def parts(self) -> list[pikepdf.Object]:
        return [
            String(part) if isinstance(part, bytes) else Decimal(f"{part:.3f}")  # type: ignore[misc]  # pikepdf takes both into an Array
            for part in self._parts
        ]


def _moved(x: float, y: float) -> Matrix:
    return np.array([[1.0, 0, 0], [0, 1.0, 0], [x, y, 1.0]])


def _matrix(values: Sequence[pikepdf.Object]) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in values)
    return np.array([[a, b, 0], [c, d, 0], [e, f, 1.0]])


def _setter(name: str, scale: float = 1.0) -> Callable[[_Walk, list[pikepdf.Object]], None]:
    def act(walk: _Walk, values: list[pikepdf.Object]) -> None:
        changed: dict[str, Any] = {name: float(values[0]) * scale}
        walk.state = replace(walk.state, **changed)

    return act


_ACTS: dict[str, Callable[[_Walk, list[pikepdf.Object]], None]] = {
    "BT": _Walk.begin,
    "Tm": _Walk.set_line,
    "cm": _Walk.concatenate,
    "q": _Walk.save,
    "Q": _Walk.restore,
    "Tf": _Walk.choose,
    "gs": _Walk.extended,
    "Td": lambda walk, values: walk.next_line(float(values[0]), float(values[1])),
    "TD": _Walk.td_leading,
    "T*": lambda walk, _: walk.next_line(0, -walk.state.leading),
    "TL": _setter("leading"),
    "Tc": _setter("spacing"),
    "Tw": _setter("words"),
    "Tz": _setter("stretch", 0.01),
    "Ts": _setter("rise"),
    "Tr": _setter("mode"),
}
