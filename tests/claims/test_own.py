"""The enterprise's own pages: raise, follow in public wording, rate; nobody else's are seen."""

from datetime import date

import pytest

from midun.claims import services
from midun.claims.models import Claim, Source
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.kernel.web.todos import todos_for
from tests.claims.conftest import REPLY

FORM = {"title": "离职人员如何约定竞业限制", "topic": "personnel", "urgency": "normal", "contact": "王经理 13800000000"}


def page_of(claim):
    return f"/claims/own/{claim.pk}/"


def test_it_works(login, cast):
    client = login("enterprise_admin")
    shown = client.get("/claims/own/new/").content.decode()
    for words in ("提出诉求不是举报", "12315", "不要填写或上传商业秘密本身", "15 个工作日内答复"):
        assert words in " ".join(shown.split())
    answer = client.post("/claims/own/new/", FORM, follow=True)
    made = Claim.objects.unscoped("test").get()
    assert (made.unit, made.registrar, made.source) == (cast.east_bureau, None, Source.ENTERPRISE)
    shown = answer.content.decode()
    assert made.number in shown
    assert "已收到，等待受理" in shown
    assert made.title in client.get("/claims/own/").content.decode()


def test_an_empty_list_says_what_to_do(login):
    assert "可以在这里向属地市场监管部门提出" in login("enterprise_admin").get("/claims/own/").content.decode()


@pytest.mark.parametrize("wrong", [{"title": ""}, {"topic": "x"}, {"contact": ""}])
def test_it_rejects_bad_input(login, wrong):
    assert login("enterprise_admin").post("/claims/own/new/", {**FORM, **wrong}).status_code == 200
    assert not Claim.objects.unscoped("test").exists()


def test_another_enterprise_gets_404(own_claim, login):
    outsider = login("other_enterprise_admin")
    assert outsider.get(page_of(own_claim)).status_code == 404
    assert outsider.post(page_of(own_claim), {"satisfaction": 1}).status_code == 404
    assert own_claim.title not in outsider.get("/claims/own/").content.decode()
    assert len(outsider.post("/claims/own/", {"action": "export"}).content) > 0
    assert login("confidentiality_officer").get(page_of(own_claim)).status_code == 200


def test_other_role_gets_403(own_claim, login):
    assert login("district_officer").get(page_of(own_claim)).status_code == 403
    assert login("enterprise_admin").get(own_claim.get_absolute_url()).status_code == 403


def test_it_cannot_raise_one_for_somebody_else(cast, at):
    with pytest.raises(Refused):
        services.register(
            unit=cast.west_bureau,
            enterprise=cast.yi,
            actor=cast.actor("enterprise_admin"),
            at=at,
            topic="other",
            title="x",
        )


def test_nothing_internal_leaks(own_claim, cast, at, login):
    officer = cast.actor("district_officer")
    services.accept(own_claim, actor=officer, at=at)
    services.note(own_claim, text="内部研判意见", told=False, actor=officer, at=at)
    services.note(own_claim, text="请补充离职时间", told=True, actor=officer, at=at)
    services.mark_lead(own_claim, is_lead=True, reason="疑似侵权的理由", actor=officer, at=at)
    services.transfer(own_claim, to=cast.city_bureau, reason="内部转办理由", actor=officer, at=at)
    shown = login("enterprise_admin").get(page_of(own_claim)).content.decode()
    for told in ("请补充离职时间", "转办", "东区市场监管局 → 沪市市场监管局", "沪市市场监管局"):
        assert told in shown
    for internal in ("内部研判意见", "疑似侵权", "内部转办理由", "district_officer", "线索标记"):
        assert internal not in shown


def test_a_refusal_shows_the_explanation_and_not_the_reason(own_claim, cast, at, login):
    services.refuse(own_claim, reason="内部理由", reply="请通过12315举报", actor=cast.actor("district_officer"), at=at)
    shown = login("enterprise_admin").get(page_of(own_claim)).content.decode()
    assert "未予受理" in shown
    assert "请通过12315举报" in shown
    assert "内部理由" not in shown


def test_it_rates_after_the_end_and_may_change_its_mind(closed, login, cast):
    client = login("enterprise_admin")
    assert REPLY in client.get(page_of(closed)).content.decode()
    assert client.post(page_of(closed), {"satisfaction": 4, "note": "及时"}).status_code == 302
    assert client.post(page_of(closed), {"satisfaction": 5, "note": ""}).status_code == 302
    closed.refresh_from_db()
    assert (closed.satisfaction, closed.satisfaction_note) == (5, "")
    assert Entry.objects.about(closed).filter(verb="rated").count() == 2
    assert "5 分" in login("district_officer").get(closed.get_absolute_url()).content.decode()


def test_it_rejects_a_rating_out_of_range_or_too_early(closed, own_claim, login, cast, at):
    client = login("enterprise_admin")
    assert client.post(page_of(closed), {"satisfaction": 6}).status_code == 200
    with pytest.raises(services.NotEnded):
        services.rate(own_claim, satisfaction=5, note="", actor=cast.actor("enterprise_admin"), at=at)
    answer = client.post(page_of(own_claim), {"satisfaction": 5}, follow=True)
    assert "办结后才能评价" in answer.content.decode()
    with pytest.raises(Refused):
        services.rate(closed, satisfaction=5, note="", actor=cast.actor("other_enterprise_admin"), at=at)


def test_the_desk_asks_for_the_rating(closed, own_claim, cast):
    (todo,) = todos_for(cast.actor("enterprise_admin"), date(2025, 6, 10))
    assert todo.url == page_of(closed)
    assert not todos_for(cast.actor("other_enterprise_admin"), date(2025, 6, 10))


def test_a_voided_claim_is_gone_from_the_enterprise_too(claim, cast, at, login):
    services.void(claim, version=1, reason="重复", actor=cast.actor("district_officer"), at=at)
    assert login("enterprise_admin").get(page_of(claim)).status_code == 404
