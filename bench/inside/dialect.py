"""The few SQL expressions in which PostgreSQL and SQLite differ, and numbers drawn from row numbers.

Drawing is arithmetic on integers, so both databases draw the same month from the same sizes and a run can be repeated.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

_PRIME = 2_147_483_647
_GRID = 10_007


@dataclass(frozen=True)
class Dialect:
    """Expressions for one of the two databases."""

    vendor: str

    @property
    def is_postgresql(self) -> bool:
        """Whether this is PostgreSQL; otherwise it is SQLite."""
        return self.vendor == "postgresql"

    def series(self, count: int, name: str = "s") -> str:
        """A table with one column `i` from 1 to `count`."""
        if self.is_postgresql:
            return f"generate_series(1::bigint, {count}) AS {name}(i)"
        rows = f"WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < {count}) SELECT i FROM r"  # noqa: S608  # numbers only
        return f"({rows}) AS {name}"

    def day(self, start: date, offset: str) -> str:
        """The day `offset` days after `start`."""
        if self.is_postgresql:
            return f"(DATE '{start}' + CAST({offset} AS integer))"
        return f"date('{start}', ({offset}) || ' days')"

    def morning(self, day: str) -> str:
        """10:00 in Shanghai of a day, as a stored moment."""
        if self.is_postgresql:
            return f"(({day})::timestamp + interval '2 hours') AT TIME ZONE 'UTC'"
        return f"(({day}) || ' 02:00:00')"

    def text(self, number: str, width: int) -> str:
        """A number as text of a fixed width, filled with noughts."""
        if self.is_postgresql:
            return f"lpad(({number})::text, {width}, '0')"
        return f"printf('%0{width}d', {number})"


def drawn(row: str, salt: int, below: int) -> str:
    """A number from 0 to `below` - 1 for a row number: even over many rows, unlike for other salts."""
    mixed = f"(({row}) * 48271 + {salt * 7_919_191}) % {_PRIME}"
    return f"((({mixed}) * ({mixed}) + {salt}) % {_PRIME}) % {below}"


def leaning(row: str, salt: int, below: int) -> str:
    """As `drawn`, leaning to small numbers: the smallest quarter comes up half of the time."""
    point = drawn(row, salt, _GRID)
    return f"(({point}) * ({point}) * {below} / {_GRID * _GRID})"


def uneven(row: str, salt: int, below: int) -> str:
    """As `drawn`, mildly leaning: the smallest numbers come up three times as often as the largest."""
    point = drawn(row, salt, _GRID)
    return f"(({point}) * (({point}) + {_GRID}) * {below} / {2 * _GRID * _GRID})"


def chosen(number: str, shares: Mapping[str, int]) -> str:
    """One of the texts, by shares in per cent of `number` (0 to 99); the shares must add up to 100."""
    if sum(shares.values()) != 100:
        raise ValueError("shares must add up to 100")
    branches, below = [], 0
    for text, share in shares.items():
        below += share
        branches.append(f"WHEN {number} < {below} THEN '{text}'")
    return f"CASE {' '.join(branches)} END"
