"""`midun verify` of a whole folder: the bundle, the manifest, and every file against it."""

import json
from dataclasses import replace

import pytest

from midun.lib.tlog.manifest import Manifest
from tests.client.test_client import run
from tests.lib.bundle.building import Entry, Kind, file_set, policy_text, proof_of


@pytest.fixture
def deposited(tmp_path):
    """A folder, its manifest, and the bundle of its deposit (without time-stamps: accepted, not final)."""
    folder = tmp_path / "设计"
    for name in ("a/一.txt", "a/二.txt", "三.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name * 9, encoding="utf-8")
    manifest = Manifest.of_folder(folder, b"\x0c" * 32)
    proof = proof_of(Entry(Kind.SET, manifest.commitment(), b"\x0b" * 32).encode()).encode()
    made = replace(file_set().bundle, proof=proof, policy=policy_text(), tokens=())
    (tmp_path / "证明包.zip").write_bytes(made.encode())
    (tmp_path / "文件清单.jsonl").write_bytes(b"".join(manifest.lines()))
    return tmp_path


def verify(place, *more):
    return run("verify", place / "证明包.zip", place / "设计", "--opening", place / "文件清单.jsonl", *more)


def test_a_folder_as_it_was_deposited(deposited):
    code, out, _err = verify(deposited)
    assert code == 3, "without time-stamps the proof is not complete, and the folder changes nothing of that"
    assert "文件夹核验通过：存证的 3 个文件都与存证时完全相同" in out


def test_what_changed_is_gone_or_new_is_named(deposited):
    (deposited / "设计/三.txt").write_text("改", encoding="utf-8")
    (deposited / "设计/a/一.txt").write_text("a/一.tXt" * 9, encoding="utf-8")
    (deposited / "设计/a/二.txt").unlink()
    (deposited / "设计/四.txt").touch()
    code, out, _err = verify(deposited)
    assert code == 1
    for line in (
        "[失败] 内容与存证时不同：三.txt",
        "[失败] 内容与存证时不同：a/一.txt",
        "[失败] 文件夹里没有：a/二.txt",
    ):
        assert line in out
    assert "[注意] 存证时没有，不受证明：四.txt" in out
    assert "3 个与存证时不同或已不在，其余 0 个完全相同" in out
    code, out, _err = verify(deposited, "--json")
    assert code == 1
    assert json.loads(out)["folder"] == {
        "changed": ["a/一.txt", "三.txt"],
        "missing": ["a/二.txt"],
        "added": ["四.txt"],
        "files": 3,
    }


def test_another_manifest_is_no_opening_of_the_deposit(deposited):
    other = Manifest.of_folder(deposited / "设计", b"\x0d" * 32)
    (deposited / "文件清单.jsonl").write_bytes(b"".join(other.lines()))
    code, out, _err = verify(deposited)
    assert code == 1
    assert "文件夹核验通过" not in out


def test_a_folder_needs_its_manifest(deposited):
    opening = deposited / "开启信息.json"
    opening.write_bytes(file_set().opening)
    code, _out, err = run("verify", deposited / "证明包.zip", deposited / "设计", "--opening", opening)
    assert code == 2
    assert "不是文件夹存证的 文件清单.jsonl" in err
