"""The five kinds of record: entered, listed, edited, voided, counted."""

from datetime import date

import pytest

from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Period, Scope
from midun.kernel.trail.models import Entry
from midun.publicity import services
from midun.publicity.models import GovReport, NewsItem, QuestionnaireHandout

JUNE = Period(date(2025, 6, 1), date(2025, 6, 30))
NEWS = {
    "title": "服务月进园区",
    "medium": "新华社",
    "level": "central",
    "link": "https://example.cn/1",
    "day": date(2025, 6, 12),
}


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
    assert client.get(made.get_absolute_url()).status_code == 200
    assert "服务月进园区" in client.get("/publicity/news-items/?level=central").content.decode()
    assert "没有符合条件的记录" in client.get("/publicity/news-items/?level=city").content.decode()


@pytest.mark.parametrize("slug", ["news-item", "case", "questionnaire", "gov-report", "resource"])
def test_every_kind_has_its_pages(login, slug):
    client = login("district_officer")
    assert client.get(f"/publicity/{slug}s/").status_code == 200
    assert client.get(f"/publicity/{slug}s/new/").status_code == 200


def test_outsider_gets_404(add, login):
    made = add(NewsItem, **NEWS)
    for path in ("", "edit/", "void/"):
        assert login("other_district_officer").get(made.get_absolute_url() + path).status_code == 404
    assert login("city_officer").get(made.get_absolute_url()).status_code == 200
    assert login("city_officer").get(made.get_absolute_url() + "edit/").status_code == 404


def test_other_role_gets_403(add, login):
    made = add(NewsItem, **NEWS)
    assert login("enterprise_admin").get(made.get_absolute_url()).status_code == 403
    assert login("district_leader").get("/publicity/news-items/new/").status_code == 403


def test_two_editors_one_wins(add, login):
    made = add(NewsItem, **NEWS)
    first, second = login("district_officer"), login("district_officer_2")
    edit = made.get_absolute_url() + "edit/"
    assert first.post(edit, {**NEWS, "title": "甲改", "version": 1}).status_code == 302
    answer = second.post(edit, {**NEWS, "title": "乙改", "version": 1})
    assert "刚被他人修改" in answer.content.decode()
    made.refresh_from_db()
    assert made.title == "甲改"


def test_a_voided_record_does_not_count(add, cast, at):
    made = add(QuestionnaireHandout, title="现状问卷", day=date(2025, 6, 3), channel="visit", count=40, note="走访")
    add(QuestionnaireHandout, title="现状问卷", day=date(2025, 6, 4), channel="visit", count=2, note="走访")
    assert value("questionnaires", cast.east) == 42
    services.void(made, version=1, reason="重复登记", actor=cast.actor("district_officer"), at=at)
    assert value("questionnaires", cast.east) == 2


def test_figures_roll_up_and_keep_to_the_period(add, cast):
    add(NewsItem, **NEWS)
    add(NewsItem, "other_district_officer", **{**NEWS, "level": "city"})
    add(NewsItem, "city_officer", **NEWS)
    add(NewsItem, **{**NEWS, "day": date(2025, 7, 1)})
    add(GovReport, title="情况报告", kind="report", addressee="区委", sent_on=date(2025, 6, 30))
    assert (value("news_total", cast.city), value("news_central", cast.city)) == (3, 2)
    assert value("news_total", cast.city, own_only=True) == 1
    assert value("news_total", cast.east) + value("news_total", cast.west) + 1 == value("news_total", cast.city)
    assert value("gov_reports", cast.nation) == 1


def test_it_is_in_the_trail(add, cast):
    made = add(NewsItem, **NEWS)
    entry = Entry.objects.about(made).get()
    assert (entry.verb, entry.user_name) == ("created", "district_officer")
    assert '"medium":"新华社"' in entry.after


def test_it_rejects_an_empty_count(login):
    answer = login("district_officer").post(
        "/publicity/questionnaires/new/",
        {"title": "问卷", "day": "2025-06-03", "channel": "visit", "count": "-3", "note": "x", "version": 1},
    )
    assert answer.status_code == 200
    assert not QuestionnaireHandout.objects.unscoped("test").exists()
