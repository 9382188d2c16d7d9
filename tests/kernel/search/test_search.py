"""The index follows what is published, on both databases; what is not public is never found."""

import io
from datetime import date

import pytest
from django.db import connection
from PIL import Image

from midun.activities.services import events
from midun.kernel.search import finding, services
from midun.kernel.search.models import SearchEntry
from midun.publicity import services as publicity
from midun.publicity.models import NewsItem, Resource, TypicalCase
from midun.publicity.workflow import REDACTION


def found(text):
    return [hit.title for hit in finding.find(text)]


@pytest.fixture
def news(cast, at):
    """`news("标题", summary="…")` adds a news item of the east bureau; `show=False` leaves it unpublished."""

    def add(title, *, summary="", day=date(2025, 6, 5), show=True, who="district_officer", unit="east_bureau"):
        actor = cast.actor(who)
        fields = {"title": title, "medium": "晚报", "level": "city", "day": day, "summary": summary}
        made = publicity.add(NewsItem, unit=cast.organisations[unit], actor=actor, at=at, **fields)
        if show:
            publicity.put_on_portal(made, show=True, actor=actor, at=at)
        return made

    return add


@pytest.mark.parametrize("text", ["商业秘密", "秘密", "密", "业秘密保", "晚报", "进园区 秘密", "商业秘密保护进园区"])
def test_it_works(news, text):
    news("商业秘密保护进园区")
    news("企业开放日")
    assert "商业秘密保护进园区" in found(text)


@pytest.mark.parametrize(
    "text", ["密商", "园区进", "秘密 论坛", "不存在", "", "  ", "！", "%", "_", '"', "' OR 1=1", "* AND"]
)
def test_what_does_not_occur_is_not_found(news, text):
    news("商业秘密保护进园区")
    assert found(text) == []
    assert finding.count(text) == 0


def test_titles_come_before_texts_and_new_before_old(news):
    news("甲", summary="讲解商业秘密的日常管理和离职交接要点，走进园区和企业")
    news("商业秘密讲座（旧）", day=date(2025, 6, 1))
    news("商业秘密讲座（新）", day=date(2025, 6, 9))
    assert found("商业秘密") == ["商业秘密讲座（新）", "商业秘密讲座（旧）", "甲"]


def test_pages_of_hits_do_not_overlap(news):
    for n in range(5):
        news(f"商业秘密第{n}讲")
    first, second = finding.find("商业秘密", stop=3), finding.find("商业秘密", start=3, stop=6)
    assert (len(first), len(second), finding.count("商业秘密")) == (3, 2, 5)
    assert not {h.record_id for h in first} & {h.record_id for h in second}


def test_the_index_follows_every_act_on_a_news_item(news, cast, at):
    actor = cast.actor("district_officer")
    item = news("未发布的秘密报道", show=False)
    assert found("秘密报道") == []
    publicity.put_on_portal(item, show=True, actor=actor, at=at)
    assert found("秘密报道") == ["未发布的秘密报道"]
    item.refresh_from_db()
    publicity.change(item, version=item.version, actor=actor, at=at, fields={"title": "改名的报道"})
    assert found("秘密报道") == []
    assert found("改名") == ["改名的报道"]
    item.refresh_from_db()
    publicity.put_on_portal(item, show=False, actor=actor, at=at)
    assert found("改名") == []
    item.refresh_from_db()
    publicity.void(item, version=item.version, reason="误登", actor=actor, at=at)
    assert found("改名") == []


def test_the_index_follows_every_act_on_an_activity(cast, at):
    actor = cast.actor("district_officer")
    fields = {"kind": "training", "title": "离职交接培训", "day": date(2025, 6, 3), "place": "会展中心"}
    made = events.add(unit=cast.east_bureau, actor=actor, at=at, **fields)
    assert found("离职交接") == []
    events.put_on_portal(made, show=True, actor=actor, at=at)
    assert found("会展中心") == ["离职交接培训"]
    made.refresh_from_db()
    events.change(made, version=made.version, actor=actor, at=at, fields={"place": "图书馆"})
    assert (found("会展"), found("图书馆")) == ([], ["离职交接培训"])
    made.refresh_from_db()
    events.void(made, version=made.version, reason="误登", actor=actor, at=at)
    assert found("图书馆") == []


def test_a_case_is_found_from_its_publication_to_its_withdrawal(cast, at):
    author, reviewer = cast.actor("district_officer"), cast.actor("district_leader")
    fields = {
        "title": "擅自下载资料案",
        "decided_by": "某局",
        "year": 2024,
        "facts": "发送至个人网盘",
        "outcome": "罚款",
    }
    case = publicity.add(TypicalCase, unit=cast.east_bureau, actor=author, at=at, **fields)
    publicity.submit_case(case, actor=author, at=at)
    assert found("网盘") == []
    case.refresh_from_db()
    checked = [key for key, _ in REDACTION]
    publicity.publish_case(case, version=case.version, checked=checked, actor=reviewer, at=at)
    assert found("网盘") == ["擅自下载资料案"]
    publicity.withdraw_case(case, reason="有误", actor=reviewer, at=at)
    assert found("网盘") == []


def test_unpublished_records_of_anybody_are_never_found(news, login):
    news("西区未公开的内部报道", show=False, who="other_district_officer", unit="west_bureau")
    for who in ("visitor", "district_officer", "city_officer", "other_district_officer"):
        assert "内部报道</" not in login(who).get("/search/", {"q": "内部报道"}).content.decode()


def test_even_a_lagging_index_shows_nothing_that_is_no_longer_public(news):
    item = news("将被撤下的报道")
    NewsItem.objects.unscoped("past every service").filter(pk=item.pk).update(published_at=None, published_by=None)
    assert SearchEntry.objects.unscoped("test").filter(record_id=item.pk).exists()
    assert found("撤下") == []


def test_rebuilding_repairs_whatever_is_wrong(news, cast, at):
    kept, renamed, gone = news("留下的"), news("改名前"), news("撤下的")
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    resource = publicity.add(
        Resource,
        unit=cast.east_bureau,
        actor=cast.actor("district_officer"),
        at=at,
        files=[("范本.png", picture.getvalue())],
        title="范本",
        day=date(2025, 6, 1),
    )
    publicity.put_on_portal(resource, show=True, actor=cast.actor("district_officer"), at=at)
    past = NewsItem.objects.unscoped("past every service")
    past.filter(pk=renamed.pk).update(title="改名后")
    past.filter(pk=gone.pk).update(published_at=None, published_by=None)
    SearchEntry.objects.unscoped("test").filter(record_id=resource.pk, kind="资料下载").delete()
    assert services.rebuild() == 3
    assert services.rebuild() == 0
    assert (found("改名后"), found("范本"), found("留下")) == (["改名后"], ["范本"], [kept.title])
    assert SearchEntry.objects.unscoped("test").filter(title="撤下的").count() == 0


def test_what_is_not_searchable_is_left_alone(cast):
    services.refresh(cast.jia)
    assert not SearchEntry.objects.unscoped("test").exists()


def test_the_database_answers_from_its_index(news):
    news("商业秘密")
    words = ["商业秘密"]
    source, order, query = finding._asked(words)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN SELECT e.id {source}", [query])
            assert "search_words" in str(cursor.fetchall())
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN SELECT e.id {source} {order}", [query, 10, 0])
            assert "VIRTUAL TABLE INDEX" in str(cursor.fetchall())


def test_an_excerpt_shows_the_first_word_in_its_surroundings():
    text = "前" * 60 + "商业秘密" + "后" * 200
    piece = finding.excerpt(text, ["秘密"])
    assert piece.startswith("…前")
    assert piece.endswith("后…")
    assert "商业秘密" in piece
    assert finding.excerpt("短文", ["没有"]) == "短文"
