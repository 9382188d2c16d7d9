"""Results as tables: on the screen, and as sections of docs/benchmarks.md."""

import os
import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Table:
    """A title, column heads, rows of texts, and a sentence on what was measured."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def markdown(self) -> str:
        """As in the document."""
        lines = [self.heads, ["---"] + ["--:"] * (len(self.heads) - 1), *self.rows]
        body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"### {self.title}\n\n" + (f"{self.note}\n\n" if self.note else "") + body

    def text(self) -> str:
        """As on the screen, columns under each other."""
        lines = [list(self.heads), *map(list, self.rows)]
        widths = [max(_width(line[n]) for line in lines) for n in range(len(self.heads))]
        shown = [
            "  ".join(_padded(c, w, left=not n) for n, (c, w) in enumerate(zip(x, widths, strict=True))) for x in lines
        ]
        return "\n".join([f"\n{self.title}", *([self.note] if self.note else []), *shown])


def _width(text: str) -> int:
    return sum(1 + (ord(c) > 0x2E80) for c in text)


def _padded(text: str, width: int, *, left: bool) -> str:
    blank = " " * (width - _width(text))
    return text + blank if left else blank + text


@dataclass(frozen=True)
class Report:
    """What one benchmark found. `key` names its section of the document."""

    key: str
    title: str
    tables: Sequence[Table]

    def text(self) -> str:
        """For the screen."""
        return "\n".join([f"\n== {self.title} ==", *(t.text() for t in self.tables)])

    def markdown(self) -> str:
        """For the document."""
        return "\n\n".join([f"## {self.title}", _stamp(), *(t.markdown() for t in self.tables)])


def write(report: Report, document: Path = DOCUMENT) -> None:
    """Put the report's section into the document in place of the former one."""
    text = document.read_text(encoding="utf-8")
    begin, end = f"<!-- {report.key} -->", f"<!-- /{report.key} -->"
    section = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not section.search(text):
        raise ValueError(f"{document.name} has no section {report.key}")
    document.write_text(section.sub(lambda _: f"{begin}\n{report.markdown()}\n{end}", text), encoding="utf-8")


def _stamp() -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    return f"测于 {datetime.now(tz=UTC):%Y-%m-%d}，{machine()}，提交 {commit.strip() or '（无）'}。"


def machine() -> str:
    """The machine in a few words."""
    model = "处理器型号未知"
    information = Path("/proc/cpuinfo")
    if information.exists():
        found = re.search(r"model name\s*: (.+)", information.read_text())
        model = found.group(1).strip() if found else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    busy = f"开始时负载 {os.getloadavg()[0]:.1f}"
    return f"{os.cpu_count()} 核（{model}），{memory:.0f} GB 内存，Python {platform.python_version()}，{busy}"


def count(number: float) -> str:
    """A number of things, with thousands separated."""
    return f"{number:,.0f}"


def seconds(value: float) -> str:
    """Seconds, with as many digits as mean something."""
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s"


def ratio(value: float) -> str:
    """How many times."""
    return f"{value:.2f}×"
