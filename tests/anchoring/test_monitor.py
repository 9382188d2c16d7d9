"""What the public page, the served policy and the health check tell of witnesses and time-stamps."""

import os
from datetime import timedelta

import pytest

from midun.anchoring.jobs import renew, round_
from midun.anchoring.rounds import anchor
from midun.anchoring.running import condition, covered, policy
from midun.evidence.anchored import teller
from midun.evidence.engine.place import Place
from midun.kernel.jobs.registry import kinds
from midun.lib.tlog.policy import parse_policy
from tests.anchoring.building import configure, local_witness, signer, two_witnesses_and_an_authority
from tests.conftest import AT


def page(client):
    return client.get("/log/").content.decode()


def test_the_page_names_who_witnesses_and_that_they_are_our_own(tree, client):
    assert "尚未配置见证方和时间戳机构" in page(client)
    configured = two_witnesses_and_an_authority()
    assert "等待首次应答" in page(client)
    anchor(tree.head(), configured, AT)
    shown = page(client)
    for text in ("甲见证：正常", "乙公证处：正常", "公证机构", "开发时间戳：正常", "不作独立证明"):
        assert text in shown


def test_the_page_tells_a_failure_but_not_its_inside(tree, client):
    configured = configure(
        f"witnesses:\n- {{name: a, title: 远方, key: {signer().verifier.vkey}, url: 'http://127.0.0.1:9'}}\n"
    )
    anchor(tree.head(), configured, AT)
    shown = page(client)
    assert "起没有有效应答" in shown
    assert "127.0.0.1:9" not in shown


def test_a_broken_configuration_is_told_and_weakens_nothing(tree, client):
    two_witnesses_and_an_authority()
    served = client.get("/log/policy").content
    assert parse_policy(served).quorum == b"witnesses"
    with pytest.raises(Exception, match="应为列表"):
        configure("witnesses: 3")
    found = condition(AT, tree.log)
    assert (found.well, found.parties) == (False, ())
    assert "应为列表" in found.problem
    with pytest.raises(Exception, match="应为列表"):
        policy(tree.log)
    assert page(client)


def test_receipts_bundles_and_certificates_are_told_everything(tree):
    record = anchor(tree.head(), two_witnesses_and_an_authority(), AT)
    told = teller().covered(record)
    assert told == covered(record)
    assert (told.missing, told.development, len(told.tokens)) == ((), True, 1)
    [stamp] = told.stamps
    assert (stamp.title, stamp.time, stamp.valid_until > AT + timedelta(days=1000)) == ("开发时间戳", AT, True)
    assert [(one.title, one.role, one.role_title) for one in told.confirmations] == [
        ("甲见证", "witness", "见证方"),
        ("乙公证处", "notary", "公证机构"),
    ]


def test_the_jobs_are_on_the_schedule_and_rest_without_a_log(db):
    assert kinds()["anchoring.round"].every == timedelta(seconds=10)
    two_witnesses_and_an_authority()
    round_(at=AT)
    renew(at=AT)


def test_what_was_final_stays_final_whatever_is_configured_later(tree):
    record = anchor(tree.head(), two_witnesses_and_an_authority(), AT)
    configure(f"witnesses:\n{local_witness('w9')}quorum: 1\n")
    record.refresh_from_db()
    assert record.final_at == AT
    assert covered(record).missing == ()


def test_a_checkpoint_no_round_looked_at_is_late(tree):
    """The worker is dead: nobody fails, and yet nothing becomes final."""
    two_witnesses_and_an_authority()
    path = Place.of(1).public / "checkpoint"
    path.parent.mkdir(parents=True)
    path.write_bytes(tree.sequencer.checkpoint)
    for minutes, late in ((1, True), (0, False)):
        written = AT - timedelta(minutes=10 * minutes, seconds=1)
        os.utime(path, (written.timestamp(), written.timestamp()))
        assert condition(AT, tree.log).late is late
    anchor(tree.head(), two_witnesses_and_an_authority(), AT)
    assert not condition(AT + timedelta(hours=1), tree.log).late
