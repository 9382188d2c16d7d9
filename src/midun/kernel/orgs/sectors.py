"""What an enterprise does for a living: GB/T 4754—2017 by section (门类, a letter) and division (大类, two digits)."""

import csv
import re
from functools import cache
from importlib.resources import files

_SHAPE = re.compile(r"[A-T]?([0-9]{2,4})")
_DIVISION = 2


@cache
def sections() -> dict[str, str]:
    """Letter → name, in the order of the standard."""
    return {code: name for code, name, section in _table() if not section}


@cache
def divisions() -> dict[str, tuple[str, str]]:
    """Two digits → name and the letter of the section, in the order of the standard."""
    return {code: (name, section) for code, name, section in _table() if section}


def normalise(text: str) -> str | None:
    """The code as it is stored: a letter, or two to four digits whose first two are a division; None when wrong.

    People write C35, 35, 3562 or C3562; groups and classes (三、四位) are kept as given.
    """
    code = "".join(text.split()).upper()
    if code in sections():
        return code
    shape = _SHAPE.fullmatch(code)
    if shape is None or shape[1][:_DIVISION] not in divisions():
        return None
    digits = shape[1]
    if code[0].isalpha() and divisions()[digits[:_DIVISION]][1] != code[0]:
        return None
    return digits


def label(code: str) -> str:
    """`35 专用设备制造业`; of a finer code the name of its division; empty for none."""
    if code in sections():
        return f"{code} {sections()[code]}"
    name, _ = divisions().get(code[:_DIVISION], ("", ""))
    return f"{code} {name}".strip()


def by_name(text: str) -> str | None:
    """The code of a section or division given by its name, as people write it in tables; None when unknown."""
    plain = "".join(text.split())
    found = [code for code, name in sections().items() if name == plain]
    found += [code for code, (name, _) in divisions().items() if name == plain]
    return found[-1] if found else None


@cache
def _table() -> tuple[tuple[str, str, str], ...]:
    source = files("midun.kernel.orgs").joinpath("data/sectors.csv")
    with source.open(encoding="utf-8") as lines:
        return tuple((row["code"], row["name"], row["section"]) for row in csv.DictReader(lines))
