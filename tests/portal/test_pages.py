"""The public's pages: what is published is shown whole, what is not is nowhere."""

import io
import re
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from django.core.checks import run_checks
from PIL import Image

from midun.activities.services import attachments, events
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach
from midun.portal.checks import footer_is_complete
from midun.portal.templatetags.portal import marked
from midun.publicity import services as publicity
from midun.publicity.models import NewsItem
from tests.campaigns.factories import campaign_of


@pytest.fixture
def news(cast, at):
    """`news("标题", show=False)` adds a news item of the east bureau."""

    def add(title, *, day=date(2025, 6, 5), show=True, **more):
        actor = cast.actor("district_officer")
        fields = {"title": title, "medium": "晚报", "level": "city", "day": day, "summary": "", **more}
        made = publicity.add(NewsItem, unit=cast.east_bureau, actor=actor, at=at, **fields)
        if show:
            publicity.put_on_portal(made, show=True, actor=actor, at=at)
        return made

    return add


@pytest.fixture
def held(cast, at):
    """An event of the east bureau on the portal."""
    actor = cast.actor("district_officer")
    fields = {"kind": "training", "title": "离职交接培训", "day": date(2025, 6, 3), "place": "会展中心"}
    made = events.add(unit=cast.east_bureau, actor=actor, at=at, **fields)
    events.put_on_portal(made, show=True, actor=actor, at=at)
    made.refresh_from_db()
    return made


@pytest.fixture
def visit(login):
    """`visit("/")` gives the text of a page to a visitor."""
    return lambda path, **query: login("visitor").get(path, query).content.decode()


def test_it_works(visit, news, held, cast, at):
    campaign_of(cast.city_officer)
    news("保密课开到车间")
    shown = visit("/")
    assert "保密课开到车间" in shown
    assert "离职交接培训" in shown
    assert "案例经脱敏复核公布后会列在这里" in shown


def test_the_home_page_shows_the_running_month_with_its_headings(visit, cast, at):
    from midun.campaigns.services import campaigns

    month = campaign_of(cast.city_officer)
    assert month.title not in visit("/")
    campaigns.launch(campaign=month, actor=cast.actor("city_officer"), at=at)
    shown = visit("/")
    assert month.title in shown
    assert all(strand.heading in shown for strand in month.strands.all())


def test_what_is_not_published_is_404(login, news):
    hidden, shown = news("未公开", show=False), news("公开")
    visitor = login("visitor")
    assert visitor.get(f"/column/news/{hidden.pk}/").status_code == 404
    assert visitor.get(f"/column/news/{shown.pk}/").status_code == 200
    assert visitor.get(f"/column/cases/{shown.pk}/").status_code == 404
    assert "未公开" not in visitor.get("/column/news/").content.decode()


def test_an_article_says_when_and_from_where_and_leads_on(visit, news):
    older, item, newer = (news(f"报道{n}", day=date(2025, 6, n)) for n in (4, 5, 6))
    shown = visit(f"/column/news/{item.pk}/")
    assert "发布时间：" in shown
    assert "来源：晚报" in shown
    assert "data:image/svg+xml" in shown
    assert re.search(rf'上一篇：<a href="/column/news/{newer.pk}/" rel="prev">报道6</a>', shown)
    assert re.search(rf'下一篇：<a href="/column/news/{older.pk}/" rel="next">报道4</a>', shown)
    assert "上一篇：没有了" in visit(f"/column/news/{newer.pk}/")


def test_neighbours_of_the_same_day_are_told_apart(visit, news):
    first, second, third = (news(f"同日{n}") for n in range(3))
    shown = visit(f"/column/news/{second.pk}/")
    assert f'href="/column/news/{third.pk}/" rel="prev"' in shown
    assert f'href="/column/news/{first.pk}/" rel="next"' in shown


def test_pages_carry_the_metadata_of_a_government_site(visit, news, settings):
    settings.MIDUN_SITE = {"organiser": "沪市市场监督管理局", "code": "9901000001"}
    item = news("保密课开到车间")
    shown = visit(f"/column/news/{item.pk}/")
    for name, content in (
        ("SiteName", "沪市市场监督管理局"),
        ("SiteIDCode", "9901000001"),
        ("ColumnName", "宣传报道"),
        ("ArticleTitle", "保密课开到车间"),
        ("ContentSource", "东区市场监管局"),
        ("PubDate", "2025-06-10 10:00"),
    ):
        assert f'<meta name="{name}" content="{content}">' in shown
    assert f"<title>{item.title} · 企业商业秘密保护公共服务平台</title>" in shown


def test_the_footer_states_what_the_environment_says(visit, settings):
    settings.MIDUN_SITE = {"organiser": "沪市市场监督管理局", "icp": "沪ICP备00000000号", "police": ""}
    shown = visit("/")
    assert "沪市市场监督管理局" in shown
    assert '<a href="https://beian.miit.gov.cn/" rel="noopener noreferrer">沪ICP备00000000号</a>' in shown
    assert "试用环境，由部署单位填写" in shown
    assert 'href="/site-map/"' in shown


def test_in_production_nothing_is_made_up_and_the_check_says_what_is_missing(visit, settings):
    from dataclasses import replace

    settings.ENVIRONMENT = replace(settings.ENVIRONMENT, production=True)
    settings.MIDUN_SITE = {"organiser": "沪市市场监督管理局"}
    shown = visit("/")
    assert "由部署单位填写" not in shown
    assert "公安备案号" not in shown
    (found,) = footer_is_complete()
    assert "MIDUN_SITE_ICP" in found.msg
    assert "MIDUN_SITE_ORGANISER" not in found.msg
    assert found in run_checks(include_deployment_checks=True)


def test_the_footer_check_is_content_when_everything_is_stated(settings):
    settings.MIDUN_SITE = dict.fromkeys(("organiser", "contact", "phone", "code", "icp", "police"), "有")
    assert footer_is_complete() == []


def test_only_files_marked_public_are_shown(visit, login, held, cast, at):
    actor = cast.actor("district_officer")
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    for name in ("public.png", "inner.png"):
        attach(owner=held, data=picture.getvalue(), name=name, kind=Attachment.Kind.PHOTO, actor=actor, at=at)
    public, inner = Attachment.objects.of(held).order_by("pk")
    attachments.use_file(held, attachment=public, public=True, in_report=False, actor=actor, at=at)
    shown = visit(f"/column/activities/{held.pk}/")
    assert f"/files/{public.pk}/" in shown
    assert f"/files/{inner.pk}/" not in shown
    assert login("visitor").get(f"/files/{inner.pk}/").status_code == 404


def test_the_search_highlights_and_escapes(visit, news):
    news("<b>商业秘密</b>讲座", summary="从<script>说起的商业秘密保护")
    shown = visit("/search/", q="商业秘密")
    assert "&lt;b&gt;<mark>商业秘密</mark>&lt;/b&gt;讲座" in shown
    assert "<script>说起" not in shown


@pytest.mark.parametrize(
    ("query", "said"), [("", "一个字也可以"), ("，。", "没有可以查找的字词"), ("没有的词", "没有找到")]
)
def test_the_search_says_what_to_do_when_nothing_is_found(visit, query, said):
    assert said in visit("/search/", q=query)


def test_hits_come_in_pages(visit, news):
    for n in range(17):
        news(f"秘密讲座{n}")
    assert visit("/search/", q="秘密").count("<mark>") >= 15
    assert "共找到 <strong>17</strong> 条" in visit("/search/", q="秘密", page="2")
    assert len(re.findall(r"/column/news/\d+/", visit("/search/", q="秘密", page="2"))) == 2


def test_the_feed_is_valid_and_names_what_is_public_only(login, news, held):
    news("未公开", show=False)
    item = news("公开的报道")
    answer = login("visitor").get("/feed.xml")
    assert answer.headers["Content-Type"] == "application/rss+xml; charset=utf-8"
    entries = ET.fromstring(answer.content).findall("./channel/item")  # noqa: S314  # made by ourselves
    assert [e.findtext("title") for e in entries] == ["公开的报道", "离职交接培训"]
    assert entries[0].findtext("link").endswith(f"/column/news/{item.pk}/")


def test_every_page_offers_the_version_for_the_elderly(visit):
    for path in ("/", "/search/", "/about/", "/accessibility/", "/site-map/", "/column/news/"):
        shown = visit(path)
        assert "长辈版" in shown
        assert "高对比度" in shown


def test_marks_are_escaped():
    assert marked("a<b>密</b>", ["密"]) == "a&lt;b&gt;<mark>密</mark>&lt;/b&gt;"
    assert marked("无", []) == "无"


@pytest.mark.parametrize("path", ["/", "/column/news/", "/column/activities/"])
def test_the_pages_ask_the_database_equally_often_however_much_there_is(
    login, news, path, django_assert_max_num_queries
):
    news("一")
    visitor = login("visitor")
    with django_assert_max_num_queries(12) as few:
        visitor.get(path)
    for n in range(8):
        news(f"更多{n}")
    with django_assert_max_num_queries(12) as many:
        visitor.get(path)
    assert len(few) == len(many)


def test_the_search_asks_the_database_equally_often(login, news, django_assert_max_num_queries):
    visitor = login("visitor")
    for n in range(15):
        news(f"秘密{n}")
    with django_assert_max_num_queries(4):
        visitor.get("/search/", {"q": "秘密"})
