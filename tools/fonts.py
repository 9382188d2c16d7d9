"""Cut the Noto CJK fonts down to what our documents need, so that a PDF never depends on the machine's own fonts.

Run `python tools/fonts.py` to rebuild the four files in `src/midun/kernel/documents/fonts/`, or with `--check` to
compare them with `tools/fonts.lock.json`. Rebuilding needs fonttools and the four TTC collections of Noto CJK
(Debian: fonts-noto-cjk); their digests are locked too, because another release has other outlines.
"""

import argparse
import hashlib
import json
import sys
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection

ROOT = Path(__file__).resolve().parent.parent
FONTS = ROOT / "src/midun/kernel/documents/fonts"
LOCK = ROOT / "tools/fonts.lock.json"
STANDARD_CHARACTERS = ROOT / "tools/data/tgh8105.txt"
DEFAULT_SOURCE = Path("/usr/share/fonts/opentype/noto")

SIMPLIFIED_FACE = 2
"""Index of the simplified Chinese face in each collection: JP, KR, SC, TC, HK."""

# Vertical metrics and features serve vertical text only, and hints only low-resolution screens.
DROPPED_TABLES = ["VORG", "vhea", "vmtx", "BASE", "DSIG"]
KEPT_FEATURES = ["ccmp", "kern", "liga", "palt", "halt", "mark"]

SYMBOL_RANGES = (
    (0x0020, 0x024F),  # Latin with the accents of pinyin
    (0x02B0, 0x03FF),  # modifiers, Greek
    (0x0400, 0x045F),  # Cyrillic
    (0x1E00, 0x1EFF),
    (0x2000, 0x27BF),  # punctuation, units, numbers, arrows, mathematics, boxes, circled figures
    (0x2E80, 0x312F),  # radicals, CJK punctuation, kana, bopomofo
    (0x31A0, 0x33FF),  # strokes, bracketed and circled Han, square units such as ㎡
    (0xFE10, 0xFE6F),
    (0xFF00, 0xFFEF),  # full width
    (0x1F100, 0x1F2FF),  # enclosed figures and Han
)


@dataclass(frozen=True)
class Cut:
    """One output file: which face it comes from and how wide its coverage is."""

    output: str
    collection: str
    coverage: str


CUTS = (
    Cut("NotoSerifCJKsc-Regular.otf", "NotoSerifCJK-Regular.ttc", "every Han character of the face"),
    Cut("NotoSerifCJKsc-Bold.otf", "NotoSerifCJK-Bold.ttc", "GB 2312 and the 8,105 standard characters"),
    Cut("NotoSansCJKsc-Regular.otf", "NotoSansCJK-Regular.ttc", "GBK and the 8,105 standard characters"),
    Cut("NotoSansCJKsc-Bold.otf", "NotoSansCJK-Bold.ttc", "GB 2312 and the 8,105 standard characters"),
)


def main() -> int:
    """Parse the command line and rebuild or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare the files in the tree with the lock")
    parser.add_argument("--source", type=Path, default=DEFAULT_SOURCE, help="folder with the Noto CJK collections")
    parser.add_argument("--relock", action="store_true", help="accept other inputs or another fonttools")
    options = parser.parse_args()
    problems = list(differences()) if options.check else rebuild(options.source, relock=options.relock)
    for problem in problems:
        sys.stderr.write(problem + "\n")
    return 1 if problems else 0


def differences() -> Iterator[str]:
    """Say which locked file is missing or has changed."""
    for name, entry in json.loads(LOCK.read_text("utf-8"))["files"].items():
        path = FONTS / name
        if not path.is_file():
            yield f"{name}: missing"
        elif digest(path) != entry["sha256"]:
            yield f"{name}: differs from the lock"


def rebuild(source: Path, *, relock: bool) -> list[str]:
    """Write the four files and the lock; refuse silently different inputs."""
    locked = json.loads(LOCK.read_text("utf-8"))["files"] if LOCK.is_file() and not relock else {}
    files = {}
    for cut in CUTS:
        collection = source / cut.collection
        entry = {"source": cut.collection, "source_sha256": digest(collection), "coverage": cut.coverage}
        if cut.output in locked and locked[cut.output]["source_sha256"] != entry["source_sha256"]:
            return [f"{cut.collection}: not the release the lock was made from; --relock accepts it"]
        entry["characters"] = write_cut(collection, cut, FONTS / cut.output)
        entry["bytes"] = (FONTS / cut.output).stat().st_size
        entry["sha256"] = digest(FONTS / cut.output)
        files[cut.output] = entry
        sys.stdout.write(f"{cut.output}: {entry['characters']} characters, {entry['bytes']} bytes\n")
    LOCK.write_text(json.dumps({"files": files}, ensure_ascii=False, indent=2) + "\n", "utf-8")
    return []


def write_cut(collection: Path, cut: Cut, output: Path) -> int:
    """Subset the simplified face of `collection` into `output`; the number of characters kept."""
    # Keeping the font's own date makes the output a function of its input.
    font = TTCollection(str(collection), lazy=True, recalcTimestamp=False).fonts[SIMPLIFIED_FACE]
    available = set(font.getBestCmap())
    wanted = available & wanted_characters(cut, available)
    options = subset.Options()
    options.layout_features = KEPT_FEATURES
    options.drop_tables += DROPPED_TABLES
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = ["*"]
    options.name_languages = ["*"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    font.save(output)
    return len(wanted)


def wanted_characters(cut: Cut, available: set[int]) -> set[int]:
    """Code points of one coverage, always with the symbols an official document uses."""
    symbols = {code for first, last in SYMBOL_RANGES for code in range(first, last + 1)}
    standard = {ord(character) for character in STANDARD_CHARACTERS.read_text("utf-8") if character != "\n"}
    if cut.coverage.startswith("every"):
        return symbols | standard | {code for code in available if is_han(code)}
    encoding = "gbk" if cut.coverage.startswith("GBK") else "gb2312"
    return symbols | standard | {code for code in available if is_in(encoding, code)}


def is_han(code: int) -> bool:
    """Whether the code point is a Han character, compatibility forms included."""
    return unicodedata.name(chr(code), "").startswith("CJK ")


def is_in(encoding: str, code: int) -> bool:
    """Whether a Chinese encoding has the character."""
    try:
        chr(code).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
