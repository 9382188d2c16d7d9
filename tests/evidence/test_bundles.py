"""The bundle of a deposit from the real log, with witnesses and a time-stamp: it holds without the server."""

import re
import subprocess
import sys
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from midun.anchoring.rounds import Head, anchor
from midun.evidence.engine.place import Place
from midun.evidence.models import Deposit, Statement
from midun.lib.bundle.contents import read_bundle
from midun.lib.bundle.verdict import State
from midun.lib.bundle.verifying import verify_bundle
from midun.lib.tlog.checkpoint import parse_checkpoint
from midun.lib.tlog.commitment import commit_file, digest_chunks
from midun.lib.tlog.note import parse_note
from midun.lib.tlog.opening import Opening
from tests.anchoring.building import two_witnesses_and_an_authority

CONTENT = b"three parts of one, one part of the other"
STATEMENT = '{"format":"midun-statement/1","maker":"张工","system":"研发服务器 RD-02"}'
OPENING = Opening(b"\x11" * 32, STATEMENT.encode(), digest_chunks([CONTENT]))


@pytest.fixture
def deposit(engine, bearer):
    """The id of a deposit of 甲 that can be opened."""
    made = commit_file(OPENING.file, salt=OPENING.salt, meta=OPENING.meta)
    asked = {"kind": 1, "sha256": made.sha256.hex(), "sm3": made.sm3.hex()}
    answer = Client().post("/api/v1/deposits", asked, content_type="application/json", headers=bearer)
    assert answer.status_code == 201
    return answer.json()["deposit"]


@pytest.fixture
def final(engine, deposit):
    """The deposit, its checkpoint witnessed by two and stamped."""
    place = Place.of(engine.number)
    note = place.checkpoint()
    size = parse_checkpoint(parse_note(note).text).size
    head = Head(engine, note, place.tree(size), lambda _size, _lines: None)
    assert anchor(head, two_witnesses_and_an_authority(), timezone.now()).final_at
    return deposit


def fetched(deposit, headers):
    answer = Client().get(f"/api/v1/deposits/{deposit}/bundle", headers=headers)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    return answer.content


def test_a_final_deposit_is_valid_for_every_verifier(final, bearer, tmp_path):
    data = fetched(final, bearer)
    verdict = verify_bundle(data, opening=OPENING.encode(), file=OPENING.file)
    assert (verdict.status, verdict.reason) == ("valid", ""), verdict
    assert verdict.sentence == "核验通过，但时间戳是开发测试用的，不是法定时间，不能作为证据。"
    assert any("不是法定时间" in step.sentence and step.state is State.NOTE for step in verdict.steps)
    bundle = read_bundle(data)
    assert sorted(bundle.papers) == ["README.txt", "certificate.pdf", "verify.html", "verify.py"]
    assert bundle.papers["certificate.pdf"].startswith(b"%PDF-1.7")
    for name, content in {"b.zip": data, "o.json": OPENING.encode(), "f": CONTENT, **bundle.papers}.items():
        (tmp_path / name).write_bytes(content)
    command = [sys.executable, "-I", "verify.py", "b.zip", "f", "--opening", "o.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "不是法定时间，不能作为证据。" in done.stdout) == (0, True), done.stdout + done.stderr


def test_the_commands_of_the_readme_do_what_it_says(final, bearer, tmp_path):
    """Unpacked with `unzip` as anybody would, then run line by line as they stand there."""
    (tmp_path / "bundle.zip").write_bytes(fetched(final, bearer))
    subprocess.run(["unzip", "-q", "bundle.zip"], cwd=tmp_path, check=True)
    readme = (tmp_path / "README.txt").read_text(encoding="utf-8")
    commands = re.findall(r"^    openssl ts -verify.*\\\n.*$", readme, re.MULTILINE)
    assert len(commands) == 1
    for command in commands:
        done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert (done.returncode, "Verification: OK" in done.stdout + done.stderr) == (0, True), done.stderr
    (tmp_path / "checkpoint.txt").write_text("something else\n")
    done = subprocess.run(["sh", "-c", commands[0]], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1


def test_an_accepted_deposit_says_what_is_missing(deposit, bearer):
    verdict = verify_bundle(fetched(deposit, bearer))
    # nobody is configured as a witness, so the policy asks for none; a time-stamp is always asked for
    assert verdict.status == "valid-accepted-only"
    assert verdict.sentence == "日志签名有效，但证明尚不齐全，缺：时间戳。"


def test_a_shown_statement_is_in_it_and_must_be_the_committed_one(final, bearer):
    row = Deposit.objects.unscoped("test").with_id(UUID(final)).get()
    shown = Statement.objects.create(deposit=row, text=STATEMENT, shown_at=timezone.now())
    assert verify_bundle(fetched(final, bearer), opening=OPENING.encode()).status == "valid"
    shown.text = STATEMENT.replace("张工", "李工")
    shown.save()
    assert verify_bundle(fetched(final, bearer), opening=OPENING.encode()).reason == "statement-wrong"


def test_outsider_gets_404(final, other_bearer):
    assert Client().get(f"/api/v1/deposits/{final}/bundle", headers=other_bearer).status_code == 404
    assert Client().get(f"/api/v1/deposits/{final}/bundle").status_code == 401
