"""The quick form: enterprise, day, who, suggestions, claims and photos in one go, on a phone in under a minute."""

import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from PIL import Image

from midun.claims.models import Claim, Suggestion
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.visits import services
from midun.visits.models import Visit, Way
from tests.campaigns.factories import running
from tests.conftest import JIA_CODE, YI_CODE

ROWS = {
    "tips-TOTAL_FORMS": "2",
    "tips-INITIAL_FORMS": "0",
    "tips-0-topic": "system",
    "tips-0-text": "希望提供制度范本",
    "tips-1-topic": "training",
    "tips-1-text": "多办培训",
    "needs-TOTAL_FORMS": "2",
    "needs-INITIAL_FORMS": "0",
    "needs-0-topic": "personnel",
    "needs-0-title": "如何约定竞业限制",
    "needs-0-urgency": "urgent",
    "needs-1-topic": "system",
    "needs-1-title": "",
    "needs-1-urgency": "normal",
}
FORM = {
    "picked": JIA_CODE,
    "picked_name": "甲精密机械有限公司",
    "day": "2025-06-10",
    "way": "visit",
    "visitors": "李晓梅",
    "version": 1,
    **ROWS,
}


def only():
    return Visit.objects.unscoped("test").get()


def photo():
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return SimpleUploadedFile("现场.png", out.getvalue(), "image/png")


def test_it_works(login, cast):
    client = login("district_officer")
    shown = client.get("/visits/new/").content.decode()
    assert 'value="district_officer"' in shown  # who went: the person who asks
    answer = client.post("/visits/new/", {**FORM, "uploads": [photo()]})
    made = only()
    assert answer.headers["Location"] == made.get_absolute_url()
    assert (made.enterprise, made.unit, made.day) == (cast.jia, cast.east_bureau, date(2025, 6, 10))
    tips = Suggestion.objects.unscoped("test").order_by("pk")
    assert [(t.topic, t.text, t.given_on, t.enterprise) for t in tips] == [
        ("system", "希望提供制度范本", made.day, cast.jia),
        ("training", "多办培训", made.day, cast.jia),
    ]
    claim = Claim.objects.unscoped("test").get()
    assert (claim.title, claim.urgency, claim.source, claim.unit) == (
        "如何约定竞业限制",
        "urgent",
        "visit",
        cast.east_bureau,
    )
    assert Attachment.objects.of(made).get().kind == "photo"
    page = client.get(made.get_absolute_url()).content.decode()
    for part in ("希望提供制度范本", "如何约定竞业限制", claim.number):
        assert part in page
    assert made.get_absolute_url() in client.get(claim.get_absolute_url()).content.decode()


def test_only_what_is_needed_is_required(login):
    few = {k: v for k, v in FORM.items() if not k.startswith(("tips-0", "tips-1", "needs-0", "needs-1"))}
    few |= {"tips-TOTAL_FORMS": "1", "needs-TOTAL_FORMS": "1"}
    assert login("station_staff").post("/visits/new/", few).status_code == 302
    assert not Suggestion.objects.unscoped("test").exists()
    assert not Claim.objects.unscoped("test").exists()


def test_a_new_enterprise_is_created_on_the_spot(login, cast):
    typed = {"picked": "", "picked_name": "", "name": "丙新材料有限公司", "credit_code": "91310115ma9k30008l"}
    login("station_staff").post("/visits/new/", {**FORM, **typed})
    made = only().enterprise
    assert (made.name, made.credit_code, made.jurisdiction) == (
        "丙新材料有限公司",
        "91310115MA9K30008L",
        cast.station_node,
    )


def test_one_of_another_district_is_taken_by_its_code(login, cast):
    typed = {"picked": "", "picked_name": "", "name": "乙", "credit_code": YI_CODE}
    answer = login("district_officer").post("/visits/new/", {**FORM, **typed}, follow=True)
    assert only().enterprise == cast.yi
    assert "登记名称为“乙生物医药股份有限公司”" in answer.content.decode()
    assert Organisation.objects.unscoped("test").enterprises().count() == 2


def test_it_rejects_bad_input_and_saves_nothing(login):
    client = login("district_officer")
    for wrong, told in (
        ({"picked": "", "picked_name": ""}, "请查找并选择企业"),
        ({"picked": "", "name": "丙", "credit_code": "91310000MA1K35XR80"}, "校验"),
        ({"day": "2099-01-01"}, "走访日期不能晚于今天"),
        ({"day": ""}, "请填写"),
        ({"visitors": ""}, "请填写"),
        ({"follow_up_on": "2025-06-09"}, "回访日期不能早于走访日期"),
        ({"nda_signed": "5"}, "请同时填写应签"),
        ({"nda_should": "5"}, "没有的填 0"),
        ({"nda_signed": "6", "nda_should": "5"}, "不能多于"),
        ({"non_compete_signed": "2", "non_compete_eligible": "1"}, "不能多于"),
        ({"nda_signed": "80%", "nda_should": "100"}, "整数"),
        ({"secrets": "-1"}, "大于或等于"),
        ({"tips-0-text": "长" * 501}, "500"),
        ({"tips-TOTAL_FORMS": "31"}, "30"),
    ):
        answer = client.post("/visits/new/", {**FORM, **wrong})
        assert answer.status_code == 200, wrong
        assert told in answer.content.decode(), wrong
    assert not Visit.objects.unscoped("test").exists()
    assert not Suggestion.objects.unscoped("test").exists()


def test_what_was_typed_comes_back_with_the_errors(login):
    answer = login("district_officer").post("/visits/new/", {**FORM, "visitors": ""})
    shown = answer.content.decode()
    for typed in ("希望提供制度范本", "如何约定竞业限制", "甲精密机械有限公司"):
        assert typed in shown


def test_it_can_be_reached_for_a_follow_up_and_for_a_plan_line(visit, login, cast):
    shown = login("district_officer").get(f"/visits/new/?again={visit.pk}").content.decode()
    assert JIA_CODE in shown
    assert f'value="{Way.REVISIT.value}" selected' in shown
    assert JIA_CODE in login("district_officer").get(f"/visits/new/?enterprise={cast.jia.pk}").content.decode()
    assert YI_CODE not in login("district_officer").get(f"/visits/new/?enterprise={cast.yi.pk}").content.decode()
    assert JIA_CODE not in login("other_district_officer").get(f"/visits/new/?again={visit.pk}").content.decode()


def test_only_lines_of_the_own_unit_can_be_chosen(login, cast, at):
    from midun.campaigns.services import plan

    campaign = running(cast.city_officer)
    mine = plan.add_line(campaign=campaign, content="走访重点企业", actor=cast.actor("district_officer"), at=at)
    other = plan.add_line(campaign=campaign, content="西区的", actor=cast.actor("other_district_officer"), at=at)
    client = login("district_officer")
    assert client.post("/visits/new/", {**FORM, "plan_line": other.pk}).status_code == 200
    assert client.post("/visits/new/", {**FORM, "plan_line": mine.pk}).status_code == 302
    assert only().plan_line == mine
    assert {s.plan_line_id for s in Suggestion.objects.unscoped("test")} == {mine.pk}


def test_other_role_gets_403(login, cast, at):
    for who in ("district_leader", "enterprise_admin", "expert"):
        assert login(who).get("/visits/new/").status_code == 403
    with pytest.raises(Refused):
        services.record_visit(
            unit=cast.west_bureau,
            enterprise=cast.yi,
            actor=cast.actor("district_officer"),
            at=at,
            day=date(2025, 6, 10),
            visitors="x",
        )


def test_it_is_in_the_trail(visit):
    entry = Entry.objects.about(visit).get()
    assert (entry.verb, entry.user_name) == ("created", "district_officer")
    assert '"visitors":"李晓梅、王立新"' in entry.after


def test_the_database_rejects_impossible_counts(visit):
    for impossible in (
        {"nda_signed": 5},
        {"nda_should": 5},
        {"nda_signed": 6, "nda_should": 5},
        {"non_compete_signed": 1},
        {"non_compete_signed": 2, "non_compete_eligible": 1},
        {"follow_up_on": date(2025, 6, 9)},
        {"visitors": ""},
        {"void_reason": "x"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Visit.objects.unscoped("test").filter(pk=visit.pk).update(**impossible)
