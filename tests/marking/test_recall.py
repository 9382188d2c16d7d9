"""Copies whose day of return or secrecy term comes: in the to-do and by notice, until recalled, destroyed or put off."""

from datetime import date, timedelta

import pytest

from midun.kernel.notify.models import Notice
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.kernel.web.todos import todos_for
from midun.lib.marking.manifest import manifest
from midun.marking import services
from midun.marking.jobs import recall
from tests.conftest import AT
from tests.marking.issued import KEY, approved, row

DAY = date(2025, 6, 20)


def recalls(cast, who, today):
    return [todo for todo in todos_for(cast.actor(who), today) if todo.kind == "收回"]


def noted(cast, batch, number, fate):
    services.note_copy(batch, number=number, fate=fate, actor=cast.actor("confidentiality_officer"), at=AT)


def test_it_works(cast, at):
    """A week before it stands in the to-do of who submitted and of who approves, and leaves when all are back."""
    batch = approved(cast, at, copies=2, expires_on=DAY)
    assert recalls(cast, "confidentiality_officer", DAY - timedelta(days=8)) == []
    for who in ("confidentiality_officer", "enterprise_admin"):
        (todo,) = recalls(cast, who, DAY + timedelta(days=1))
        assert (todo.text, todo.due) == ("副本“R-21 评审发放”还有 2 份未收回或销毁", DAY)
        assert todo.is_overdue(DAY + timedelta(days=1))
    assert recalls(cast, "other_enterprise_admin", DAY) == []
    noted(cast, batch, "1", "recalled_at")
    assert "还有 1 份" in recalls(cast, "enterprise_admin", DAY)[0].text
    noted(cast, batch, "2", "destroyed_at")
    assert recalls(cast, "enterprise_admin", DAY) == []
    recall(at=AT + timedelta(days=30))
    assert not Notice.objects.unscoped("test").filter(key__startswith="copies-due").exists()


def test_the_end_of_the_secrecy_term_counts_as_the_day_of_return(cast, at):
    data = manifest([row(0)], KEY, "核心", DAY)
    batch = approved(cast, at, data=data, expires_on=DAY + timedelta(days=90))
    assert (batch.expires_on, batch.by_term) == (DAY, True)
    (todo,) = recalls(cast, "confidentiality_officer", DAY)
    assert todo.note == "保密期限届满"


def test_it_is_reminded_of_once_before_once_on_the_day_and_weekly_after(cast, at):
    approved(cast, at, expires_on=DAY)
    sent = Notice.objects.unscoped("test").filter(key__startswith="copies-due").order_by("pk")
    for day in range(25):
        recall(at=AT + timedelta(days=day))
        recall(at=AT + timedelta(days=day, hours=12))
    texts = list(sent.filter(membership=cast.confidentiality_officer).values_list("text", flat=True))
    assert [text.split("，")[1] for text in texts] == [
        "收回日期还有 7 天",
        "收回日期是今天",
        "收回日期已过 1 天",
        "收回日期已过 7 天",
        "收回日期已过 14 天",
    ]
    told = {notice.membership_id for notice in sent}
    assert told == {cast.confidentiality_officer.pk, cast.enterprise_admin.pk}


def test_the_day_is_put_off_with_a_reason(cast, at, login):
    batch = approved(cast, at, expires_on=DAY)
    admin = cast.actor("enterprise_admin")
    for wrong in ({"reason": " "}, {"expires_on": date(2025, 1, 1)}):
        with pytest.raises(services.BatchProblem):
            services.postpone(batch, actor=admin, at=at, **{"expires_on": None, "reason": "续签", **wrong})
    for who in ("confidentiality_officer", "other_enterprise_admin"):
        with pytest.raises(Refused):
            services.postpone(batch, expires_on=None, reason="续签", actor=cast.actor(who), at=at)
    client = login("enterprise_admin")
    late = client.post(f"/marking/{batch.uuid}/postpone/", {"expires_on": "2025-01-01", "reason": "续签"})
    assert "收回日期不能早于今天" in late.content.decode()
    client.post(f"/marking/{batch.uuid}/postpone/", {"expires_on": "", "reason": "已解密"})
    batch.refresh_from_db()
    assert batch.expires_on is None
    assert "已解密" in {entry.reason for entry in Entry.objects.about(batch)}
    assert recalls(cast, "enterprise_admin", DAY) == []


def test_the_page_says_what_is_late(cast, at, login):
    approved(cast, at, expires_on=DAY)
    batch = approved(cast, at, data=manifest([row(7)], KEY, "", date(2025, 6, 10)))
    page = login("confidentiality_officer").get(f"/marking/{batch.uuid}/").content.decode()
    assert "保密期限已过，还有 1 份副本未收回或销毁" in page
