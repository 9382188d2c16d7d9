"""The page of a form: as on paper, with what stands behind each number and what is to do."""

import re

import pytest

from midun.kernel.statistics.services import steps
from tests.kernel.statistics.factories import accepted, adjusted, fresh, frozen, hand_in, handout, visit


def page(login, who, form):
    answer = login(who).get(form.get_absolute_url())
    assert answer.status_code == 200
    return answer.content.decode()


def cell(text, figure):
    row = re.search(rf'<tr id="cell-{figure}">.*?</tr>', text, re.DOTALL)[0]
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", row))


def test_it_works(login, cast, forms, at):
    visit(cast.east_bureau, cast.jia, at)
    text = page(login, "district_officer", forms["east_bureau"])
    assert "（草稿，未定稿）" in text
    assert "填报单位（盖章）：东区市场监管局" in text
    assert cell(text, "visits") == "3调研走访企业（1）家"
    assert "活动活动" not in text


def test_outsider_gets_404(login, forms):
    for who in ("other_district_officer", "station_staff"):
        assert login(who).get(forms["east_bureau"].get_absolute_url()).status_code == 404
    assert login("district_officer").get(forms["summary"].get_absolute_url()).status_code == 404


@pytest.mark.parametrize("who", ["enterprise_admin", "expert", "security_admin"])
def test_other_role_gets_403(login, forms, who):
    assert login(who).get(forms["east_bureau"].get_absolute_url()).status_code == 403


def test_what_is_offered_depends_on_who_looks(login, cast, forms, at):
    east = forms["east_bureau"]
    assert "提交市市场监管局审核" in page(login, "district_officer", east)
    for who in ("district_leader", "liaison_officer", "city_officer", "province_officer"):
        text = page(login, who, east)
        assert "提交市市场监管局审核" not in text
        assert "保存调整" not in text
    hand_in(cast, east, at)
    assert "审核通过</button>" in page(login, "city_officer", east)
    assert "审核通过</button>" not in page(login, "province_officer", east)
    assert "撤回（尚未审核）" in page(login, "district_officer", east)


def test_both_numbers_and_the_reason_stand_in_the_cell(login, cast, forms, at):
    adjusted(cast, forms["east_bureau"], "visits", 3, "三家由街道走访", at)
    text = cell(page(login, "city_officer", forms["east_bureau"]), "visits")
    assert text == "3调研走访企业统计数0，调整为3：三家由街道走访（3）家"


def test_adjustments_below_are_shown_with_unit_and_reason(login, cast, forms, at):
    adjusted(cast, forms["east_bureau"], "visits", 3, "三家由街道走访", at)
    adjusted(cast, forms["east_bureau"], "questionnaires", 5, "街道发放", at)
    accepted(cast, forms["east_bureau"], at)
    text = page(login, "city_officer", forms["summary"])
    assert cell(text, "questionnaires") == "4发放调查问卷统计数0，并入下级调整：东区市场监管局+5（街道发放）（5）份"
    assert "下级调整（未自动并入）：东区市场监管局+3（三家由街道走访）（0）家" in cell(text, "visits")
    assert "去重后的数不能自动并入" in text


def test_the_sum_of_the_districts_and_the_distinct_number_are_explained(login, cast, forms, at):
    for key in ("east_bureau", "west_bureau"):
        visit(cast.organisations[key], cast.jia, at)
        accepted(cast, forms[key], at)
    answer = login("city_officer").get(forms["summary"].get_absolute_url())
    found = answer.context["filled"].cell("visits")
    assert (found.reported, found.sum_below) == (1, 2)
    assert "合计可以大于本级汇总" in answer.content.decode()


def test_the_reviewer_sees_what_changed_since_it_was_submitted(login, cast, forms, at):
    hand_in(cast, forms["east_bureau"], at)
    handout(cast.east_bureau, at, count=7)
    text = page(login, "city_officer", forms["east_bureau"])
    assert "提交后记录有变化" in text
    assert cell(text, "questionnaires") == "4发放调查问卷审核意见按现有记录应为7（+7）（0）份"


def test_late_changes_after_acceptance_are_shown_to_the_unit_as_well(login, cast, forms, at):
    handout(cast.east_bureau, at, count=7)
    accepted(cast, forms["east_bureau"], at)
    from midun.publicity.models import QuestionnaireHandout

    QuestionnaireHandout.objects.unscoped("test").update(voided_at=at, void_reason="误登")
    text = page(login, "district_officer", forms["east_bureau"])
    assert "通过（定稿）后记录有变化" in text
    assert "−7" in text


def test_remarks_of_the_reviewer_stand_at_the_cells(login, cast, forms, at):
    now = hand_in(cast, forms["east_bureau"], at)
    steps.return_(
        now,
        version=now.version,
        reason="请核对",
        remarks={"visits": "与台账不符"},
        actor=cast.actor("city_officer"),
        at=at,
    )
    text = page(login, "district_officer", now)
    assert "退回（重新打开）的理由：请核对" in text
    assert "审核意见：与台账不符" in cell(text, "visits")


def test_a_frozen_summary_can_only_be_opened_again(login, cast, forms, at):
    for key in ("own", "east_bureau", "west_bureau", "corps"):
        accepted(cast, forms[key], at)
    frozen(cast, forms["summary"], at)
    text = page(login, "city_officer", forms["summary"])
    assert "重新打开" in text
    assert "草稿" not in text
    assert fresh(forms["summary"]).digest in text
    assert "重新打开</button>" not in page(login, "city_officer", forms["east_bureau"])


def test_a_tampered_snapshot_is_announced(login, cast, forms, at):
    now = accepted(cast, forms["east_bureau"], at)
    last = now.snapshots.last()
    now.snapshots.filter(pk=last.pk).update(body=last.body.replace('"reported":0', '"reported":9', 1))
    assert "与登记的摘要不符" in page(login, "city_officer", now)


def test_every_cell_opens_its_records(login, forms):
    text = page(login, "district_officer", forms["east_bureau"])
    links = re.findall(rf'href="(/reporting/forms/{forms["east_bureau"].pk}/cells/\w+/)"', text)
    assert len(links) == 17
    client = login("district_officer")
    assert {client.get(link).status_code for link in links} == {200}


def test_a_fixed_number_of_queries(login, cast, forms, at, django_assert_max_num_queries):
    for key in ("own", "east_bureau", "west_bureau", "corps"):
        accepted(cast, forms[key], at)
    client = login("city_officer")
    with django_assert_max_num_queries(55):
        client.get(forms["summary"].get_absolute_url())
