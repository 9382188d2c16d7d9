"""The five kinds of record: entered, listed, edited, voided, restored, counted."""

import io
from datetime import date

import openpyxl
import pytest
from django.db import IntegrityError, transaction

from midun.kernel.orgs.services import Refused
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Period, Scope
from midun.kernel.trail.models import Entry
from midun.publicity import services
from midun.publicity.models import GovReport, NewsItem, QuestionnaireHandout

JUNE = Period(date(2025, 6, 1), date(2025, 6, 30))
SLUGS = ("news-item", "case", "questionnaire", "gov-report", "resource")
NEWS = {
    "title": "服务月进园区",
    "medium": "新华社",
    "level": "central",
    "link": "https://example.cn/1",
    "day": date(2025, 6, 12),
}
HANDOUT = {
    "title": "现状问卷",
    "day": "2025-06-03",
    "channel": "visit",
    "count": "40",
    "note": "走访发放",
    "version": 1,
}
REPORT = {"title": "情况报告", "kind": "report", "addressee": "区委", "sent_on": "2025-06-30", "version": 1}


def value(name, node, *, own_only=False):
    return figures.get(name).value(Scope(node.path, own_only=own_only), JUNE)


@pytest.fixture
def add(cast, at):
    def make(model, /, who="district_officer", **fields):
        member = cast.memberships[who]
        return services.add(model, unit=member.organisation, actor=member.actor(), at=at, **fields)

    return make


def test_it_works(login, cast):
    client = login("district_officer")
    answer = client.post("/publicity/news-items/new/", {**NEWS, "version": 1})
    made = NewsItem.objects.unscoped("test").get()
    assert answer.headers["Location"] == made.get_absolute_url()
    shown = client.get(made.get_absolute_url()).content.decode()
    for part in ("新华社", "中央媒体", "2025年6月12日", "https://example.cn/1"):
        assert part in shown
    assert "服务月进园区" in client.get("/publicity/news-items/?level=central").content.decode()
    assert "服务月进园区" in client.get("/publicity/news-items/?q=新华").content.decode()
    assert "服务月进园区" not in client.get("/publicity/news-items/?level=city").content.decode()


def test_every_kind_has_its_pages_and_says_what_an_empty_list_is_for(login):
    client = login("district_officer")
    for slug in SLUGS:
        assert "还没有" in client.get(f"/publicity/{slug}s/").content.decode()
        assert client.get(f"/publicity/{slug}s/new/").status_code == 200


def test_questionnaires_and_reports_through_their_pages(login, cast):
    client = login("district_officer")
    assert client.post("/publicity/questionnaires/new/", HANDOUT).status_code == 302
    assert client.post("/publicity/gov-reports/new/", REPORT).status_code == 302
    assert (value("questionnaires", cast.east), value("gov_reports", cast.nation)) == (40, 1)
    assert "现状问卷" in client.get("/publicity/questionnaires/?channel=visit").content.decode()
    assert "现状问卷" not in client.get("/publicity/questionnaires/?channel=online").content.decode()
    assert "情况报告" not in client.get("/publicity/gov-reports/?kind=information").content.decode()


def test_it_rejects_bad_input(login):
    client = login("district_officer")
    for slug, data, told in (
        ("questionnaire", {**HANDOUT, "count": "-3"}, "1"),
        ("questionnaire", {**HANDOUT, "count": "0"}, "1"),
        ("questionnaire", {**HANDOUT, "note": ""}, "请填写"),
        ("questionnaire", {**HANDOUT, "day": "2099-01-01"}, "不能晚于今天"),
        ("gov-report", {**REPORT, "sent_on": "2099-01-01"}, "不能晚于今天"),
        ("news-item", {**NEWS, "version": 1, "level": "?"}, "有效"),
        ("news-item", {**NEWS, "version": 1, "link": "javascript:alert(1)"}, "URL"),
        ("news-item", {**NEWS, "version": 1, "day": "2099-01-01"}, "不能晚于今天"),
    ):
        answer = client.post(f"/publicity/{slug}s/new/", data)
        assert answer.status_code == 200, data
        assert told in answer.content.decode(), data
    for model in (QuestionnaireHandout, GovReport, NewsItem):
        assert not model.objects.unscoped("test").exists()


def test_the_same_link_is_registered_once_per_unit(add, login, cast, at):
    made = add(NewsItem, **NEWS)
    answer = login("district_officer_2").post("/publicity/news-items/new/", {**NEWS, "title": "另一标题", "version": 1})
    assert "已登记过这个链接：《服务月进园区》" in answer.content.decode()
    add(NewsItem, "other_district_officer", **NEWS)
    other = add(NewsItem, **{**NEWS, "link": "https://example.cn/2"})
    actor = cast.actor("district_officer")
    with pytest.raises(services.DuplicateLink):
        services.change(other, version=1, actor=actor, at=at, fields={"link": NEWS["link"]})
    services.void(made, version=1, reason="重复", actor=actor, at=at)
    services.change(other, version=1, actor=actor, at=at, fields={"link": NEWS["link"]})
    with pytest.raises(services.DuplicateLink):
        services.restore(made, version=2, reason="x", actor=actor, at=at)
    with pytest.raises(IntegrityError), transaction.atomic():
        NewsItem.objects.unscoped("test").filter(pk=made.pk).update(voided_at=None, void_reason="")


def test_outsider_gets_404(add, login):
    made = add(NewsItem, **NEWS)
    page = made.get_absolute_url()
    for path in ("", "edit/", "void/", "restore/"):
        assert login("other_district_officer").get(page + path).status_code == 404
    assert login("other_district_officer").post(f"{page}portal/", {"show": "1"}).status_code == 404
    assert "服务月进园区" not in login("other_district_officer").get("/publicity/news-items/?q=服务月").content.decode()
    answer = login("other_district_officer").post("/publicity/news-items/", {"action": "export"})
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).active.max_row == 1
    assert login("city_officer").get(page).status_code == 200
    assert login("city_officer").get(f"{page}edit/").status_code == 404


def test_other_role_gets_403(add, login):
    made = add(NewsItem, **NEWS)
    assert login("enterprise_admin").get(made.get_absolute_url()).status_code == 403
    assert login("district_leader").get("/publicity/news-items/new/").status_code == 403


def test_only_for_ones_own_unit(add, cast, at):
    actor = cast.actor("district_officer")
    with pytest.raises(Refused):
        services.add(NewsItem, unit=cast.west_bureau, actor=actor, at=at, **NEWS)
    made = add(NewsItem, "other_district_officer", **NEWS)
    for act in (services.void, services.restore):
        with pytest.raises(Refused):
            act(made, version=1, reason="x", actor=actor, at=at)
    with pytest.raises(Refused):
        services.change(made, version=1, actor=actor, at=at, fields={"title": "x"})


def test_two_editors_one_wins(add, login):
    made = add(NewsItem, **NEWS)
    first, second = login("district_officer"), login("district_officer_2")
    edit = made.get_absolute_url() + "edit/"
    assert first.post(edit, {**NEWS, "title": "甲改", "version": 1}).status_code == 302
    answer = second.post(edit, {**NEWS, "title": "乙改", "version": 1})
    assert "刚被他人修改" in answer.content.decode()
    made.refresh_from_db()
    assert made.title == "甲改"


def test_a_voided_record_does_not_count_until_it_is_restored(add, login, cast):
    fields = {"title": "现状问卷", "channel": "visit", "note": "走访"}
    made = add(QuestionnaireHandout, day=date(2025, 6, 3), count=40, **fields)
    add(QuestionnaireHandout, day=date(2025, 6, 4), count=2, **fields)
    client, page = login("district_officer"), made.get_absolute_url()
    assert value("questionnaires", cast.east) == 42
    assert client.post(f"{page}void/", {"reason": "重复登记"}).status_code == 302
    assert value("questionnaires", cast.east) == 2
    assert "重复登记" in client.get(page).content.decode()
    assert "已作废" in client.post(f"{page}void/", {"reason": "再来"}).content.decode()
    assert "已作废" in client.post(f"{page}edit/", {**HANDOUT, "version": 2}).content.decode()
    assert client.post(f"{page}restore/", {"reason": "没有重复"}).status_code == 302
    assert value("questionnaires", cast.east) == 42
    assert "刚被他人修改" in client.post(f"{page}restore/", {"reason": "再来"}).content.decode()
    verbs = list(Entry.objects.about(made).values_list("verb", flat=True))
    assert verbs == ["created", "voided", "restored"]


def test_figures_roll_up_and_keep_to_the_period(add, cast):
    add(NewsItem, **NEWS)
    add(NewsItem, "other_district_officer", **{**NEWS, "level": "city"})
    add(NewsItem, "city_officer", **NEWS)
    add(NewsItem, **{**NEWS, "day": date(2025, 7, 1), "link": ""})
    add(NewsItem, **{**NEWS, "day": date(2025, 5, 31), "link": ""})
    add(GovReport, title="情况报告", kind="report", addressee="区委", sent_on=date(2025, 6, 30))
    add(GovReport, title="迟到的", kind="report", addressee="区委", sent_on=date(2025, 7, 1))
    assert (value("news_total", cast.city), value("news_central", cast.city)) == (3, 2)
    assert value("news_total", cast.city, own_only=True) == 1
    assert value("news_total", cast.east) + value("news_total", cast.west) + 1 == value("news_total", cast.city)
    assert value("gov_reports", cast.nation) == 1


def test_every_number_lists_its_records(add, cast):
    add(NewsItem, **NEWS)
    add(GovReport, title="情况报告", kind="report", addressee="区委", sent_on=date(2025, 6, 30))
    add(QuestionnaireHandout, title="问卷", day=date(2025, 6, 3), channel="visit", count=7, note="走访")
    for name, expected in (("news_total", 1), ("news_central", 1), ("gov_reports", 1), ("questionnaires", 7)):
        figure = figures.get(name)
        (part,) = figure.parts(Scope(cast.city.path), JUNE)
        rows = [[column.of(record) for column in part.columns] for record in part.listed()]
        assert figure.rule
        assert part.value() == part.recount() == expected
        assert len(rows) == 1
        assert "东区市场监管局" in rows[0]


def test_it_is_in_the_trail(add, cast):
    made = add(NewsItem, **NEWS)
    entry = Entry.objects.about(made).get()
    assert (entry.verb, entry.user_name) == ("created", "district_officer")
    assert '"medium":"新华社"' in entry.after
