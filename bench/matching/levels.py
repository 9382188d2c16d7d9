"""Obfuscation levels: what a thief, or an accident, does to a document. Each is fixed by its seed."""

import random
import re
from collections.abc import Callable
from dataclasses import dataclass

from bench.matching.data import Item, as_csv
from midun.lib.similarity.charmap import charmap

KEEP = frozenset(
    word
    for line in (
        "self cls None True False and as assert async await break class continue def del elif else except finally for",
        "from global if import in is lambda nonlocal not or pass raise return try while with yield super len range",
        "isinstance int str list dict set tuple bool print open sorted enumerate zip getattr setattr hasattr object",
        "property type ValueError TypeError KeyError Exception staticmethod classmethod",
    )
    for word in line.split()
)


@dataclass(frozen=True)
class Query:
    """What is looked up; `span` is where the copied material stands in it, where that is one stretch."""

    text: str
    span: tuple[int, int] | None = None


Level = Callable[[Item, random.Random, str], Query | None]


def _excerpt(text: str, size: int, pick: random.Random) -> str:
    at = pick.randint(0, max(0, len(text) - size))
    return text[at : at + size]


def hosted(size: int, room: int) -> Level:
    """An excerpt inside unrelated material of about `room` characters."""

    def make(item: Item, pick: random.Random, host: str) -> Query:
        piece = _excerpt(item.text, size, pick)
        at = pick.randint(0, max(0, len(host) - room))
        before, after = host[at : at + room // 2], host[at + room // 2 : at + room]
        return Query(before + "\n" + piece + "\n" + after, (len(before) + 1, len(before) + 1 + len(piece)))

    return make


def verbatim(item: Item, pick: random.Random, host: str) -> Query:
    """The document as it is."""
    return Query(item.text, (0, len(item.text)))


def natural(item: Item, pick: random.Random, host: str) -> Query | None:
    """Another edition: the Taiwan translation, the next release."""
    return Query(item.natural) if len(item.natural) > 400 else None


def shuffled(item: Item, pick: random.Random, host: str) -> Query:
    """Sentences or lines in another order."""
    parts = re.split(r"(?<=[。！？\n])|(?<=\. )", item.text)
    pick.shuffle(parts)
    return Query("".join(parts), (0, len(item.text)))


def reformatted(item: Item, pick: random.Random, host: str) -> Query:
    """Full width, no line breaks, other spacing and punctuation."""
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and pick.random() < 0.9 else c for c in item.text)
    text = re.sub(r"\s+", " ", wide.replace("，", ", ").replace("。", " . "))
    return Query(text, (0, len(text)))


def _traditional() -> dict[str, str]:
    table, out = charmap().table, {}
    for code in range(0x4E00, 0xA000):
        form = int(table[code]) & ((1 << 21) - 1)
        if form != code and 0x4E00 <= form < 0xA000:
            out.setdefault(chr(form), chr(code))
    return out


def traditional(item: Item, pick: random.Random, host: str) -> Query:
    """Simplified to traditional, character by character."""
    text = item.text.translate(str.maketrans(_traditional()))
    return Query(text, (0, len(text)))


def noisy(share: float) -> Level:
    """Optical recognition: characters lost, doubled or taken for others."""

    def make(item: Item, pick: random.Random, host: str) -> Query:
        out = []
        for char in item.text:
            if pick.random() >= share or char.isspace():
                out.append(char)
            elif pick.random() < 0.7:
                out.append(pick.choice(item.text))
        text = "".join(out)
        return Query(text, (0, len(text)))

    return make


def paraphrased(share: float) -> Level:
    """Words replaced by other words of the same document, dropped, or swapped with the next, at this rate."""

    def make(item: Item, pick: random.Random, host: str) -> Query:
        words = re.findall(r"[\u4e00-\u9fff]{1,2}|\w+|\s+|[^\w\s]", item.text)
        pool = [w for w in words if w.strip()]
        for n, word in enumerate(words):
            if word.strip() and pick.random() < share:
                what = pick.random()
                if what < 0.6:
                    words[n] = pick.choice(pool)
                elif what < 0.8:
                    words[n] = ""
                elif n + 2 < len(words):
                    words[n], words[n + 2] = words[n + 2], words[n]
        text = "".join(words)
        return Query(text, (0, len(text)))

    return make


TEXT: dict[str, Level] = {
    "原样": verbatim, "节选400字": hosted(400, 3000), "节选150字": hosted(150, 3000), "节选80字": hosted(80, 3000),
    "大文件中400字": hosted(400, 40_000), "打乱次序": shuffled, "改格式": reformatted, "繁体": traditional,
    "识别错字5%": noisy(0.05), "轻度改写15%": paraphrased(0.15), "重度改写30%": paraphrased(0.3), "另一译本": natural,
}  # fmt: skip


def bare(text: str) -> str:
    """Without comments and docstrings, indented by tabs."""
    text = re.sub(r'^\s*[rRuU]?("""|\'\'\')(?:.|\n)*?\1\s*\n', "", text, flags=re.MULTILINE)
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\n\s*\n+", "\n", text)
    return re.sub(r"^( {4})+", lambda m: "\t" * (len(m[0]) // 4), text, flags=re.MULTILINE)


def renamed(text: str, pick: random.Random) -> str:
    """Every name that is not Python's own, consistently."""
    names: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        name = match[0]
        if name in KEEP or len(name) < 2 or name.startswith("__"):
            return name
        return names.setdefault(name, f"v{len(names)}_{pick.randint(0, 999)}")

    return re.sub(r"(?<![\"'\w])[A-Za-z_]\w*(?![\"'\w])", other, text)


def _lines(size: int, change: Callable[[str, random.Random], str], *, code: bool = False) -> Level:
    """Consecutive lines inside an unrelated file. With `code` comments and docstrings are removed before cutting."""

    def make(item: Item, pick: random.Random, host: str) -> Query | None:
        text = bare(item.text) if code else item.text
        lines = [line for line in text.split("\n") if line.strip()]
        body = [n for n, line in enumerate(lines) if line.startswith(("    ", "\t"))]
        if len(body) < size * 2:
            return None
        at = pick.choice(body[: -size or None])
        piece = change("\n".join(lines[at : at + size]), pick)
        where = pick.randint(0, max(0, len(host) - 4000))
        before, after = host[where : where + 2000], host[where + 2000 : where + 4000]
        return Query(f"{before}\n{piece}\n{after}", (len(before) + 1, len(before) + 1 + len(piece)))

    return make


def _functions(text: str) -> list[str]:
    return re.split(r"\n(?=(?:class|def|async def|@)\b|    (?:def|async def|@))", text)


def _reordered(text: str, pick: random.Random) -> str:
    parts = _functions(renamed(bare(text), pick))
    pick.shuffle(parts)
    return "\n".join(parts)


def _inserted(text: str, pick: random.Random) -> str:
    out = []
    for line in renamed(bare(text), pick).split("\n"):
        out.append(line)
        if line.strip() and pick.random() < 0.12 and not line.rstrip().endswith((",", "(", "[", "{", "\\", ":")):
            out.append(re.match(r"\s*", line)[0] + f"log_{pick.randint(0, 99)}({pick.randint(0, 9)})")
    return "\n".join(out)


def _flow(text: str, pick: random.Random) -> str:
    text = renamed(bare(text), pick)
    text = re.sub(r"(\w+) \+= ", r"\1 = \1 + ", text)
    text = re.sub(r"\bif not (\w+):", r"if \1 is False:", text)
    return re.sub(r"\breturn (.+)", r"result = \1; return result", text)


LEAST_CODE = 400
"""A file with less code than this beside its comments has nothing that could be renamed."""


def _whole(change: Callable[[str, random.Random], str], *, copied: bool = True) -> Level:
    """The whole file changed; `copied` when all of the result is copied material."""

    def make(item: Item, pick: random.Random, host: str) -> Query | None:
        text = change(item.text, pick)
        return Query(text, (0, len(text)) if copied else None) if len(bare(item.text)) >= LEAST_CODE else None

    return make


CODE: dict[str, Level] = {
    "原样": verbatim, "去注释改排版": _whole(lambda t, p: bare(t)), "改名": _whole(lambda t, p: renamed(bare(t), p)),
    "改名并调换函数": _whole(_reordered), "改名并插入语句": _whole(_inserted, copied=False),
    "改名并改控制流": _whole(_flow, copied=False),
    "40行改名节选": _lines(40, renamed, code=True), "15行原样节选": _lines(15, lambda t, p: t),
    "15行改名节选": _lines(15, renamed, code=True), "8行原样节选": _lines(8, lambda t, p: t),
    "下一版本": natural,
}  # fmt: skip


def _formats(row: list[str], pick: random.Random) -> list[str]:
    name, city, person, telephone, day, amount, discount = row
    year, month, date = day.split("-")
    days = (f"{year}/{int(month)}/{int(date)}", f"{year}年{int(month)}月{int(date)}日", f"{year}{month}{date}")
    telephones = (f"+86 {telephone[:3]}-{telephone[3:7]}-{telephone[7:]}", f"{telephone[:3]} {telephone[3:]}")
    renamed_ = name.replace("有限公司", "（有限公司）")
    money = f"¥{float(amount):,.2f}"
    return [renamed_, city, f"{person[0]} {person[1:]}", pick.choice(telephones), pick.choice(days), money, discount]


def table_levels(rows: list[list[str]], other: list[list[str]], pick: random.Random) -> dict[str, str]:
    """All levels of a table at once; `other` is an unrelated table."""
    order = list(range(7))
    pick.shuffle(order)
    mixed = pick.sample(rows, len(rows))
    shape = [[_formats(r, pick)[c] for c in order] for r in mixed]
    typed = [[c[:-1] + pick.choice(GLYPHS) if pick.random() < 0.3 else c for c in r] for r in mixed]
    hidden = [_formats(r, pick) for r in other]
    for row in pick.sample(rows, 3):
        hidden.insert(pick.randint(0, len(hidden)), _formats(row, pick))
    return {
        "原样": as_csv(rows),
        "列行重排": as_csv([[r[c] for c in order] for r in mixed]),
        "改格式": as_csv([_formats(r, pick) for r in rows]),
        "重排并改格式": as_csv(shape),
        "20行重排改格式": as_csv(shape[:20]),
        "三成错字": as_csv(typed),
        "他表中藏3行并改格式": as_csv(hidden),
    }


GLYPHS = "甲乙丙丁0123456789"
