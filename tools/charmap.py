"""Build the character table of `midun.lib.similarity` (docs/formats/similarity-normalisation.md).

Run with the folder of OpenCC's dictionaries (package opencc-python-reimplemented, Apache-2.0):
`python tools/charmap.py FOLDER`. The table is committed, so that it does not move with the Unicode version of Python.
"""

import sys
import unicodedata
import zlib
from array import array
from pathlib import Path

SIZE = 0x33400
CJK, EXPANDED, INVISIBLE = 1 << 30, 1 << 29, 1 << 28
TARGET = Path(__file__).resolve().parent.parent / "src/midun/lib/similarity/data/charmap.bin"
DIGITS = dict(zip("〇零一二三四五六七八九", "00123456789", strict=True))
INVISIBLES = {0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF}
CONFUSABLES = dict(zip("аеорсухіјѕԁһԛԝмтвнкοανρτικ", "aeopcyxijsdhqwmtbhkoavptik", strict=False))
"""Cyrillic and Greek letters that look like Latin ones, after case folding."""


def dictionary(path: Path) -> dict[str, str]:
    """First choice of each line of an OpenCC dictionary."""
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if "\t" in line)
    return {source: targets.split(" ")[0] for source, targets in lines}


def ideographic(code: int) -> bool:
    """Characters that are units by themselves."""
    return 0x3040 <= code < 0xA000 or 0xAC00 <= code < 0xD7B0 or 0xF900 <= code < 0xFB00 or code >= 0x20000


def entry(code: int, simplified: dict[str, str]) -> str:
    """The normal form of one code point: letters and digits only, often one, sometimes several or none."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", chr(code)).casefold())
    out = []
    for char in folded:
        plain = simplified.get(char, char)
        plain = DIGITS.get(CONFUSABLES.get(plain, plain), CONFUSABLES.get(plain, plain))
        if len(plain) == 1 and plain.isalnum() and ord(plain) < SIZE:
            out.append(plain)
    return "".join(out)


def build(folder: Path) -> bytes:
    """The table as bytes: SIZE uint32, then the expansions, then pairs of two-character words, compressed."""
    simplified = dictionary(folder / "TSCharacters.txt")
    variants = dictionary(folder / "TWVariantsRev.txt") | dictionary(folder / "HKVariantsRev.txt")
    simplified |= {old: simplified.get(new, new) for old, new in variants.items()}
    table, expansions = array("I", [0] * SIZE), array("I", [0])
    for code in range(SIZE):
        if 0xD800 <= code < 0xE000 or 0xE000 <= code < 0xF900:
            continue
        if code in INVISIBLES:
            table[code] = INVISIBLE
            continue
        form = entry(code, simplified)
        if len(form) == 1:
            table[code] = ord(form) | (CJK if ideographic(ord(form)) else 0)
        elif form:
            table[code] = EXPANDED | len(expansions)
            expansions.append(len(form))
            expansions.extend(ord(c) | (CJK if ideographic(ord(c)) else 0) for c in form)
    words = array("I")
    for source, target in sorted(dictionary(folder / "TWPhrasesRev.txt").items()):
        pair = [entry(ord(c), simplified) for c in source + target]
        if len(source) == len(target) == 2 and all(len(c) == 1 and ideographic(ord(c)) for c in pair):
            words.extend(ord(c) for c in pair)
    head = array("I", [SIZE, len(expansions), len(words)])
    if sys.byteorder == "big":
        for part in (head, table, expansions, words):
            part.byteswap()
    return zlib.compress(b"".join(part.tobytes() for part in (head, table, expansions, words)), 9)


if __name__ == "__main__":
    TARGET.write_bytes(build(Path(sys.argv[1])))
    print(TARGET, TARGET.stat().st_size)
