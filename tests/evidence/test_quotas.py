"""How much an enterprise may deposit: who sees it, who sets it, and that it is written down."""

import io
import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import localdate

from midun.evidence.models import Tenant, Usage
from midun.evidence.services.quotas import set_quota
from midun.evidence.services.tokens import tenant_of
from midun.kernel.orgs.services import Refused, Stale
from midun.kernel.trail.models import Entry
from tests.conftest import AT


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode()


def limits(enterprise):
    tenant = Tenant.objects.unscoped("test").get(enterprise=enterprise)
    return tenant.per_day, tenant.per_minute


def used(enterprise, entries, day=None):
    Usage.objects.create(tenant=tenant_of(enterprise), day=day or localdate(), entries=entries)


def test_the_administrator_sees_use_and_limits_of_all(login, cast):
    used(cast.jia, 1234)
    used(cast.jia, 99_999, localdate() - timedelta(days=1))
    listed = text(login("system_admin").get("/deposits/quotas/"))
    assert cast.jia.name in listed
    assert cast.yi.name in listed
    assert "1,234" in listed
    assert "99,999" not in listed
    only = text(login("system_admin").get("/deposits/quotas/?whose=using"))
    assert cast.jia.name in only
    assert cast.yi.name not in only
    assert cast.jia.name not in text(login("system_admin").get("/deposits/quotas/?whose=near"))


def test_setting_it_is_told_to_the_enterprise_and_stands_in_the_trail(login, cast):
    address = f"/deposits/quotas/{cast.jia.pk}/"
    client = login("system_admin")
    shown = {"shown_day": 1_000_000, "shown_minute": 100_000}
    assert client.post(address, {"per_day": 50, "per_minute": 7, **shown}).status_code == 302
    assert limits(cast.jia) == (50, 7)
    entry = Entry.objects.filter(verb="setting_changed").order_by("-seq").first()
    assert (json.loads(entry.before), json.loads(entry.after)) == (
        {"per_day": 1_000_000, "per_minute": 100_000},
        {"per_day": 50, "per_minute": 7},
    )
    used(cast.jia, 40)
    page = text(login("enterprise_admin").get("/deposits/tokens/"))
    for said in ("每日上限 50 条", "每分钟上限 7 条", "今日额度即将用完"):
        assert said in page
    assert cast.jia.name in text(client.get("/deposits/quotas/?whose=near"))


@pytest.mark.parametrize("wrong", [{"per_day": 0}, {"per_minute": -1}, {"per_day": 10**12}, {"per_minute": "x"}])
def test_wrong_numbers_change_nothing(login, cast, wrong):
    given = {"per_day": 50, "per_minute": 7, "shown_day": 1_000_000, "shown_minute": 100_000, **wrong}
    answer = login("system_admin").post(f"/deposits/quotas/{cast.jia.pk}/", given)
    assert answer.status_code == 200
    assert not Tenant.objects.unscoped("test").filter(enterprise=cast.jia).exists()


def test_of_two_editors_one_is_told(login, cast):
    actor = cast.memberships["system_admin"].actor()
    set_quota(enterprise=cast.jia, per_day=5, per_minute=5, actor=actor, at=AT)
    with pytest.raises(Stale):
        set_quota(enterprise=cast.jia, per_day=9, per_minute=9, actor=actor, at=AT, shown=(1_000_000, 100_000))
    late = {"per_day": 50, "per_minute": 7, "shown_day": 1_000_000, "shown_minute": 100_000}
    assert "刚被他人修改" in text(login("system_admin").post(f"/deposits/quotas/{cast.jia.pk}/", late))
    assert limits(cast.jia) == (5, 5)


@pytest.mark.parametrize("who", ["enterprise_admin", "city_officer", "security_admin", "auditor"])
def test_nobody_else_sets_it(cast, who):
    with pytest.raises(Refused):
        set_quota(enterprise=cast.jia, per_day=5, per_minute=5, actor=cast.memberships[who].actor(), at=AT)


def test_the_command(db, cast):
    said = io.StringIO()
    call_command("log", "quota", cast.jia.credit_code, stdout=said)
    assert "每日上限 1,000,000 条，每分钟上限 100,000 条" in said.getvalue()
    call_command("log", "quota", cast.jia.credit_code, "--per-day", "20", stdout=said)
    assert limits(cast.jia) == (20, 100_000)
    with pytest.raises(CommandError, match="整数"):
        call_command("log", "quota", cast.jia.credit_code, "--per-day", "0")
    with pytest.raises(CommandError, match="没有统一社会信用代码"):
        call_command("log", "quota", "91330100MA0000000X")
