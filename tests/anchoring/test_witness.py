"""The witness for partners, and other people's: over HTTP, in its folder, by hand; and those that misbehave."""

import os
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from midun.anchoring.configuration import AnchorsProblem
from midun.anchoring.coverage import coverage
from midun.anchoring.http import Connection
from midun.anchoring.models import AnchorState
from midun.anchoring.rounds import anchor
from midun.anchoring.witness.application import server
from midun.anchoring.witness.folder import WitnessFolder
from midun.evidence.models import CheckpointRecord
from midun.kernel.trail.models import Entry
from midun.lib.tlog.checkpoint import Checkpoint
from midun.lib.tlog.note import parse_note, sign_text, signature_of
from midun.lib.tlog.witness import AddCheckpoint
from tests.anchoring.building import NOW, configure, serving, signer
from tests.conftest import AT
from tests.lib.tlog.building import KEY, ORIGIN

NAME = "witness.example.cn/notary"


def midun(*arguments):
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path):
    """A witness that watches our log, made by its own commands."""
    midun("witness", "init", str(tmp_path / "w"), NAME)
    (tmp_path / "policy").write_text(f"# x\nlog {KEY.verifier.vkey}\nquorum none\n")
    midun("witness", "add", str(tmp_path / "w"), str(tmp_path / "policy"))
    return WitnessFolder(tmp_path / "w")


def configured(folder, url):
    keys = ", ".join(one.verifier.vkey for one in folder.signers())
    return configure(f"witnesses:\n- {{name: w, title: 公证处, role: notary, key: [{keys}], url: '{url}'}}\n")


def state():
    return AnchorState.objects.unscoped("test").get(kind="witness", name="w")


def test_it_cosigns_over_http(tree, folder):
    folder_server = server(folder)
    with serving(folder_server) as url:
        for number in range(3):
            at = AT + timedelta(minutes=number)
            folder_server._now = lambda at=at: int(at.timestamp())
            record = anchor(tree.grow().head(), configured(folder, url), at)
            found = coverage(record).cosignatures
            assert [one.key.algorithm.name for one in found] == ["ED25519_COSIGNATURE", "MLDSA44_COSIGNATURE"]
    assert state().known_size == record.size == 14


def test_a_witness_that_knows_more_than_we_remember_is_asked_from_there(tree, folder):
    """Our memory of it is gone (a restored database): 409 says where it is, and the proof begins there."""
    folder_server = server(folder)
    folder_server._now = lambda: NOW
    with serving(folder_server) as url:
        anchor(tree.head(), configured(folder, url), AT)
        AnchorState.objects.unscoped("test").all().delete()
        record = anchor(tree.grow().head(), configured(folder, url), AT + timedelta(seconds=20))
    assert coverage(record).missing == ("time-stamp",)


def honest(folder):
    made = server(folder)
    made._now = lambda: NOW
    return made


def lying(answer):
    def application(environ, start_response):
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        status, kind, body = answer()
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    return application


def line(tree, key, size=None, at=NOW):
    text = parse_note(tree.sequencer.checkpoint).text
    changed = text if size is None else text.replace(f"\n{tree.sequencer.size}\n", f"\n{size}\n")
    return signature_of(key, changed, at).line().encode()


LIES = {
    "another size": lambda tree, key: ("200 OK", "text/plain", line(tree, key, size=4)),
    "an old cosignature": lambda tree, key: ("200 OK", "text/plain", line(tree, key, at=NOW - 7200)),
    "a stranger's": lambda tree, _key: ("200 OK", "text/plain", line(tree, signer("x"))),
    "nonsense": lambda _tree, _key: ("200 OK", "text/html", b"<html>"),
    "nothing": lambda _tree, _key: ("200 OK", "text/plain", b""),
    "too much": lambda tree, key: ("200 OK", "text/plain", line(tree, key) * 2000),
    "a size ahead": lambda _tree, _key: ("409 Conflict", "text/x.tlog.size", b"99\n"),
    "a size that is none": lambda _tree, _key: ("409 Conflict", "text/x.tlog.size", b"x\n"),
    "never heard of it": lambda _tree, _key: ("404 Not Found", "text/plain", b"no\n"),
    "elsewhere": lambda _tree, _key: ("302 Found", "text/plain", b""),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_witness_that_lies_or_refuses_gives_nothing(tree, folder, lie):
    key = folder.signers()[0]
    with serving(lying(lambda: LIES[lie](tree, key))) as url:
        record = anchor(tree.head(), configured(folder, url), AT)
    assert coverage(record).cosignatures == ()
    assert "witness" in coverage(record).missing
    assert state().problem
    assert tree.published == []


def test_a_split_view_is_seen_by_the_witness_and_told(tree, folder):
    """Somebody showed the witness another history under our own key: it refuses ours, and that is alarming news."""
    forged = sign_text(Checkpoint(ORIGIN, 5, b"f" * 32).text(), [KEY], NOW).encode()
    honest_server = honest(folder)
    with serving(honest_server) as url, closing(Connection()) as connection:
        assert connection.post(f"{url}/add-checkpoint", AddCheckpoint(0, [], forged).encode()).status == 200
        record = anchor(tree.head(), configured(folder, url), AT)
    assert coverage(record).cosignatures == ()
    assert "见证方拒绝签名" in state().problem


# ---- by hand


def test_a_notary_signs_by_hand_and_the_platform_records_it(tree, folder, tmp_path, monkeypatch):
    configured(folder, "")
    record = anchor(tree.head(), configured(folder, ""), AT)
    (tmp_path / "checkpoint").write_bytes(tree.sequencer.checkpoint)
    monkeypatch.setattr(time, "time", lambda: NOW)
    lines = midun("witness", "sign", str(folder.path), str(tmp_path / "checkpoint"))
    (tmp_path / "lines").write_text(lines, encoding="utf-8")
    said = midun("anchors", "confirm", "5", str(tmp_path / "lines"))
    assert "已登记 公证处（公证机构）的确认" in said
    record.refresh_from_db()
    assert len(coverage(record).notaries) == 2
    assert Entry.objects.filter(verb="checkpoint_confirmed").count() == 1
    with pytest.raises(CommandError, match="没有留存"):
        midun("anchors", "confirm", "6", str(tmp_path / "lines"))
    damaged = lines[:-20] + ("B" if lines[-20] == "A" else "A") + lines[-19:]
    (tmp_path / "lines").write_text(damaged, encoding="utf-8")
    with pytest.raises(CommandError):
        midun("anchors", "confirm", "5", str(tmp_path / "lines"))


def test_signing_by_hand_never_contradicts_what_was_cosigned(folder, tmp_path):
    for size, root, allowed in ((5, b"a", True), (5, b"b", False), (4, b"a", False), (5, b"a", True), (6, b"c", True)):
        path = tmp_path / "checkpoint"
        path.write_bytes(sign_text(Checkpoint(ORIGIN, size, root * 32).text(), [KEY], NOW).encode())
        if allowed:
            midun("witness", "sign", str(folder.path), str(path))
        else:
            with pytest.raises(CommandError, match="一致性"):
                midun("witness", "sign", str(folder.path), str(path))
    path.write_bytes(sign_text(Checkpoint(ORIGIN, 9, b"d" * 32).text(), [signer("other")], NOW).encode())
    with pytest.raises(CommandError):
        midun("witness", "sign", str(folder.path), str(path))


def test_a_witness_is_made_once_and_never_by_opening_it(folder, tmp_path):
    keys = midun("witness", "key", str(folder.path)).split()
    assert len(keys) == 2
    for arguments in (("init", str(folder.path), NAME), ("add", str(folder.path), str(tmp_path / "policy"))):
        with pytest.raises(CommandError, match="不覆盖"):
            midun("witness", *arguments)
    for act in ("key", "serve"):
        with pytest.raises(CommandError, match="找不到"):
            midun("witness", act, str(tmp_path / "nothing"))
    with pytest.raises(CommandError):
        midun("witness", "init", str(tmp_path / "bad"), "two words")
    assert not (tmp_path / "bad" / "memory.sqlite3").exists()


def test_it_serves(folder, tmp_path):
    """The real server in a process of its own."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    environment = {**os.environ, "MIDUN_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "midun.config.cli", "witness", "serve", str(folder.path), "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        checkpoint = sign_text(Checkpoint(ORIGIN, 3, b"a" * 32).text(), [KEY], NOW).encode()
        body, answer = AddCheckpoint(0, [], checkpoint).encode(), None
        until = time.monotonic() + 60
        while answer is None and time.monotonic() < until:
            try:
                with closing(Connection()) as connection:
                    answer = connection.post(f"http://127.0.0.1:{port}/add-checkpoint", body)
            except OSError:
                time.sleep(0.1)
        assert answer
        assert (answer.status, answer.body.count(b"\n")) == (200, 2)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_the_commands_tell_how_it_is(tree, cast):
    with pytest.raises(CommandError):
        midun("anchors", "now")
    configure(f"witnesses:\n- {{name: a, title: 远方, key: {signer().verifier.vkey}, url: 'http://127.0.0.1:9'}}\n")
    assert "远方（见证方）http://127.0.0.1:9" in midun("anchors", "check")
    assert "已完成至 0 条" in midun("anchors", "status")
    anchor(
        tree.head(),
        configure(f"witnesses:\n- {{name: a, key: {signer().verifier.vkey}, url: 'http://127.0.0.1:9'}}\n"),
        AT,
    )
    with pytest.raises(CommandError, match="没有应答"):
        midun("anchors", "status")
    with pytest.raises(AnchorsProblem):
        configure("witnesses: 3")
    with pytest.raises(CommandError, match="应为列表"):
        midun("anchors", "check")
    assert CheckpointRecord.objects.unscoped("test").count() == 1
