"""`midun compare | index | scan` as a person runs them: no settings, no database, nothing left behind."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from midun.config import matching_commands
from tests.lib.similarity.building import code, customers, prose


def run(*arguments, capsys=None):
    return matching_commands.main([str(a) for a in arguments])


@pytest.fixture
def desk(tmp_path):
    """Protected files and a folder of found ones."""
    ours, found = tmp_path / "ours", tmp_path / "found"
    (found / "deep" / "node_modules").mkdir(parents=True)
    ours.mkdir()
    (ours / "工艺.txt").write_text(prose(1), encoding="utf-8")
    (ours / "算法.py").write_text(code(1), encoding="utf-8")
    (ours / "客户.csv").write_text(customers(1), encoding="gb18030")
    for seed in range(20, 26):
        (found / f"{seed}.txt").write_text(prose(seed), encoding="utf-8")
    (found / "deep" / "笔记.txt").write_text(prose(30) + prose(1)[500:900], encoding="utf-8")
    (found / "deep" / "node_modules" / "x.txt").write_text(prose(1), encoding="utf-8")
    with zipfile.ZipFile(found / "打包.zip", "w") as archive:
        archive.writestr("里面/a.py", code(1)[600:2400])
    (found / "坏.docx").write_bytes(b"PK\x03\x04damaged")
    return tmp_path


def test_compare_needs_no_settings(desk):
    """In a process of its own, with an environment that has none of ours and a home it cannot write to."""
    arguments = [
        Path(sys.executable).parent / "midun",
        "compare",
        desk / "ours",
        desk / "found",
        "--out",
        desk / "report",
    ]
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "no.such.module", "HOME": "/nonexistent"}
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, env=environment, cwd=desk)
    assert done.returncode == 0, done.stderr
    assert "秘点 1" in done.stdout
    report = json.loads((desk / "report/report.json").read_text(encoding="utf-8"))
    assert report["format"] == "midun-comparison/1"
    assert {p.name for p in (desk / "report").iterdir()} == {"report.json", "report.html", "report.pdf", "summary.json"}


def test_the_printed_command_makes_the_same_report(desk):
    run("compare", desk / "ours/工艺.txt", desk / "found/deep/笔记.txt", "--out", desk / "one")
    command = json.loads((desk / "one/report.json").read_text(encoding="utf-8"))["command"]
    first = {p.name: p.read_bytes() for p in (desk / "one").iterdir()}
    assert matching_commands.main(shlex.split(command)[1:]) == 0
    assert {p.name: p.read_bytes() for p in (desk / "one").iterdir()} == first


def test_index_and_scan(desk, capsys):
    assert run("index", "add", desk / "ours", "--index", desk / "i") == 0
    assert (desk / "i.key").stat().st_mode & 0o777 == 0o600
    assert run("index", "list", "--index", desk / "i") == 0
    assert "工艺.txt" in capsys.readouterr().out
    assert run("index", "verify", "--index", desk / "i") == 0
    assert run("scan", desk / "found", "--index", desk / "i", "--out", desk / "hits.json") == 0
    result = json.loads((desk / "hits.json").read_text(encoding="utf-8"))
    assert {(h["name"], h["protected"]) for h in result["hits"]} == {
        ("deep/笔记.txt", "ours/工艺.txt"), ("打包.zip!/里面/a.py", "ours/算法.py"),
    }  # fmt: skip
    (hit,) = [h for h in result["hits"] if h["name"] == "deep/笔记.txt"]
    text = (desk / "found/deep/笔记.txt").read_text(encoding="utf-8")
    assert any(abs(p["begin"] - text.index(prose(1)[500:900])) < 20 for p in hit["places"])
    assert any(abs(p["protected_begin"] - 500) < 80 for p in hit["places"])
    assert any("坏.docx" in notice[0] for row in result["files"] for notice in row["notices"])


def test_excluded_names_are_not_read(desk):
    run("index", "add", desk / "ours", "--index", desk / "i")
    assert run("scan", desk / "found", "--index", desk / "i", "--exclude", "deep", "--exclude", "*.zip") == 1


def test_public_material_is_registered(desk):
    run("index", "add", desk / "ours", "--index", desk / "i")
    assert run("index", "background", desk / "ours", "--index", desk / "i") == 0
    assert run("scan", desk / "found/deep", "--index", desk / "i") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("compare", "ours", "gone"),
        ("index", "verify", "--index", "gone"),
        ("scan", "found", "--index", "found"),
        ("compare", "ours", "found", "--points", "ours/算法.py"),
    ],
)
def test_wrong_calls_get_a_sentence(desk, arguments, capsys, monkeypatch):
    monkeypatch.chdir(desk)
    assert run(*arguments) == 2
    assert capsys.readouterr().err.strip()


def test_killed_scan_goes_on_and_ends_the_same(desk):
    run("index", "add", desk / "ours", "--index", desk / "i")
    for n in range(150):
        (desk / "found" / f"many{n:03d}.txt").write_text(prose(100 + n, 60), encoding="utf-8")
    program = [
        sys.executable,
        "-c",
        "import sys; from midun.config import matching_commands as m; sys.exit(m.main(sys.argv[1:]))",
    ]
    call = ["scan", desk / "found", "--index", desk / "i", "--out", desk / "b.json", "--journal", desk / "j"]
    running = subprocess.Popen([*program, *call], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while running.poll() is None and not (
        (desk / "j").exists() and (desk / "j").read_text(encoding="utf-8").count("\n") > 20
    ):
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    done = (desk / "j").read_text(encoding="utf-8").count('"path"')
    assert run(*call) == 0
    assert run("scan", desk / "found", "--index", desk / "i", "--out", desk / "a.json") == 0
    one, two = (json.loads((desk / n).read_text(encoding="utf-8")) for n in ("a.json", "b.json"))
    assert one == two
    assert (desk / "j").read_text(encoding="utf-8").count('"path"') <= len(one["files"]) + 1
    assert done > 0


def test_a_journal_of_another_scan_is_refused(desk, capsys):
    run("index", "add", desk / "ours", "--index", desk / "i")
    run("scan", desk / "found", "--index", desk / "i", "--journal", desk / "j")
    assert run("scan", desk / "ours", "--index", desk / "i", "--journal", desk / "j") == 2
    assert "续扫记录" in capsys.readouterr().err


def test_nothing_is_left_in_the_temporary_folder(desk, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(desk / "t"))
    (desk / "t").mkdir()
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", None)
    run("compare", desk / "ours", desk / "found", "--out", desk / "r")
    assert list((desk / "t").iterdir()) == []
