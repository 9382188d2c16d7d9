"""What a cell counted: listed part by part, exported, and what changed since."""

import io

import openpyxl
import pytest

from midun.kernel.trail.models import Entry
from midun.visits.models import Visit
from tests.kernel.statistics.factories import event, hand_in, visit


def address(form, figure):
    return f"/reporting/forms/{form.pk}/cells/{figure}/"


@pytest.fixture
def east(forms):
    return forms["east_bureau"]


def test_it_works(login, cast, east, at):
    event(cast.east_bureau, at, people=[cast.jia, cast.jia, cast.yi], anonymous_enterprises=4, anonymous_reason="线上")
    answer = login("district_officer").get(address(east, "pub_enterprises"))
    assert [(p.value, len(p.rows)) for p in answer.context["parts"]] == [(2, 3), (4, 1)]
    assert answer.context["total"] == 6
    text = answer.content.decode()
    assert "第1项“参与企业”：6 家" in text
    assert "同一企业参加多场、在多个单位参加，只计一家" in text
    assert cast.jia.name in text


def test_every_record_leads_to_its_page(login, cast, east, at):
    made = visit(cast.east_bureau, cast.jia, at)
    assert made.get_absolute_url() in login("district_officer").get(address(east, "visits")).content.decode()


def test_each_part_turns_its_own_pages(login, cast, east, at):
    for _ in range(3):
        event(cast.east_bureau, at, people=[cast.jia] * 20, headcount_extra=1, headcount_reason="清点")
    client = login("district_officer")
    first, second = client.get(address(east, "pub_attendance") + "?part=1&page=2").context["parts"]
    assert (first.page.number, len(first.rows), second.page.number) == (2, 10, 1)
    assert [p.page.number for p in client.get(address(east, "pub_attendance") + "?part=2&page=9").context["parts"]] == [
        1,
        1,
    ]


def test_it_is_exported_with_dates_and_numbers(login, cast, east, at):
    event(cast.east_bureau, at, people=[cast.jia], materials=25)
    answer = login("district_officer").post(address(east, "pub_materials"))
    page = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = list(page.values)
    assert rows[0][0] == "发放各类宣传材料：发放材料的活动（25）"
    assert rows[1][:2] == ("日期", "单位")
    assert rows[2][0].date().isoformat() == "2025-06-12"
    assert rows[2][-1] == 25


def test_the_export_is_in_the_trail(login, cast, east, at):
    visit(cast.east_bureau, cast.jia, at)
    login("district_officer").post(address(east, "visits"))
    last = Entry.objects.about(east).last()
    assert (last.verb, last.after) == ("exported", '{"figure":"visits","rows":1}')


def test_a_formula_in_a_name_stays_text(login, cast, east, at):
    cast.jia.__class__.objects.unscoped("test").filter(pk=cast.jia.pk).update(name="=HYPERLINK(1)")
    visit(cast.east_bureau, cast.jia, at)
    answer = login("district_officer").post(address(east, "visits"))
    cells = [c for row in openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows() for c in row]
    assert {c.data_type for c in cells if "HYPERLINK" in str(c.value)} == {"s"}


def test_changes_since_it_was_handed_in_are_listed(login, cast, east, at):
    gone = visit(cast.east_bureau, cast.jia, at)
    hand_in(cast, east, at)
    visit(cast.east_bureau, cast.yi, at)
    Visit.objects.unscoped("test").filter(pk=gone.pk).update(voided_at=at, void_reason="误登")
    answer = login("city_officer").get(address(east, "visits"))
    groups = answer.context["changes"][0]["groups"]
    assert [(word, len(records)) for word, records in groups] == [("新增", 1), ("不再计入", 1), ("有改动", 0)]
    text = answer.content.decode()
    assert "报送后的变化" in text
    assert "表上的数：1 家" in text


def test_a_summary_leads_on_to_its_units(login, cast, forms, at):
    visit(cast.east_bureau, cast.jia, at)
    hand_in(cast, forms["east_bureau"], at)
    answer = login("city_officer").get(address(forms["summary"], "visits"))
    assert address(forms["east_bureau"], "visits") in answer.content.decode()
    assert [numbers.reported for _, numbers in answer.context["children"] if numbers] == [1]


def test_outsider_gets_404(login, east):
    for method in ("get", "post"):
        assert getattr(login("other_district_officer"), method)(address(east, "visits")).status_code == 404
    assert login("district_officer").get(address(east, "nothing")).status_code == 404


@pytest.mark.parametrize("who", ["enterprise_admin", "auditor"])
def test_other_role_gets_403(login, east, who):
    assert login(who).get(address(east, "visits")).status_code == 403


def test_a_district_sees_no_other_districts_records(login, cast, forms, at):
    event(cast.west_bureau, at, people=[cast.yi])
    text = login("district_officer").get(address(forms["east_bureau"], "pub_attendance")).content.decode()
    assert cast.yi.name not in text
