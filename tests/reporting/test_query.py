"""The numbers of any unit, level and period, without a form."""

import io

import openpyxl
import pytest
import time_machine

from midun.kernel.trail.models import Entry
from tests.kernel.statistics.factories import event, visit

ADDRESS = "/reporting/query/"
JUNE = {"start": "2025-06-01", "end": "2025-06-30"}


def asked(client, **fields):
    answer = client.get(ADDRESS, {**JUNE, **fields})
    return {line.figure: number for line, _, number, _ in answer.context["cells"]}


@pytest.fixture
def work(cast, at):
    visit(cast.east_bureau, cast.jia, at)
    visit(cast.station, cast.jia, at)
    visit(cast.west_bureau, cast.jia, at)
    visit(cast.city_bureau, cast.yi, at)


def test_it_works(login, cast, work):
    client = login("city_officer")
    assert asked(client)["visits"] == 2
    assert asked(client, own_only="on")["visits"] == 1
    assert asked(client, unit="西区市场监管局")["visits"] == 1
    assert asked(client, unit="张江商业秘密保护服务站")["visits"] == 1
    assert asked(client, start="2025-06-13")["visits"] == 0
    assert len(asked(client)) == 17


def test_without_a_word_it_is_this_month_of_ones_own_unit(login, cast, at, work):
    with time_machine.travel(at.replace(day=20), tick=False):
        answer = login("district_officer").get(ADDRESS)
    assert {n for line, _, n, _ in answer.context["cells"] if line.figure == "visits"} == {1}
    assert "东区市场监管局　2025年6月1日—2025年6月20日" in answer.content.decode()


def test_each_number_opens_its_records_and_they_are_exported(login, cast, at):
    event(cast.east_bureau, at, people=[cast.jia] * 60)
    client = login("city_officer")
    fields = {**JUNE, "unit": "东区市场监管局", "template": "shanghai-2023-annex2"}
    answer = client.get(f"{ADDRESS}cells/pub_attendance/", {**fields, "page": 2})
    assert next((p.value, len(p.rows)) for p in answer.context["parts"]) == (60, 10)
    assert "unit=%E4%B8%9C%E5%8C%BA" in answer.content.decode()
    page = openpyxl.load_workbook(io.BytesIO(client.post(f"{ADDRESS}cells/pub_attendance/", fields).content)).active
    assert page.max_row == 62
    last = Entry.objects.last()
    assert (last.verb, last.target_label) == ("exported", "统计查询")
    assert '"rows":60' in last.after


def test_the_table_is_exported_and_says_what_it_is(login, cast, work):
    data = login("city_officer").post(ADDRESS, JUNE).content
    values = [v for row in openpyxl.load_workbook(io.BytesIO(data)).active.values for v in row if v is not None]
    assert 2 in values
    assert any("不是报送的统计表" in str(v) for v in values)
    assert any("沪市市场监管局" in str(v) for v in values)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"unit": "西区市场监管局"}, "本辖区内没有名为“西区市场监管局”的单位"),
        ({"unit": "沪市市场监管局"}, "本辖区内没有"),
        ({"unit": "甲精密机械有限公司"}, "本辖区内没有"),
        ({"end": "2025-05-01"}, "结束日期早于开始日期"),
        ({"start": "六月"}, "日期"),
        ({"template": "nothing"}, "nothing"),
    ],
)
def test_it_rejects_what_is_outside_or_wrong(login, cast, fields, told):
    answer = login("district_officer").get(ADDRESS, {**JUNE, **fields})
    assert answer.status_code == 200
    assert told in answer.content.decode()
    assert answer.context["cells"] == []


def test_outsider_finds_nothing_by_the_other_doors(login, cast, work):
    client, fields = login("district_officer"), {**JUNE, "unit": "西区市场监管局"}
    assert client.get(f"{ADDRESS}cells/visits/", fields).headers["Location"] == ADDRESS
    assert client.post(f"{ADDRESS}cells/visits/", fields).headers["Location"] == ADDRESS
    assert client.post(ADDRESS, fields).status_code == 200
    assert not Entry.objects.filter(verb="exported").exists()
    assert client.get(f"{ADDRESS}cells/nothing/", JUNE).status_code == 404


@pytest.mark.parametrize("who", ["enterprise_admin", "expert", "auditor", "system_admin"])
def test_other_role_gets_403(login, cast, who):
    assert login(who).get(ADDRESS).status_code == 403
    assert login(who).get(f"{ADDRESS}cells/visits/").status_code == 403
