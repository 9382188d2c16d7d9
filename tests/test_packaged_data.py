"""What the package carries instead of fetching: front end, fonts, tables. Each must be what its lock or source says."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typst
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

import midun

PACKAGE = Path(midun.__file__).parent
ROOT = PACKAGE.parent.parent
STATIC = PACKAGE / "kernel/web/static"
VENDOR = STATIC / "midun/vendor"
FONTS = PACKAGE / "kernel/documents/fonts"
TABLES = PACKAGE / "kernel/orgs/data"

RARE_NAMES = "㛃堃玥喆镕𠮷"


def rows(name):
    with (TABLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("tool", ["vendor", "fonts", "divisions"])
def test_the_tree_is_what_the_tool_would_write(tool):
    done = subprocess.run(
        [sys.executable, ROOT / f"tools/{tool}.py", "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_changed_vendored_file_is_noticed(tmp_path):
    (tmp_path / "tools").mkdir()
    for name in ("vendor.py", "vendor.lock.json"):
        (tmp_path / "tools" / name).write_bytes((ROOT / "tools" / name).read_bytes())
    folder = tmp_path / VENDOR.relative_to(ROOT)
    for path in VENDOR.rglob("*.*"):
        (folder / path.relative_to(VENDOR)).parent.mkdir(parents=True, exist_ok=True)
        (folder / path.relative_to(VENDOR)).write_bytes(path.read_bytes())
    with (folder / "htmx.min.js").open("ab") as file:
        file.write(b"\n//")
    (folder / "extra.js").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, tmp_path / "tools/vendor.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["extra.js: not in the lock", "htmx.min.js: differs from the lock"]


def test_hashed_static_storage_publishes_the_vendored_files(tmp_path):
    storage = ManifestStaticFilesStorage(location=tmp_path, base_url="/static/")
    names = [path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((VENDOR / name).read_bytes())
    results = list(storage.post_process({name: (storage, name) for name in names}))
    assert [outcome for *_, outcome in results if isinstance(outcome, Exception)] == []
    assert set(storage.hashed_files) == set(names)


def test_nothing_vendored_loads_from_elsewhere():
    css = (VENDOR / "tabler.min.css").read_text("utf-8")
    assert "@import" not in css
    assert not re.search(r"url\(\s*[\"']?(https?:)?//", css)


def test_icons_of_one_sprite_are_unique_and_take_the_colour_of_the_text():
    sprite = (VENDOR / "icons.svg").read_text("utf-8")
    names = re.findall(r'<symbol id="tabler-([a-z0-9-]+)"', sprite)
    assert len(names) == len(set(names)) >= 110
    assert sprite.count("currentColor") >= len(names)


@pytest.mark.parametrize("family", ["Noto Serif CJK SC", "Noto Sans CJK SC"])
@pytest.mark.parametrize("weight", ["regular", "bold"])
def test_documents_need_no_font_of_the_machine(family, weight, tmp_path):
    source = tmp_path / "page.typ"
    source.write_text(
        f'#set text(font: "{family}", weight: "{weight}", lang: "zh", region: "cn")\n'
        f"{RARE_NAMES} ①②（）〔2025〕“服务月”——……℃㎡ ABC 012",
        "utf-8",
    )
    pdf, warnings = typst.compile_with_warnings(source, font_paths=[FONTS], ignore_system_fonts=True)
    assert warnings == []
    used = set(re.findall(rb"/FontName\s*/[A-Z]{6}\+([A-Za-z]+-[A-Za-z]+)", pdf))
    assert used
    assert all(name.startswith((b"NotoSerifCJKsc", b"NotoSansCJKsc")) for name in used)
    assert pdf.count(b"/FontFile3") == len(used)


def test_every_standard_character_is_in_every_font():
    tool = pytest.importorskip("fontTools.ttLib", reason="fonttools is a development dependency")
    standard = {ord(c) for c in (ROOT / "tools/data/tgh8105.txt").read_text("utf-8") if c != "\n"}
    assert len(standard) == 8105
    for path in sorted(FONTS.glob("*.otf")):
        with tool.TTFont(path, lazy=True) as font:
            assert standard <= set(font.getBestCmap()), path.name


def test_districts_of_a_municipality_hang_below_it():
    by_code = {row["code"]: row for row in rows("divisions.csv")}
    for code, name, parent in [
        ("310115", "浦东新区", "310000"),
        ("419001", "济源市", "410000"),
        ("330113", "临平区", "330100"),
        ("500157", "两江新区", "500000"),
        ("653228", "和康县", "653200"),
    ]:
        assert (by_code[code]["name"], by_code[code]["parent_code"]) == (name, parent)
    assert not {row["name"] for row in by_code.values()} & {
        "市辖区",
        "县",
        "省直辖县级行政区划",
        "自治区直辖县级行政区划",
    }
    assert (by_code["310108"]["valid_to"], by_code["310108"]["successor"]) == ("2015-11-04", "310106")


def test_names_of_places_in_force_are_unique_below_one_parent():
    in_force = [(row["parent_code"], row["name"]) for row in rows("divisions.csv") if not row["valid_to"]]
    assert len(in_force) == len(set(in_force))
    assert sum(parent == "" for parent, _ in in_force) == 34


def test_sectors_are_twenty_sections_with_ninety_seven_divisions():
    table = rows("sectors.csv")
    sections = [row["code"] for row in table if not row["section"]]
    divisions = [row for row in table if row["section"]]
    assert sections == list("ABCDEFGHIJKLMNOPQRST")
    assert [row["code"] for row in divisions] == [f"{n:02}" for n in range(1, 98)]
    assert [row["section"] for row in divisions] == sorted(row["section"] for row in divisions)
    assert {row["section"] for row in divisions} == set(sections)
