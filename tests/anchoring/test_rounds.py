from datetime import timedelta
from functools import partial
from time import monotonic

import pytest

from midun.anchoring.configuration import Anchors
from midun.anchoring.coverage import confirm, coverage
from midun.anchoring.http import Connection
from midun.anchoring.models import AnchorState, TimeStamp
from midun.anchoring.rounds import FRESH, Head, anchor
from midun.anchoring.running import condition
from midun.anchoring.states import PAUSES
from midun.evidence.models import CheckpointRecord
from midun.kernel.notify.models import Notice
from midun.lib.timestamp.issuing import DEVELOPMENT_POLICY
from midun.lib.timestamp.token import parse_token
from midun.lib.timestamp.verify import verify_token
from midun.lib.tlog.errors import Reason, Refused
from midun.lib.tlog.note import open_checkpoint, parse_note, signature_of
from midun.lib.tlog.policy import parse_policy
from tests.anchoring.building import (
    NOW,
    TimeStampServer,
    Tree,
    configure,
    local_witness,
    serving,
    signer,
    two_witnesses_and_an_authority,
)
from tests.anchoring.test_http import dribble_head, hang, raw
from tests.conftest import AT
from tests.lib.tlog.building import KEY

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


def state(kind, name):
    return AnchorState.objects.unscoped("test").get(kind=kind, name=name)


def test_a_checkpoint_becomes_final(tree):
    record = anchor(tree.head(), two_witnesses_and_an_authority(), AT)
    assert (record.size, record.final_at) == (5, AT)
    found = coverage(record)
    assert found.missing == ()
    assert found.development
    assert [one.witness.title for one in found.cosignatures] == ["甲见证", "乙公证处"]
    assert [one.witness.title for one in found.notaries] == ["乙公证处"]
    [token] = found.tokens
    assert parse_token(token).info.policy == DEVELOPMENT_POLICY
    assert parse_policy(found.policy.encode()).verify(bytes(record.note)).checkpoint.size == 5
    assert [(size, len(lines)) for size, lines in tree.published] == [(5, 2)]
    assert "BEGIN CERTIFICATE" in found.chains[0]


def test_an_empty_log_is_left_alone(db, tmp_path):
    assert anchor(Tree(tmp_path).head(), two_witnesses_and_an_authority(), AT) is None


def test_nothing_configured_is_never_final(tree):
    record = anchor(tree.head(), Anchors(), AT)
    assert record.final_at is None
    assert coverage(record, Anchors()).missing == ("witness", "time-stamp")


def test_a_round_that_has_nothing_to_do_asks_nobody(tree):
    configured = two_witnesses_and_an_authority()
    anchor(tree.head(), configured, AT)
    anchor(tree.head(), configured, AT + 30 * SECOND)
    assert len(tree.published) == 1
    assert TimeStamp.objects.unscoped("test").count() == 1


def test_a_log_that_grew_is_stamped_at_the_pace_and_at_once_on_demand(tree):
    configured = two_witnesses_and_an_authority(every=60)
    anchor(tree.head(), configured, AT)
    tree.grow()
    assert anchor(tree.head(), configured, AT + 10 * SECOND).size == 5
    assert anchor(tree.head(), configured, AT + 20 * SECOND, hurry=True).final_at == AT + 20 * SECOND
    tree.grow()
    assert anchor(tree.head(), configured, AT + 70 * SECOND).size == 8
    record = anchor(tree.head(), configured, AT + 80 * SECOND)
    assert (record.size, record.final_at) == (11, AT + 80 * SECOND)


def test_an_idle_log_is_cosigned_anew(tree):
    configured = two_witnesses_and_an_authority()
    anchor(tree.head(), configured, AT)
    record = anchor(tree.head(), configured, AT + FRESH)
    assert len(tree.published) == 2
    assert {one.at for one in coverage(record).cosignatures} == {AT + FRESH}
    assert record.final_at == AT


def test_a_forged_checkpoint_is_never_shown_to_anyone(tree):
    head = tree.head()
    forged = Head(head.log, head.note.replace(b"\n5\n", b"\n6\n"), head.nodes, head.publish)
    with pytest.raises(Refused):
        anchor(forged, two_witnesses_and_an_authority(), AT)
    assert not CheckpointRecord.objects.unscoped("test").exists()


# ---- what is missing stays missing


def test_a_witness_that_is_down_is_missing_retried_and_alarmed(tree, cast):
    away = f"- {{name: away, title: 外地见证, key: {signer().verifier.vkey}, url: 'http://127.0.0.1:9'}}\n"
    configured = configure(
        f"witnesses:\n{local_witness('w1')}{away}authorities:\n- {{name: dev, url: local, every: 10}}\n"
    )
    record = anchor(tree.head(), configured, AT)
    assert record.final_at is None
    assert coverage(record).missing == ("witness",)
    failing = state("witness", "away")
    assert (failing.failures, failing.next_at, failing.failing_since) == (1, AT + PAUSES[0], AT)
    assert "见证方没有应答" in failing.problem
    anchor(tree.head(), configured, AT + SECOND)
    assert state("witness", "away").failures == 1  # not before its time
    anchor(tree.head(), configured, AT + PAUSES[0])
    assert state("witness", "away").failures == 2
    assert not Notice.objects.unscoped("test").exists()
    for minutes in (11, 30, 60):
        anchor(tree.head(), configured, AT + minutes * MINUTE)
    [notice] = Notice.objects.unscoped("test")
    assert notice.membership == cast.system_admin
    assert "away" in notice.text
    found = condition(AT + 60 * MINUTE, tree.log)
    assert (found.well, found.late, found.final_size) == (False, True, 0)
    assert found.failing == ["外地见证"]


def test_recovery_after_an_outage_needs_nobody(tree):
    server = TimeStampServer()
    witnesses = f"witnesses:\n{local_witness('w1')}authorities:\n"
    record = anchor(tree.head(), configure(witnesses + server.row("http://127.0.0.1:9")), AT)
    assert coverage(record).missing == ("time-stamp",)
    tree.grow()
    with serving(server) as url:
        configured = configure(witnesses + server.row(url))
        record = anchor(tree.head(), configured, AT + 10 * MINUTE)
        assert (record.size, coverage(record).missing) == (8, ("time-stamp",))
        assert "相差过大" in state("authority", "tsa").problem  # its clock stands
        server.at = AT + 20 * MINUTE
        record = anchor(tree.head(), configured, AT + 20 * MINUTE)
    assert (record.size, record.final_at) == (8, AT + 20 * MINUTE)
    assert state("authority", "tsa").failures == 0


NONSENSE = {
    "a page": lambda _data: ("200 OK", "text/html", b"<html>"),
    "a page under the right type": lambda _data: ("200 OK", "application/timestamp-reply", b"<html>"),
    "nothing": lambda _data: ("200 OK", "application/timestamp-reply", b""),
    "an error": lambda data: ("500 Internal Server Error", "application/timestamp-reply", data),
    "a redirect": lambda data: ("302 Found", "application/timestamp-reply", data),
    "a cut answer": lambda data: ("200 OK", "application/timestamp-reply", data[:-1]),
    "a changed answer": lambda data: ("200 OK", "application/timestamp-reply", data[:-1] + bytes([data[-1] ^ 1])),
    "far too much": lambda data: ("200 OK", "application/timestamp-reply", data + bytes(1 << 18)),
}


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_an_authority_that_answers_nonsense_gives_no_time_stamp(tree, nonsense):
    server = TimeStampServer()
    server.answer = NONSENSE[nonsense]
    with serving(server) as url:
        record = anchor(tree.head(), configure("authorities:\n" + server.row(url)), AT)
    assert not TimeStamp.objects.unscoped("test").exists()
    assert "time-stamp" in coverage(record).missing
    assert state("authority", "tsa").problem


def test_an_authority_that_replays_or_is_another_one_gives_no_time_stamp(tree):
    server, other = TimeStampServer(), TimeStampServer()
    kept = []

    def keep(data):
        kept.append(data)
        return "200 OK", "application/timestamp-reply", data

    server.answer = keep
    with serving(server) as url:
        anchor(tree.head(), configure("authorities:\n" + server.row(url, "honest")), AT)
        server.answer = lambda _data: ("200 OK", "application/timestamp-reply", kept[0])
        anchor(tree.head(), configure("authorities:\n" + server.row(url, "replay")), AT)
    with serving(other) as url:
        anchor(tree.head(), configure("authorities:\n" + server.row(url, "stranger")), AT)
    assert [stamp.authority for stamp in TimeStamp.objects.unscoped("test")] == ["honest"]
    assert "随机数不符" in state("authority", "replay").problem
    assert "根证书" in state("authority", "stranger").problem


def test_what_an_authority_gave_verifies_with_its_root_alone(tree):
    server = TimeStampServer(kind="sm2")
    with serving(server) as url:
        record = anchor(tree.head(), configure("authorities:\n" + server.row(url, more=", digest: sm3")), AT)
    [token] = coverage(record).tokens
    found = verify_token(token, record.text.encode(), roots=[server.authority.identity.root])
    assert found.info.imprint.algorithm.name == "sm3"


# ---- a notary's confirmation


def confirmed(tree, key):
    row = f"- {{name: gzc, title: 某公证处, role: notary, key: {key.verifier.vkey}}}\n"
    record = anchor(tree.head(), configure(f"witnesses:\n{row}"), AT)
    return record, signature_of(key, record.text, NOW).line().rstrip("\n")


def test_a_notary_confirms_by_hand(tree):
    key = signer("notary.example/key")
    record, line = confirmed(tree, key)
    assert coverage(record).missing == ("witness", "time-stamp")
    [accepted] = confirm(record, [line], at=AT)
    assert (accepted.witness.title, accepted.at) == ("某公证处", AT)
    record.refresh_from_db()
    assert coverage(record).missing == ("time-stamp",)
    assert coverage(record).notaries == [accepted]
    assert open_checkpoint(bytes(record.note), [KEY.verifier], [key.verifier]).signed[key.verifier] == NOW
    confirm(record, [line], at=AT)
    record.refresh_from_db()
    assert len(parse_note(bytes(record.note)).signatures) == 2


def test_a_false_confirmation_is_refused(tree):
    key = signer("notary.example/key")
    record, _line = confirmed(tree, key)
    other = signature_of(key, record.text.replace("\n5\n", "\n6\n"), NOW).line().rstrip("\n")
    stranger = signature_of(signer("x"), record.text, NOW).line().rstrip("\n")
    future = signature_of(key, record.text, NOW + 5000).line().rstrip("\n")
    for line, reason in (
        (other, Reason.SIGNATURE_INVALID),
        (stranger, Reason.SIGNATURE_MISSING),
        (future, Reason.TIME_INVALID),
        ("签名", Reason.NOTE_MALFORMED),
    ):
        with pytest.raises(Refused) as refused:
            confirm(record, [line], at=AT)
        assert refused.value.reason is reason
    record.refresh_from_db()
    assert coverage(record).cosignatures == ()


# ---- those who hang cost the others nothing


def test_who_hangs_costs_the_others_nothing(tree, monkeypatch):
    """A witness and an authority that say nothing, or a byte now and then: the round ends and keeps what it got."""
    quick = partial(Connection, patience=0.4)
    monkeypatch.setattr("midun.anchoring.rounds.Connection", quick)
    monkeypatch.setattr("midun.anchoring.stamping.Connection", quick)
    with raw(hang) as (silent, _seen), raw(dribble_head) as (slow, _also):
        rows = "".join(
            f"- {{name: {name}, key: {signer(name).verifier.vkey}, url: '{url}'}}\n"
            for name, url in (("silent", silent), ("slow", slow))
        )
        text = f"witnesses:\n{rows}{local_witness('w1')}quorum: 1\nauthorities:\n"
        server = TimeStampServer()
        text += server.row(silent, "a1") + server.row(slow, "a2") + "- {name: dev, url: local, every: 10}\n"
        began = monotonic()
        record = anchor(tree.head(), configure(text), AT)
        assert monotonic() - began < 8  # a busy machine; one after another, without limits, it would never end
    assert record.final_at == AT
    for kind, name in (("witness", "silent"), ("witness", "slow"), ("authority", "a1"), ("authority", "a2")):
        assert state(kind, name).failures == 1
