"""Lists: filters, sorting, pages, the export, and how many queries a page costs."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from midun.activities.services import events
from midun.kernel.trail.models import Entry
from midun.kernel.trail.verbs import Verb
from midun.kernel.web import listing as listing_module

LIST = "/activities/"


@pytest.fixture
def held(cast, at):
    """`held(3)` adds that many events of the east bureau, one a day."""

    def add(amount, **more):
        made = []
        for n in range(amount):
            fields = {"title": f"培训{n:02d}", "kind": "training", "day": date(2025, 6, 1) + timedelta(days=n % 28)}
            made.append(
                events.add(unit=cast.east_bureau, actor=cast.actor("district_officer"), at=at, **{**fields, **more})
            )
        return made

    return add


def titles(answer):
    return [row.title for row, _ in answer.context["rows"]]


def test_it_works(login, held):
    held(3)
    answer = login("district_officer").get(LIST)
    assert titles(answer) == ["培训02", "培训01", "培训00"]
    assert "共 <strong>3</strong> 条" in answer.content.decode()


def test_it_filters_and_says_by_what(login, held):
    held(2)
    held(1, kind="salon", title="沙龙")
    answer = login("district_officer").get(LIST, {"kind": "salon", "q": "沙"})
    assert titles(answer) == ["沙龙"]
    assert [(c.label, c.text) for c, _ in answer.context["conditions"]] == [("活动名称", "沙"), ("类型", "沙龙")]
    without_kind = dict(zip("cw", answer.context["conditions"][1], strict=True))["w"]
    assert "kind" not in without_kind
    assert "q=" in without_kind


def test_a_wrong_filter_is_said_and_does_not_narrow(login, held):
    held(2)
    answer = login("district_officer").get(LIST, {"since": "不是日期"})
    assert len(titles(answer)) == 2
    assert "invalid-feedback" in answer.content.decode()


def test_it_sorts_both_ways_by_stored_columns(login, held):
    held(3)
    client = login("district_officer")
    assert titles(client.get(LIST, {"sort": "title"})) == ["培训00", "培训01", "培训02"]
    descending = client.get(LIST, {"sort": "-title"})
    assert titles(descending) == ["培训02", "培训01", "培训00"]
    assert 'aria-sort="descending"' in descending.content.decode()


@pytest.mark.parametrize("sort", ["created_by__password", "-unit__jurisdiction__path", "title;drop", "nothing"])
def test_it_sorts_by_nothing_that_is_not_a_column(login, held, sort):
    held(2)
    answer = login("district_officer").get(LIST, {"sort": sort})
    assert titles(answer) == ["培训01", "培训00"]


def test_pages_keep_filter_and_sort(login, held):
    held(25)
    answer = login("district_officer").get(LIST, {"kind": "training", "sort": "title", "page": "2"})
    assert titles(answer) == [f"培训{n:02d}" for n in range(20, 25)]
    assert "?kind=training&amp;sort=title&amp;page=1" in answer.content.decode()


def test_an_empty_list_says_what_to_do_and_an_empty_result_something_else(login, held):
    client = login("district_officer")
    assert "还没有登记活动" in client.get(LIST).content.decode()
    held(1)
    assert "没有符合条件的记录" in client.get(LIST, {"q": "没有这个"}).content.decode()


def test_the_export_honours_filter_and_sort_and_is_in_the_trail(login, held):
    held(3)
    held(1, kind="salon", title="沙龙")
    answer = login("district_officer").post(LIST, {"action": "export", "kind": "training", "sort": "-title"})
    rows = list(load_workbook(BytesIO(answer.content)).active.iter_rows(values_only=True))
    assert [row[0] for row in rows] == ["活动名称", "培训02", "培训01", "培训00"]
    entry = Entry.objects.filter(verb=Verb.EXPORTED).get()
    assert '"rows":3' in entry.after
    assert "csrf" not in entry.after


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x","y")', "+1+1", "-2", "@SUM(A1)", "\t=1"])
def test_the_export_runs_nothing(login, held, text):
    held(1, title=text)
    answer = login("district_officer").post(LIST, {"action": "export"})
    sheet = load_workbook(BytesIO(answer.content)).active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_an_export_that_is_too_long_is_refused_with_what_to_do(login, held, monkeypatch):
    monkeypatch.setattr(listing_module, "_EXPORT_LIMIT", 1)
    held(2)
    answer = login("district_officer").post(LIST, {"action": "export", "kind": "training"}, follow=True)
    assert answer.redirect_chain == [(f"{LIST}?kind=training", 302)]
    assert "请先筛选" in answer.content.decode()


def test_an_outsider_exports_nothing(login, held):
    held(2)
    answer = login("other_district_officer").post(LIST, {"action": "export"})
    assert len(list(load_workbook(BytesIO(answer.content)).active.iter_rows())) == 1


def test_the_page_asks_the_database_equally_often_however_long_it_is(login, held, django_assert_max_num_queries):
    client = login("district_officer")
    held(2)
    client.get(LIST)
    with django_assert_max_num_queries(8) as few:
        client.get(LIST)
    held(40)
    with django_assert_max_num_queries(8) as many:
        client.get(LIST)
    assert len(few) == len(many)


LISTS = (
    "activities:activities", "visits:visits", "claims:ledger", "claims:suggestions", "directory:enterprises",
    "publicity:news-items", "publicity:cases", "publicity:questionnaires", "publicity:gov-reports",
    "publicity:resources", "campaigns:list",
)  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_every_list_sorts_by_each_heading_it_offers(login, name):
    client = login("district_officer")
    page = client.get(reverse(name))
    offered = [heading.query for heading in page.context["headings"] if heading.query]
    assert offered
    assert {client.get(f"{reverse(name)}?{query}").status_code for query in offered} == {200}


def test_it_prints_everything_that_is_filtered(login, held):
    held(25)
    held(1, kind="salon", title="沙龙")
    answer = login("district_officer").get(LIST, {"kind": "training", "sort": "title", "print": "1"})
    assert titles(answer) == [f"培训{n:02d}" for n in range(25)]
    shown = answer.content.decode()
    assert "data-autoprint" in shown
    assert 'href="?kind=training&amp;sort=title">返回列表' in shown
