"""What readers extract and everything else works on: a document of parts."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The three kinds of content, each with fingerprints of its own."""

    PROSE = "prose"
    CODE = "code"
    TABLE = "table"


@dataclass(frozen=True)
class Part:
    """One stretch of content.

    `text` is what offsets count in (code points); of a table it is CSV with commas. `marks` name places by rising
    offset: (0, "第1页"), … `language` is a name of `languages.BY_NAME`, for code.
    """

    kind: Kind
    text: str
    marks: tuple[tuple[int, str], ...] = ()
    language: str = ""

    def place(self, offset: int) -> str:
        """The name of the place an offset is in, or nothing."""
        name = ""
        for begin, label in self.marks:
            if begin > offset:
                break
            name = label
        return name


@dataclass(frozen=True)
class Document:
    """A file as read. `notices` are Chinese sentences on what could not be read; the name may run through archives."""

    name: str
    size: int
    sha256: str
    sm3: str
    parts: tuple[Part, ...] = ()
    notices: tuple[str, ...] = ()
