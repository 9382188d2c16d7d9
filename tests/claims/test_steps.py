"""登记 → 受理 → 办理 → 办结/不予受理: every step, every refused step, who may, what everybody is told."""

import pytest

from midun.claims import services
from midun.claims.models import Claim, ClaimState, Note
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.kernel.workflow.services import ReasonMissing, WrongState
from tests.claims.conftest import REPLY

STEPS = {
    "accept": {},
    "start": {},
    "refuse": {"reason": "不属于本部门职责", "reply": "请向法院起诉"},
    "close": {"resolved": True, "reply": REPLY},
}
ALLOWED = {
    "registered": {"accept", "refuse"},
    "accepted": {"start", "close"},
    "in_progress": {"close"},
    "closed": set(),
    "refused": set(),
}


def take(step, claim, actor, at, **more):
    getattr(services, step)(claim, **{**STEPS[step], **more}, actor=actor, at=at)


def in_state(state, claim, actor, at):
    way = {
        "accepted": ["accept"],
        "in_progress": ["accept", "start"],
        "closed": ["accept", "close"],
        "refused": ["refuse"],
    }
    for step in way.get(state, []):
        take(step, claim, actor, at)
    claim.refresh_from_db()
    return claim


def test_it_works(claim, cast, at):
    actor = cast.actor("district_officer")
    for step, state in (("accept", "accepted"), ("start", "in_progress"), ("close", "closed")):
        take(step, claim, actor, at)
        claim.refresh_from_db()
        assert claim.state == state
    assert (claim.accepted_at, claim.closed_at, claim.resolved, claim.reply) == (at, at, True, REPLY)


@pytest.mark.parametrize("state", ClaimState.values)
def test_each_step_only_from_its_states(raise_claim, cast, at, state):
    actor = cast.actor("district_officer")
    for step in STEPS:
        claim = in_state(state, raise_claim(), actor, at)
        if step in ALLOWED[state]:
            take(step, claim, actor, at)
            continue
        with pytest.raises(WrongState, match="不能"):
            take(step, claim, actor, at)
        claim.refresh_from_db()
        assert claim.state == state


@pytest.mark.parametrize("step", STEPS)
def test_only_the_unit_in_charge_takes_steps(claim, cast, at, step):
    for who, error in (
        ("district_leader", Refused),
        ("liaison_officer", Refused),
        ("enterprise_admin", Refused),
        ("city_officer", services.NotOurs),
        ("other_district_officer", services.NotOurs),
        ("station_staff", services.NotOurs),
    ):
        with pytest.raises(error):
            take(step, claim, cast.actor(who), at)
    claim.refresh_from_db()
    assert claim.state == "registered"


def test_a_refusal_needs_reason_and_reply(claim, cast, at):
    actor = cast.actor("district_officer")
    with pytest.raises(ReasonMissing):
        take("refuse", claim, actor, at, reason=" ")
    with pytest.raises(services.ReplyMissing):
        take("refuse", claim, actor, at, reply=" ")


def test_closing_needs_a_reply(accepted, cast, at):
    with pytest.raises(services.ReplyMissing):
        take("close", accepted, cast.actor("district_officer"), at, reply="\n")


def test_the_enterprise_is_told_of_each_step(claim, cast, at):
    actor = cast.actor("district_officer")
    take("accept", claim, actor, at)
    services.note(claim, text="周三上门", told=True, actor=actor, at=at)
    services.note(claim, text="内部：先核实", told=False, actor=actor, at=at)
    take("close", claim, actor, at)
    told = Notice.objects.visible_to(cast.actor("enterprise_admin")).values_list("text", flat=True)
    assert {t.split("”")[1] for t in told} == {"已受理", "有新的答复", "已办结，请查看答复并评价"}
    assert not Notice.objects.visible_to(cast.actor("other_enterprise_admin")).exists()


def test_a_note_is_for_open_claims_and_says_something(closed, claim, raise_claim, cast, at):
    actor = cast.actor("district_officer")
    with pytest.raises(services.NotOpen):
        services.note(closed, text="补记", told=False, actor=actor, at=at)
    with pytest.raises(ReasonMissing):
        services.note(raise_claim(), text=" ", told=False, actor=actor, at=at)


def test_a_lead_is_marked_and_unmarked_with_a_reason(claim, cast, at):
    actor = cast.actor("district_officer")
    with pytest.raises(ReasonMissing):
        services.mark_lead(claim, is_lead=True, reason="", actor=actor, at=at)
    services.mark_lead(claim, is_lead=True, reason="反映离职人员带走客户名单", actor=actor, at=at)
    services.mark_lead(claim, is_lead=True, reason="再点一次", actor=actor, at=at)
    claim.refresh_from_db()
    assert claim.is_lead
    services.mark_lead(claim, is_lead=False, reason="系误会", actor=actor, at=at)
    verbs = Entry.objects.about(claim).values_list("verb", flat=True)
    assert [v for v in verbs if "lead" in v] == ["marked_lead", "unmarked_lead"]


def test_superiors_and_the_own_leader_urge_once_a_day(claim, cast, at):
    services.remind(claim, actor=cast.actor("city_officer"), at=at)
    with pytest.raises(services.AlreadyReminded):
        services.remind(claim, actor=cast.actor("city_leader"), at=at)
    services.remind(claim, actor=cast.actor("district_leader"), at=at)
    for who, error in (
        ("district_officer", Refused),
        ("other_district_officer", Refused),
        ("liaison_officer", Refused),
        ("station_staff", Refused),
    ):
        with pytest.raises(error):
            services.remind(claim, actor=cast.actor(who), at=at)
    notices = Notice.objects.visible_to(cast.actor("district_officer")).filter(kind="reminder")
    assert {n.text.split("：")[0] for n in notices} == {"沪市市场监管局催办诉求", "东区市场监管局催办诉求"}


def test_nobody_is_urged_about_what_ended(closed, cast, at):
    with pytest.raises(services.NotOpen):
        services.remind(closed, actor=cast.actor("city_officer"), at=at)


def test_every_step_is_in_the_trail_with_its_reason(claim, cast, at):
    take("refuse", claim, cast.actor("district_officer"), at)
    entry = Entry.objects.about(claim).last()
    assert (entry.verb, entry.reason, entry.user_name) == ("refused", "不属于本部门职责", "district_officer")


def test_a_voided_claim_is_left_alone(claim, cast, at):
    actor = cast.actor("district_officer")
    services.void(claim, version=1, reason="重复登记", actor=actor, at=at)
    with pytest.raises(services.Voided):
        take("accept", claim, actor, at)
    with pytest.raises(services.Voided):
        services.note(claim, text="x", told=False, actor=actor, at=at)
    services.restore(claim, version=2, reason="不是重复", actor=actor, at=at)
    take("accept", claim, actor, at)
    assert Claim.objects.unscoped("test").get().state == "accepted"


def test_the_page_offers_and_takes_the_steps(claim, login):
    client, page = login("district_officer"), claim.get_absolute_url()
    assert "开始办理" not in client.get(page).content.decode()
    for step, data, state in (
        ("accept", {}, "accepted"),
        ("start", {}, "in_progress"),
        ("note", {"text": "已联系企业", "told": "on"}, "in_progress"),
        ("lead", {"is_lead": "1", "reason": "疑似带走客户名单"}, "in_progress"),
        ("close", {"resolved": "0", "reply": REPLY}, "closed"),
    ):
        assert client.post(f"{page}{step}/", data).status_code == 302
        claim.refresh_from_db()
        assert claim.state == state
    shown = client.get(page).content.decode()
    assert "已答复，尚未解决" in shown
    assert "疑似带走客户名单" in shown
    assert Note.objects.unscoped("test").get().told


def test_a_form_with_mistakes_comes_back_as_it_was_sent(accepted, login):
    client, page = login("district_officer"), accepted.get_absolute_url()
    answer = client.post(f"{page}close/", {"reply": REPLY})
    assert answer.status_code == 200
    assert REPLY in answer.content.decode()
    accepted.refresh_from_db()
    assert accepted.state == "accepted"
    answer = client.post(f"{page}accept/", follow=True)
    assert "当前状态为“已受理”，不能“受理”" in answer.content.decode()


def test_an_unknown_step_is_404_and_a_get_changes_nothing(claim, login):
    client, page = login("district_officer"), claim.get_absolute_url()
    assert client.post(f"{page}delete/").status_code == 404
    assert client.get(f"{page}accept/").status_code == 302
    claim.refresh_from_db()
    assert claim.state == "registered"


def test_other_role_gets_403(claim, login):
    page = claim.get_absolute_url()
    assert login("district_leader").post(f"{page}accept/").status_code == 403
    assert login("enterprise_admin").post(f"{page}accept/").status_code == 403
