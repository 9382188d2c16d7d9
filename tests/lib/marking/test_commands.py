"""The commands as a secrecy officer uses them: no settings, no database, nothing but a folder."""

import io
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from PIL import Image

from midun.config import marking_commands
from midun.lib.marking.documents.placing import labels
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.registry import Issued, Registry
from midun.lib.sm import sm2
from tests.lib.marking import office
from tests.lib.marking.prose import SOURCE, prose
from tests.lib.marking.test_pdf import document

SET = ["--owner", "甲公司", "--until", "2031-01-01", "--scope", "研发部", "--handling", "no-copy", "--person", "张三"]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    folder = tmp_path / "desk"
    (folder / "原件").mkdir(parents=True)
    monkeypatch.setenv("MIDUN_MARKS", str(folder / "keys"))
    monkeypatch.chdir(folder)
    return folder


def run(*arguments):
    return marking_commands.main([str(one) for one in arguments])


def gradient():
    out = io.BytesIO()
    Image.linear_gradient("L").resize((1000, 800)).save(out, "PNG")
    return out.getvalue()


FILES = {
    "工艺.pdf": document(2),
    "方案.docx": office.word(),
    "图纸.png": gradient(),
    "控制.py": SOURCE.encode(),
    "纪要.txt": prose(9, 2500).encode(),
}


def traced(capsys, *paths):
    capsys.readouterr()
    code = run("trace", *paths, "--json")
    return code, json.loads(capsys.readouterr().out)


def test_copies_for_recipients_and_leaks_back_to_them(desk, capsys):
    for name, data in FILES.items():
        (desk / "原件" / name).write_bytes(data)
    assert run("mark", "原件", "--to", "李雷", "--to", "韩梅", "--out", "副本", "--purpose", "评审") == 0
    assert "已制作 10 份" in capsys.readouterr().out
    mine = desk / "副本" / "韩梅" / "原件"
    assert sorted(one.name for one in mine.iterdir()) == sorted(FILES)
    with pypdfium2.PdfDocument(mine / "工艺.pdf") as opened:
        shot = opened[1].render(scale=1.4, grayscale=True).to_pil()
    shot.crop((20, 20, 800, 1000)).save("截图.jpg", quality=70)
    with Image.open(mine / "图纸.png") as image:
        image.rotate(3, expand=True, fillcolor=255).resize((900, 720)).save("旋转.jpg", quality=50)
    program = (mine / "控制.py").read_text("utf-8")
    (desk / "粘贴.txt").write_text(program[program.index("def hold") :], "utf-8")  # whole lines: half a line is noise
    (desk / "一段").write_text((mine / "纪要.txt").read_text("utf-8")[600:1000], "utf-8")
    code, reports = traced(capsys, "截图.jpg", "旋转.jpg", "粘贴.txt", "一段", mine / "方案.docx")
    assert [report["file"] for report in reports if not report["found"]] == []
    assert code == 0
    for report in reports:
        assert {one["registry"]["recipient"] for one in report["found"]} == {"韩梅"}, report
        assert all(one["log10_error"] < -9 for one in report["found"])
    code, reports = traced(capsys, "原件/工艺.pdf", "原件/纪要.txt", "原件/控制.py")
    assert code == 1
    assert all(report["found"] == [] for report in reports)


def test_a_batch_goes_on_where_it_broke_off(desk, capsys):
    (desk / "原件" / "纪要.txt").write_bytes(FILES["纪要.txt"])
    (desk / "原件" / "太短.txt").write_text("短。", "utf-8")
    assert run("mark", "原件", "--to", "李雷", "--out", "副本") == 1
    assert "太短" in capsys.readouterr().err
    first = (desk / "副本" / "李雷" / "原件" / "纪要.txt").read_bytes()
    assert run("mark", "原件/纪要.txt", "--to", "李雷", "--out", "副本", "--jobs", "2") == 0
    (desk / "名单.txt").write_text("李雷\n\n王芳\n", "utf-8")
    assert run("mark", "原件/纪要.txt", "--to-file", "名单.txt", "--out", "别处", "--jobs", "2") == 0
    assert (desk / "别处" / "李雷" / "纪要.txt").read_bytes() == first
    assert (desk / "别处" / "王芳" / "纪要.txt").read_bytes() != first
    assert run("mark", "副本/李雷/原件/纪要.txt", "--to", "王芳", "--out", "再标") == 1
    assert not (desk / "再标").exists() or not list((desk / "再标").rglob("*.txt"))


def test_labels_travel_and_mark_and_label_miss_each_other(desk, capsys):
    for name in ("工艺.pdf", "纪要.txt"):
        (desk / "原件" / name).write_bytes(FILES[name])
    assert run("label", "set", "原件/工艺.pdf", "原件/纪要.txt", "--grade", "核心", *SET, "--out", "定密") == 0
    assert (desk / "定密" / "纪要.txt.midun-label.json").exists()
    assert run("label", "show", "定密/工艺.pdf", "定密/纪要.txt") == 0
    assert "核心" in capsys.readouterr().out
    assert run("mark", "定密", "--to", "李雷", "--out", "副本") == 0
    copy = desk / "副本" / "李雷" / "定密"
    assert run("label", "show", copy / "工艺.pdf", copy / "纪要.txt") == 0
    # the label is taken off a copy: the mark and the registry tell
    bare = desk / "去标.pdf"
    bare.write_bytes(labels.remove((copy / "工艺.pdf").read_bytes()))
    _, reports = traced(capsys, bare)
    capsys.readouterr()
    assert reports[0]["found"][0]["registry"]["recipient"] == "李雷"
    assert "标识已被去除" in reports[0]["label"][0]
    # the mark is taken off: the label tells
    clean = desk / "纪要.txt"
    clean.write_bytes(FILES["纪要.txt"])
    (desk / "纪要.txt.midun-label.json").write_bytes((copy / "纪要.txt.midun-label.json").read_bytes())
    assert run("label", "show", clean) == 1
    shown = capsys.readouterr().out
    assert "密标可能已被去除" in shown
    assert "有改动" in shown


def test_weakening_takes_two_keys(desk, capsys):
    (desk / "原件" / "a.py").write_bytes(SOURCE.encode())
    assert run("label", "set", "原件/a.py", "--grade", "绝密", *SET, "--out", "1") == 0
    assert "国家秘密" in capsys.readouterr().err
    assert "商业秘密·绝密" not in (desk / "1" / "a.py").read_text("utf-8")
    weaker = ["label", "set", "1/a.py", "--grade", "一般", *SET, "--out", "2"]
    assert run(*weaker) == 1
    assert "降低密级" in capsys.readouterr().err
    assert run("label", "key", "李四.json", "--sm2") == 0
    second = ["--reason", "技术已随产品公开", "--approved-by", "李四", "--approver-key", "李四.json"]
    assert run(*weaker, *second[:4], "--approver-key", "keys/author.json") == 1
    assert run(*weaker, *second) == 0
    assert run("label", "show", "2/a.py") == 1
    shown = capsys.readouterr().out
    assert "信任" in shown
    public = sm2.public_key(bytes.fromhex(json.loads((desk / "李四.json").read_text())["private"])).hex()
    (desk / "keys" / "trusted.txt").write_text(f"{public}  # 李四\n", "utf-8")
    assert run("label", "show", "2/a.py") == 0
    assert run("label", "remove", "2/a.py", "--out", "3", "--person", "张三") == 2
    assert run("label", "remove", "2/a.py", "--out", "3", "--person", "张三", *second) == 0
    assert (desk / "3" / "a.py").read_bytes() == SOURCE.encode()
    assert "removed" in (desk / "3" / "a.py.label-removed.json").read_text("utf-8")


def test_keys_are_for_their_owner_only_and_another_key_finds_nothing(desk, capsys):
    (desk / "原件" / "纪要.txt").write_bytes(FILES["纪要.txt"])
    assert run("mark", "原件/纪要.txt", "--to", "李雷", "--out", "副本") == 0
    assert (desk / "keys" / "mark-0.json").stat().st_mode & 0o077 == 0
    other = desk / "别家"
    assert run("mark", "原件/纪要.txt", "--to", "甲", "--out", "乙", "--home", other) == 0
    capsys.readouterr()
    assert run("trace", "副本/李雷/纪要.txt", "--home", other) == 1
    assert "未检出" in capsys.readouterr().out


def test_registry_only_grows(desk):
    registry = Registry(desk / "r.sqlite3")
    row = Issued(b"12345678", 0, "aa", "0" * 64, "a", "甲", "", "2026-11-24T00:00:00+00:00")
    assert registry.begin(row) == row
    assert registry.begin(Issued(b"87654321", *list(vars(row).values())[1:])) == row
    assert registry.ids("aa") == []
    registry.finish(b"12345678", copy="1" * 64, carriers="text", label="")
    assert registry.ids("aa") == [b"12345678"]
    registry.close()
    with sqlite3.connect(desk / "r.sqlite3") as raw:
        for act in ("DELETE FROM copies", "UPDATE copies SET recipient = '乙'"):
            with pytest.raises(sqlite3.IntegrityError):
                raw.execute(act)
    raw.close()
    for name, content in (("x", b"no database, no database"), ("y", None)):
        if content:
            (desk / name).write_bytes(content)
        with pytest.raises(Refused) as error:
            Registry(desk / name, create=False)
        assert error.value.reason is Reason.BROKEN


def test_the_commands_need_no_settings(desk):
    (desk / "a.py").write_bytes(SOURCE.encode())
    command = [Path(sys.executable).parent / "midun", "label", "show", "a.py"]
    plain = {"PATH": "/usr/bin:/bin", "HOME": str(desk), "DJANGO_SETTINGS_MODULE": "there.is.none"}
    found = subprocess.run(command, env=plain, cwd=desk, capture_output=True, text=True, check=False)
    assert "没有密级标识" in found.stdout, found.stderr


def test_images_keep_what_they_are(desk):
    Image.new("RGBA", (400, 300), (200, 200, 200, 90)).save("a.png")
    Image.new("P", (400, 300), 3).save("b.png")
    Image.fromarray(np.full((300, 400), 40_000, np.uint16)).save("c.png")
    Image.new("RGB", (400, 300), "white").save("d.png", save_all=True, append_images=[Image.new("RGB", (400, 300))])
    assert run("mark", "a.png", "b.png", "c.png", "--to", "甲", "--out", "o") == 0
    with Image.open("o/甲/a.png") as after:
        assert (after.mode, after.size, after.getchannel("A").getextrema()) == ("RGBA", (400, 300), (90, 90))
    with Image.open("o/甲/c.png") as after:
        assert after.mode == "I;16"
    assert run("mark", "d.png", "--to", "甲", "--out", "o") == 1
