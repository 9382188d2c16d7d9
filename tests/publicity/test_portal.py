"""What is on the portal was put there by somebody with the right to, with exactly the files that go with it."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from midun.kernel.files.models import Attachment
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from midun.publicity import services
from midun.publicity.models import NewsItem, Resource, TypicalCase

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
GUIDE = {"title": "保密制度范本", "summary": "供企业参照", "day": "2025-06-03", "version": 1}


def upload(name="范本.pdf"):
    return SimpleUploadedFile(name, PDF, "application/pdf")


@pytest.fixture
def guide(login):
    login("district_officer").post("/publicity/resources/new/", {**GUIDE, "uploads": [upload()]})
    return Resource.objects.unscoped("test").get()


@pytest.fixture
def news(cast, at):
    day = {"day": "2025-06-12", "medium": "区融媒体中心", "level": "district"}
    return services.add(
        NewsItem, unit=cast.east_bureau, actor=cast.actor("district_officer"), at=at, title="服务月启动", **day
    )


def file_of(record):
    return Attachment.objects.of(record).get()


def test_a_download_comes_with_its_files(guide, login):
    client, visitor = login("district_leader"), login("visitor")
    page, file = f"/column/downloads/{guide.pk}/", f"/files/{file_of(guide).pk}/"
    assert visitor.get(page).status_code == visitor.get(file).status_code == 404
    assert client.post(f"{guide.get_absolute_url()}portal/", {"show": "1"}).status_code == 302
    assert "范本.pdf" in visitor.get(page).content.decode()
    assert visitor.get(file).status_code == 200
    client.post(f"{guide.get_absolute_url()}portal/", {"show": "0"})
    assert visitor.get(page).status_code == visitor.get(file).status_code == 404
    verbs = list(Entry.objects.about(guide).values_list("verb", flat=True))
    assert verbs == ["created", "attached", "published", "unpublished"]


def test_a_file_added_later_is_public_only_when_somebody_says_so(guide, login):
    officer, liaison, visitor = login("district_officer"), login("liaison_officer"), login("visitor")
    page = guide.get_absolute_url()
    officer.post(f"{page}portal/", {"show": "1"})
    guide.refresh_from_db()
    officer.post(f"{page}edit/", {**GUIDE, "version": guide.version, "uploads": [upload("补充.pdf")]})
    later = Attachment.objects.of(guide).get(name="补充.pdf")
    assert visitor.get(f"/files/{later.pk}/").status_code == 404
    assert liaison.post(f"{page}files/{later.pk}/", {"public": "1"}).status_code == 403
    officer.post(f"{page}files/{later.pk}/", {"public": "1"})
    assert visitor.get(f"/files/{later.pk}/").status_code == 200
    officer.post(f"{page}files/{later.pk}/", {"public": "0"})
    assert visitor.get(f"/files/{later.pk}/").status_code == 404


def test_the_files_of_a_news_item_are_chosen_one_by_one(news, login):
    client = login("district_officer")
    page = news.get_absolute_url()
    data = {"title": news.title, "medium": news.medium, "level": news.level, "day": "2025-06-12", "version": 1}
    client.post(f"{page}edit/", {**data, "uploads": [upload("内部.pdf")]})
    client.post(f"{page}portal/", {"show": "1"})
    assert login("visitor").get(f"/column/news/{news.pk}/").status_code == 200
    assert login("visitor").get(f"/files/{file_of(news).pk}/").status_code == 404


def test_a_file_is_removed_with_a_reason(guide, login):
    client, file = login("district_officer"), file_of(guide)
    page = f"{guide.get_absolute_url()}files/{file.pk}/remove/"
    assert login("other_district_officer").get(page).status_code == 404
    assert login("city_officer").get(page).status_code == 404
    assert client.post(page, {"reason": ""}).status_code == 200
    assert client.post(page, {"reason": "传错了"}).status_code == 302
    assert not Attachment.objects.of(guide).exists()
    assert client.get(page).status_code == 404
    entry = Entry.objects.about(guide).last()
    assert (entry.verb, entry.reason) == ("attachment_removed", "传错了")


def test_what_is_public_is_changed_only_by_who_may_publish(news, cast, at):
    services.put_on_portal(news, show=True, actor=cast.actor("district_leader"), at=at)
    news.refresh_from_db()
    with pytest.raises(Refused):
        services.change(
            news, version=news.version, actor=cast.actor("liaison_officer"), at=at, fields={"title": "改标题"}
        )
    services.change(news, version=news.version, actor=cast.actor("district_officer"), at=at, fields={"title": "改标题"})


def test_what_is_public_is_not_voided(news, login, cast, at):
    services.put_on_portal(news, show=True, actor=cast.actor("district_leader"), at=at)
    answer = login("district_officer").post(f"{news.get_absolute_url()}void/", {"reason": "x"})
    assert "请先下线" in answer.content.decode()


def test_putting_it_there_twice_changes_nothing(news, cast, at):
    leader = cast.actor("district_leader")
    services.put_on_portal(news, show=True, actor=leader, at=at)
    services.put_on_portal(news, show=True, actor=leader, at=at)
    assert Entry.objects.about(news).filter(verb="published").count() == 1


def test_other_role_is_refused(news, cast, at, login):
    with pytest.raises(Refused):
        services.put_on_portal(news, show=True, actor=cast.actor("liaison_officer"), at=at)
    assert login("liaison_officer").post(f"{news.get_absolute_url()}portal/", {"show": "1"}).status_code == 403


def test_a_voided_record_stays_off(news, cast, at, login):
    services.void(news, version=1, reason="x", actor=cast.actor("district_officer"), at=at)
    answer = login("district_leader").post(f"{news.get_absolute_url()}portal/", {"show": "1"}, follow=True)
    assert "已作废" in answer.content.decode()


def test_the_database_wants_a_name_for_what_is_public(news, guide, at):
    for model, record in ((NewsItem, news), (Resource, guide)):
        rows = model.objects.unscoped("test").filter(pk=record.pk)
        for impossible in ({"published_at": at}, {"void_reason": "x"}, {"voided_at": at}):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**impossible)


def test_a_download_without_a_file_is_not_put_online(cast, at, login):
    bare = services.add(
        Resource, unit=cast.east_bureau, actor=cast.actor("district_officer"), at=at, title="空的", day="2025-06-03"
    )
    answer = login("district_leader").post(f"{bare.get_absolute_url()}portal/", {"show": "1"}, follow=True)
    assert "请先上传供下载的文件" in answer.content.decode()
    bare.refresh_from_db()
    assert not bare.is_public


def test_the_files_of_a_case_are_never_public(cast, at, login):
    """The second person read the text; nobody read the files."""
    text = {"title": "某案", "decided_by": "某局", "year": 2024, "facts": "某公司", "outcome": "罚款"}
    case = services.add(
        TypicalCase,
        unit=cast.east_bureau,
        actor=cast.actor("district_officer"),
        at=at,
        files=[("决定书.pdf", PDF)],
        **text,
    )
    page = case.get_absolute_url()
    assert login("district_officer").post(f"{page}files/{file_of(case).pk}/", {"public": "1"}).status_code == 403
    assert not file_of(case).public
    assert "随记录公开" not in login("district_officer").get(page).content.decode()
