from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from midun.evidence import jobs
from midun.evidence.models import CheckpointRecord, Deposit, PlatformDeposit
from midun.evidence.services.platform import NotTaken, Subject, declare, faults, hand_in
from midun.kernel.trail.services import head
from tests.conftest import AT
from tests.evidence.conftest import running


def test_the_head_of_the_trail_is_in_the_log_every_day(log):
    seq, digest = head()
    with running(log):
        jobs.trail_head(at=AT)
        jobs.trail_head(at=AT)
    declared = PlatformDeposit.objects.unscoped("test").get()
    assert declared.text == f"midun-trail-head/1\nseq {seq}\nsha256 {digest}\n"
    assert declared.deposit.kind == Deposit.Kind.PLATFORM
    said = StringIO()
    call_command("trail", "verify", stdout=said)
    assert "1 个存证" in said.getvalue()


def test_a_changed_declaration_is_found(log):
    with running(log):
        jobs.trail_head(at=AT)
    assert list(faults()) == []
    declared = PlatformDeposit.objects.unscoped("test").get()
    PlatformDeposit.objects.unscoped("test").update(text=declared.text.replace("seq 1", "seq 2"))
    assert [fault.text for fault in faults()] == ["锚点与存证日志中的承诺值不符：锚点记录已被改动"]


def test_what_the_log_did_not_take_waits(log):
    declare(Subject.FORM, "7", "midun-form-digest/1\n", at=AT)
    with pytest.raises(NotTaken):
        hand_in()
    with running(log):
        assert hand_in() == 1
        assert hand_in() == 0


def test_the_checkpoint_is_published_once_a_day(log, client):
    jobs.daily_checkpoint(at=AT)
    assert not CheckpointRecord.objects.unscoped("test").exists()
    with running(log):
        jobs.trail_head(at=AT)
    for hours in (0, 1, 30):
        jobs.daily_checkpoint(at=AT + timedelta(hours=hours))
    record = CheckpointRecord.objects.unscoped("test").get()
    assert (record.size, str(record.published_on)) == (1, "2025-06-10")
    assert record.text.startswith(f"{log.origin}\n1\n")
    assert record.text in client.get("/").content.decode().replace("&#x2B;", "+").replace("&#43;", "+")
    assert record.text in client.get("/log/").content.decode().replace("&#x2B;", "+").replace("&#43;", "+")
