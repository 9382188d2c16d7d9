"""What is installed is what is in the tree: the wheel carries every page, picture, font and content file, and works."""

import subprocess
import sys
import zipfile

import pytest

from tests.processes import ROOT, environment

SOURCE = ROOT / "src" / "midun"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


def test_nothing_is_missing_and_nothing_is_too_much(wheel):
    ours = {f"midun/{path.relative_to(SOURCE).as_posix()}" for path in SOURCE.rglob("*") if path.is_file()}
    ours |= {f"midun/content/{p.relative_to(ROOT / 'content').as_posix()}" for p in (ROOT / "content").rglob("*.*")}
    ours = {name for name in ours if "__pycache__" not in name}
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if not name.endswith("/")}
    assert {name for name in packed if ".dist-info/" not in name} == ours
    assert any(name.endswith("entry_points.txt") for name in packed)


def test_it_works_away_from_the_tree(db, wheel, tmp_path):
    """`midun init` of the unpacked wheel, in another folder: it needs migrations, divisions, calendar and content."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = (
        "import sys, midun; print(midun.__file__); "
        "sys.argv = ['midun', 'init', '--province', '310000']; from midun.config.cli import main; main()"
    )
    more = {"PYTHONPATH": str(tmp_path / "site"), "MIDUN_HOME": str(tmp_path / "home"), "MIDUN_DATABASE_URL": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(**more), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path / "site"))
    assert "邀请链接" not in done.stderr
    assert done.stdout.count("/directory/join/") == 3
