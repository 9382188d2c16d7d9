"""Which unit an annex means: full names, short names and the many ways they are shortened.

Pure: names in, keys out. 浦东新区市场监管局 and 上海市浦东新区市场监督管理局 have a key in common.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Generic, TypeVar

U = TypeVar("U")

_DROPPED = re.compile(r"[\s()\[\]【】〔〕《》“”\"'‘’、，,.。:：·\-—]")
_LONG = (
    ("市场监督管理局", "市场监管局"),
    ("市场监督管理", "市场监管"),
    ("市监局", "市场监管局"),
    ("市场局", "市场监管局"),
)
_BUREAU = "市场监管局"
_BOUNDARY = "省市区县旗盟州局会团"
_SHORTEST = 3
_CLOSE = 0.45


def normal(name: str) -> str:
    """A name without spaces, brackets and the variants of 市场监督管理局."""
    text = unicodedata.normalize("NFKC", name)
    text = _DROPPED.sub("", text)
    for long, short in _LONG:
        text = text.replace(long, short)
    return text


@dataclass(frozen=True)
class Named(Generic[U]):
    """A unit with what it is called and where it stands. `places` are the names of its node and of the nodes above."""

    unit: U
    names: tuple[str, ...]
    place: str = ""
    above: tuple[str, ...] = ()
    is_organiser: bool = False


def organiser_keys(named: Named[U]) -> set[str]:
    """How an annex calls the bureau that issued it: 市市场监管局, 市局, 本级, besides its own names."""
    place = normal(named.place)
    keys = _bare_names(named) | {"本级", "局机关"}
    if place:
        keys |= {f"{place[-1]}{_BUREAU}", f"{place[-1]}局", f"{place}局", f"{place}{_BUREAU}"}
    if place == "国家":
        keys |= {"总局", "市场监管总局"}
    return keys


def keys_of(named: Named[U], organiser: Collection[str] = ()) -> set[str]:
    """Every normalised form under which a unit is known; `organiser` are the keys of the organiser."""
    keys = _bare_names(named)
    heads = [head for head in organiser if head.endswith("局")]
    for name in list(keys):
        for head in heads:
            rest = name.removeprefix(head)
            if rest not in (name, ""):
                keys |= {rest, *(f"{other}{rest}" for other in heads)}
    if named.place:
        short = _without(normal(named.place), map(normal, named.above))
        keys |= {short, f"{short}局", f"{short}{_BUREAU}"}
    return {key for key in keys if len(key) > 1}


def _bare_names(named: Named[U]) -> set[str]:
    """The names as they are and without the places they lie in."""
    places = [normal(place) for place in named.above if place]
    names = {normal(name) for name in named.names} - {""}
    return names | {_without(name, places) for name in names}


def _without(name: str, places: Iterable[str]) -> str:
    for place in sorted(places, key=len, reverse=True):
        rest = name.removeprefix(place)
        if rest != name and len(rest) >= _SHORTEST and rest != _BUREAU:
            return rest
    return name


class UnitIndex(Generic[U]):
    """Finds the unit a name means, or says that none or several are possible."""

    def __init__(self, units: Sequence[Named[U]], aliases: Mapping[str, U] | None = None) -> None:
        self._aliases = {normal(name): unit for name, unit in (aliases or {}).items()}
        self._units = units
        head = next((named for named in units if named.is_organiser), None)
        self._places = [normal(p) for p in (*head.above, head.place) if p] if head else []
        heads = organiser_keys(head) if head else set()
        self._keys = [(named, heads if named.is_organiser else keys_of(named, heads)) for named in units]
        self._exact: dict[str, list[U]] = {}
        for named, keys in self._keys:
            for key in keys:
                self._exact.setdefault(key, []).append(named.unit)

    def find(self, name: str) -> U | None:
        """The one unit that `name` means; None when unknown or ambiguous."""
        key = normal(name)
        if key in self._aliases:
            return self._aliases[key]
        for wanted in dict.fromkeys((key, _without(key, self._places))):
            found = self._exact.get(wanted, [])
            if len(found) == 1:
                return found[0]
            if found:
                return None
        ends = [named.unit for named, keys in self._keys if any(_ends(known, key) for known in keys)]
        return ends[0] if len(ends) == 1 else None

    def similar(self, name: str, limit: int = 3) -> list[U]:
        """Units whose names look like `name`, best first: what an officer is offered."""
        key = normal(name)
        scored = [
            (max(SequenceMatcher(None, key, known).ratio() for known in keys), index)
            for index, (_, keys) in enumerate(self._keys)
            if keys
        ]
        best = sorted((s for s in scored if s[0] >= _CLOSE), key=lambda s: (-s[0], s[1]))[:limit]
        return [self._keys[index][0].unit for _, index in best]


def _ends(known: str, key: str) -> bool:
    """Whether `key` is the end of `known`, cut at the end of a place or office."""
    if len(key) < _SHORTEST or key == _BUREAU or not known.endswith(key) or known == key:
        return False
    return known[-len(key) - 1] in _BOUNDARY
