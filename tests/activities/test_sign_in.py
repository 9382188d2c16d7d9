"""Signing in by phone, without an account, and everything somebody might try."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from midun.activities import codes
from midun.activities.services import events, participants, sign_in
from midun.kernel.orgs.models import Organisation
from midun.kernel.trail.models import Entry
from midun.kernel.web.limits import allowed
from tests.activities.factories import AT, FREE_CODE, address, entries, event, filled, listed, opened


@pytest.fixture
def clock():
    with time_machine.travel(AT, tick=False) as moved:
        yield moved


@pytest.fixture
def made(cast, clock):
    return event(cast.district_officer, title="专题培训", place="政务中心")


@pytest.fixture
def door(made, cast):
    return opened(made, cast.district_officer)


@pytest.fixture
def rotating(made, cast):
    return opened(made, cast.district_officer, rotating=True)


@pytest.fixture
def phone(cast):
    """A phone that has never been here."""
    return Client()


def scanned(phone, door, at=AT):
    """Open the form by the code on the screen; the ticket that came with it."""
    page = phone.get(door.path, {"k": codes.rotating(door.secret, at)})
    return page.context.get("ticket", "") if page.context else ""


# signing in


def test_it_works(phone, door, made, cast):
    page = phone.get(door.path)
    text = page.content.decode()
    for said in ("专题培训", "政务中心", "东区市场监管局", "我同意主办单位收集以上信息", "提交签到"):
        assert said in text
    answer = phone.post(door.path, filled(), follow=True)
    assert "签到成功" in answer.content.decode()
    [kept] = entries(made)
    assert (kept.person_name, kept.phone, kept.enterprise, kept.method) == ("吴敏", "13800001000", cast.jia, "qr")
    assert (kept.consent_at, kept.signed_in_at, kept.number) == (AT, AT, 1)


def test_it_is_in_the_trail(phone, door, made):
    phone.post(door.path, filled())
    last = Entry.objects.about(made).last()
    assert (last.verb, last.user_name, last.user_id) == ("signed_in", "现场签到", None)


def test_five_people_sign_in(door, made):
    for n in range(5):
        Client().post(door.path, filled(name=f"人{n}", phone=f"1380000100{n}", enterprise="乙生物医药股份有限公司"))
    assert [(p.number, p.person_name) for p in entries(made)] == [(n + 1, f"人{n}") for n in range(5)]
    assert {p.enterprise.name for p in entries(made)} == {"乙生物医药股份有限公司"}


def test_the_receipt_is_private_and_leads_to_the_certificate_later(phone, door, made):
    receipt = phone.post(door.path, filled()).headers["Location"]
    text = Client().get(receipt).content.decode()
    assert "第 <strong>1</strong> 号" in text
    assert "如主办单位签发参训证书" in text
    other = "E" if receipt[-2] == "A" else "A"
    assert Client().get(f"{receipt[:-2]}{other}/").status_code == 404
    assert Client().get(address("receipt", "1.abc")).status_code == 404
    assert Client().get(address("certificate", receipt.rstrip("/").split("/")[-1])).status_code == 404


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"name": ""}, "请填写姓名"),
        ({"enterprise": ""}, "请填写单位名称"),
        ({"phone": ""}, "请填写手机号"),
        ({"phone": "12345"}, "手机号应为 11 位数字"),
        ({"credit_code": "91310000MA1K35XR8Z"}, "第 18 位"),
        ({"consent": ""}, "请勾选同意后再提交"),
        ({"name": "名" * 41}, "40"),
        ({"enterprise": "企" * 121}, "120"),
        ({"title": "职" * 41}, "40"),
    ],
)
def test_it_rejects_what_is_wrong_and_keeps_what_was_typed(phone, door, made, given, says):
    page = phone.post(door.path, filled(**given))
    text = page.content.decode()
    assert says in text
    assert entries(made) == []
    assert given.get("name") is not None or 'value="吴敏"' in text


def test_markup_stays_text(phone, door, made, login):
    phone.post(door.path, filled(name="<b>甲</b>", enterprise="<script>alert(1)</script>公司"))
    page = login("district_officer").get(address("activity", made.pk)).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;b&gt;甲" in page


# once per person and event


def test_the_same_phone_is_shown_its_receipt(phone, door, made):
    receipt = phone.post(door.path, filled()).headers["Location"]
    page = phone.get(door.path).content.decode()
    assert "您已签到" in page
    assert receipt in page
    again = phone.post(door.path, filled())
    assert again.headers["Location"] == f"{receipt}?again=1"
    assert len(entries(made)) == 1
    assert "提交签到" in phone.get(door.path, {"another": "1"}).content.decode()


def test_a_known_number_does_not_lead_to_another_s_receipt(phone, door, made):
    receipt = phone.post(door.path, filled()).headers["Location"]
    page = Client().post(door.path, filled(name="别人", phone="+86 138 0000 1000"))
    text = page.content.decode()
    assert "这个手机号已经签到" in text
    assert receipt not in text
    assert "吴敏" not in text
    assert len(entries(made)) == 1


def test_a_receipt_cookie_of_another_event_or_a_forged_one_is_nothing(phone, door, made, cast):
    phone.post(door.path, filled())
    other = opened(event(cast.district_officer, title="另一场"), cast.district_officer)
    assert "提交签到" in phone.get(other.path).content.decode()
    forger = Client()
    forger.cookies["midun_signed_in"] = f"{entries(made)[0].pk}:1:forged"
    assert "提交签到" in forger.get(door.path).content.decode()


def test_who_was_voided_may_sign_in_anew(phone, door, made, cast):
    receipt = phone.post(door.path, filled()).headers["Location"]
    participants.void_participation(entries(made)[0], reason="测试", actor=cast.actor("district_officer"), at=AT)
    assert phone.get(receipt).status_code == 404
    assert "提交签到" in phone.get(door.path).content.decode()
    phone.post(door.path, filled())
    assert [p.number for p in entries(made) if p.voided_at is None] == [2]


def test_who_was_listed_without_a_number_confirms_the_entry(phone, door, made, cast):
    from midun.activities.people import Person

    listed(made, cast.district_officer, [Person("吴敏", "甲精密机械有限公司"), Person("李四", "甲精密机械有限公司")])
    answer = phone.post(door.path, filled(), follow=True)
    assert "第 <strong>1</strong> 号" in answer.content.decode()
    first, _ = entries(made)
    assert (first.phone, first.consent_at, first.method) == ("13800001000", AT, "paste")
    assert Entry.objects.about(made).last().verb == "signed_in"
    assert "您已签到" in phone.get(door.path).content.decode()


# what a visitor types is no entry of the directory


def test_an_unknown_enterprise_waits_for_an_officer(phone, door, made, login, cast):
    before = Organisation.objects.unscoped("test").count()
    phone.post(door.path, filled(enterprise="新来科技有限公司", credit_code=FREE_CODE))
    Client().post(door.path, filled(enterprise="新来科技公司", credit_code=FREE_CODE, phone="13800001001"))
    Client().post(door.path, filled(enterprise="新来科技有限公司", credit_code=FREE_CODE, phone="13800001002"))
    assert Organisation.objects.unscoped("test").count() == before
    assert all(p.is_unmatched for p in entries(made))
    page = login("district_officer").get(address("activity", made.pk)).content.decode()
    assert "有 3 人的企业待核对" in page
    answer = login("district_officer").post(address("take-in", made.pk), follow=True)
    assert "已收录 1 家企业" in answer.content.decode()
    added = Organisation.objects.unscoped("test").get(credit_code=FREE_CODE)
    assert (added.name, added.jurisdiction) == ("新来科技有限公司", cast.east)
    assert {p.enterprise for p in entries(made)} == {added}


def test_a_code_of_a_bureau_or_of_nobody_makes_no_enterprise(phone, door, made, cast, login):
    Organisation.objects.unscoped("test").filter(pk=cast.law_firm.pk).update(credit_code=FREE_CODE)
    phone.post(door.path, filled(enterprise="正明律师事务所", credit_code=FREE_CODE))
    assert (entries(made)[0].enterprise, entries(made)[0].is_enterprise) == (None, False)
    assert (
        "已收录 0 家企业" in login("district_officer").post(address("take-in", made.pk), follow=True).content.decode()
    )


# closed doors


def test_a_door_that_is_not_there_is_404(phone, door):
    assert phone.get(address("sign-in", "nonsense")).status_code == 404
    assert phone.post(address("sign-in", door.token[:-1]), filled()).status_code == 404


def test_after_the_closing_time_nobody_signs_in(phone, door, made, clock):
    clock.move_to(AT + timedelta(hours=2))
    assert "签到已经截止" in phone.get(door.path).content.decode()
    assert "签到已经截止" in phone.post(door.path, filled()).content.decode()
    assert entries(made) == []


def test_a_form_opened_before_closing_is_refused_after(phone, door, made, cast):
    phone.get(door.path)
    sign_in.close_sign_in(made, actor=cast.actor("district_officer"), at=AT)
    assert "签到已经截止" in phone.post(door.path, filled()).content.decode()
    assert entries(made) == []


def test_the_door_of_a_voided_event_is_404(phone, door, made, cast):
    events.void(made, version=1, reason="未办", actor=cast.actor("district_officer"), at=AT)
    assert phone.get(door.path).status_code == 404
    assert phone.post(door.path, filled()).status_code == 404


def test_the_service_refuses_by_itself(made, door, cast):
    from midun.activities.people import Person

    person = Person("吴敏", phone="13800001000")
    for token, at in (("nonsense", AT), (door.token, AT + timedelta(hours=3)), (door.token, AT - timedelta(seconds=1))):
        with pytest.raises(sign_in.SignInClosed):
            sign_in.sign_in(token=token, person=person, ticket="", at=at)


# rotating codes


def test_with_a_current_code_the_form_opens_and_may_take_a_while(phone, rotating, made, clock):
    ticket = scanned(phone, rotating)
    assert ticket
    clock.move_to(AT + timedelta(minutes=14))
    assert phone.post(rotating.path, filled(ticket=ticket)).status_code == 302
    assert len(entries(made)) == 1


@pytest.mark.parametrize("code", ["", "aaaaaaaaaaaaaaaa", "汉字", "a" * 5000])
def test_without_one_it_does_not(phone, rotating, made, code):
    page = phone.get(rotating.path, {"k": code})
    assert "二维码已更新" in page.content.decode()
    assert "提交签到" not in page.content.decode()


def test_a_photographed_code_is_soon_worth_nothing(phone, rotating, clock):
    code = codes.rotating(rotating.secret, AT)
    clock.move_to(AT + timedelta(minutes=2))
    assert "二维码已更新" in phone.get(rotating.path, {"k": code}).content.decode()


@pytest.mark.parametrize("forge", ["", "x", "token", "old", "other"])
def test_a_post_without_a_good_ticket_is_refused(phone, rotating, made, cast, forge):
    other = opened(event(cast.district_officer, title="另一场"), cast.district_officer, rotating=True)
    ticket = {
        "token": f"{rotating.token}.0.{int(AT.timestamp())}:forged",
        "old": codes.ticket(rotating.token, AT - timedelta(minutes=16)),
        "other": scanned(phone, other),
    }.get(forge, forge)
    page = phone.post(rotating.path, filled(ticket=ticket))
    assert "二维码已更新" in page.content.decode()
    assert entries(made) == []


def test_one_scan_is_good_for_one_person(phone, rotating, made):
    ticket = scanned(phone, rotating)
    phone.post(rotating.path, filled(ticket=ticket))
    replay = Client().post(rotating.path, filled(name="代签", phone="13900009999", ticket=ticket))
    assert "本次扫码已用于一人签到" in replay.content.decode()
    assert [p.person_name for p in entries(made)] == ["吴敏"]
    fresh = scanned(Client(), rotating)
    Client().post(rotating.path, filled(name="本人", phone="13900009999", ticket=fresh))
    assert len(entries(made)) == 2


def test_a_form_with_a_mistake_does_not_use_the_scan_up(phone, rotating, made):
    ticket = scanned(phone, rotating)
    phone.post(rotating.path, filled(name="", ticket=ticket))
    phone.post(rotating.path, filled(ticket=ticket))
    assert len(entries(made)) == 1


# scripts


def test_posts_without_the_csrf_token_are_refused(door, made):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(door.path, filled()).status_code == 403
    page = strict.get(door.path)
    token = page.context["csrf_token"]
    assert strict.post(door.path, filled(csrfmiddlewaretoken=str(token))).status_code == 302
    assert len(entries(made)) == 1


def test_a_body_no_form_of_ours_has_is_refused(phone, door, made):
    page = phone.post(door.path, filled(title="长" * 30_000))
    assert page.status_code == 413
    assert "提交的内容过大" in page.content.decode()
    assert entries(made) == []


def tried(door, times):
    """As if so many posts had come from this address already."""
    for _ in range(times):
        allowed("sign-in", f"127.0.0.1:{door.pk}", most=300, seconds=600, at=AT)


def test_too_many_tries_from_one_address_are_refused(phone, door, made):
    tried(door, 299)
    assert phone.post(door.path, filled()).status_code == 302
    blocked = Client().post(door.path, filled(phone="13800001009"))
    assert blocked.status_code == 429
    assert "提交过于频繁" in blocked.content.decode()
    elsewhere = Client(REMOTE_ADDR="10.1.1.1").post(door.path, filled(phone="13800001009"))
    assert elsewhere.status_code == 302
    assert len(entries(made)) == 2


def test_the_limit_is_lifted_in_the_next_window(phone, door, clock):
    tried(door, 300)
    assert phone.post(door.path, filled()).status_code == 429
    clock.move_to(AT + timedelta(minutes=10))
    assert phone.post(door.path, filled()).status_code == 302


def test_only_get_and_post_are_answered(phone, door):
    for act in (phone.put, phone.delete, phone.patch):
        assert act(door.path).status_code == 405


def test_pages_of_the_door_are_neither_kept_nor_framed(phone, door):
    page = phone.get(door.path)
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
