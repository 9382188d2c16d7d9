"""Voiding, restoring, the portal, files."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from midun.activities.models import Activity, Certificate, SignIn
from midun.activities.services import attachments, certificates, events, own
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.services import Stale
from midun.kernel.trail.models import Entry
from tests.activities.factories import PDF, address, event, listed, opened, people, png


@pytest.fixture
def made(cast):
    return event(cast.district_officer, hours=2)


@pytest.fixture
def photo(made, cast, at):
    actor = cast.actor("district_officer")
    attachments.add_files(made, files=[("现场.png", png())], actor=actor, at=at)
    return Attachment.objects.of(made).get()


def again(activity):
    return Activity.objects.unscoped("test").get(pk=activity.pk)


# void and restore


def test_it_works(login, made, cast, at):
    """Voiding closes the door and revokes what was certified; restoring brings the numbers back, nothing else."""
    listed(made, cast.district_officer, people("张三"))
    opened(made, cast.district_officer)
    certificates.issue(made, participations=None, actor=cast.actor("district_officer"), at=at)
    client = login("district_officer")
    client.post(address("void", made.pk), {"reason": "活动改期"})
    assert (again(made).void_reason, again(made).voided_at is not None) == ("活动改期", True)
    assert SignIn.objects.unscoped("test").get().closed_at is not None
    assert Certificate.objects.unscoped("test").get().revoke_reason == "活动作废：活动改期"
    assert "已于" in client.get(address("activity", made.pk)).content.decode()
    client.post(address("restore", made.pk), {"reason": "改期取消"})
    assert (again(made).voided_at, again(made).void_reason) == (None, "")
    assert Certificate.objects.unscoped("test").get().revoked_at is not None


def test_it_is_in_the_trail(login, made):
    login("district_officer").post(address("void", made.pk), {"reason": "未办"})
    login("district_officer").post(address("restore", made.pk), {"reason": "误点"})
    last = list(Entry.objects.about(made).values_list("verb", "reason"))[-2:]
    assert last == [("voided", "未办"), ("restored", "误点")]


@pytest.mark.parametrize("name", ["void", "restore", "add-files"])
def test_outsider_gets_404(login, made, name):
    assert login("other_district_officer").post(address(name, made.pk), {"reason": "x"}).status_code == 404


@pytest.mark.parametrize("name", ["void", "restore", "add-files"])
def test_other_role_gets_403(login, made, name):
    for who in ("city_officer", "district_leader", "enterprise_admin"):
        assert login(who).post(address(name, made.pk), {"reason": "x"}).status_code == 403


def test_it_rejects_voiding_without_a_reason(login, made):
    login("district_officer").post(address("void", made.pk), {"reason": " "})
    assert again(made).voided_at is None


def test_it_rejects_voiding_twice(made, cast, at):
    actor = cast.actor("district_officer")
    events.void(made, version=1, reason="未办", actor=actor, at=at)
    with pytest.raises(own.Voided):
        events.void(made, version=2, reason="再来", actor=actor, at=at)
    with pytest.raises(Stale):
        events.restore(made, version=1, reason="旧页面", actor=actor, at=at)


def test_a_voided_event_is_not_changed(login, made, cast, at):
    actor = cast.actor("district_officer")
    events.void(made, version=1, reason="未办", actor=actor, at=at)
    with pytest.raises(own.Voided):
        events.change(made, version=2, actor=actor, at=at, fields={"place": "甲"})
    with pytest.raises(own.Voided):
        attachments.add_files(made, files=[("a.png", png())], actor=actor, at=at)
    page = login("district_officer").post(
        address("add-files", made.pk), {"kind": "photo", "uploads": SimpleUploadedFile("a.png", png())}, follow=True
    )
    assert "活动已作废" in page.content.decode()


def test_the_database_refuses_voided_without_a_reason(made, at):
    with pytest.raises(IntegrityError), transaction.atomic():
        Activity.objects.unscoped("test").filter(pk=made.pk).update(voided_at=at)


# the portal


def test_an_event_goes_onto_the_portal_and_off_again(login, made):
    leader, public = login("district_leader"), login("visitor")
    assert public.get(reverse("portal:activity", args=[made.pk])).status_code == 404
    leader.post(address("portal", made.pk), {"show": "1"})
    assert made.title in public.get(reverse("portal:activity", args=[made.pk])).content.decode()
    leader.post(address("portal", made.pk), {"show": "1"})
    leader.post(address("portal", made.pk), {"show": "0"})
    assert public.get(reverse("portal:activity", args=[made.pk])).status_code == 404
    assert list(Entry.objects.about(made).values_list("verb", flat=True)) == ["created", "published", "unpublished"]


def test_publishing_needs_the_right_and_the_scope(login, made):
    assert login("liaison_officer").post(address("portal", made.pk), {"show": "1"}).status_code == 403
    assert login("other_district_officer").post(address("portal", made.pk), {"show": "1"}).status_code == 404
    assert again(made).published_at is None


def test_a_voided_event_leaves_the_portal(made, cast, at):
    actor = cast.actor("district_officer")
    events.put_on_portal(made, show=True, actor=actor, at=at)
    events.void(made, version=2, reason="未办", actor=actor, at=at)
    assert again(made).is_public is False
    with pytest.raises(own.Voided):
        events.put_on_portal(made, show=True, actor=actor, at=at)


# files


def test_files_are_added_used_and_removed(login, made, photo):
    client = login("district_officer")
    sheet = SimpleUploadedFile("签到表.pdf", PDF)
    client.post(address("add-files", made.pk), {"kind": "sign_in_sheet", "uploads": sheet})
    assert set(Attachment.objects.of(made).values_list("kind", flat=True)) == {"photo", "sign_in_sheet"}
    client.post(address("use-file", made.pk, photo.pk), {"public": "on", "in_report": "on"})
    photo.refresh_from_db()
    assert (photo.public, photo.in_report) == (True, True)
    client.post(address("remove-file", made.pk, photo.pk), {"reason": "拍到了屏幕"})
    assert [a.name for a in Attachment.objects.of(made)] == ["签到表.pdf"]
    verbs = [e.verb for e in Entry.objects.about(made)]
    assert verbs == ["created", "attached", "attached", "changed", "attachment_removed"]


def test_a_file_is_read_by_whoever_reads_the_event(login, made, photo, cast, at):
    path = reverse("web:attachment", args=[photo.pk])
    assert login("city_officer").get(path).status_code == 200
    for who in ("other_district_officer", "enterprise_admin", "visitor"):
        assert login(who).get(path).status_code == 404
    actor = cast.actor("district_officer")
    attachments.use_file(made, attachment=photo, public=True, in_report=False, actor=actor, at=at)
    assert login("visitor").get(path).status_code == 404  # marked public, but the event is not on the portal
    events.put_on_portal(made, show=True, actor=actor, at=at)
    assert login("visitor").get(path).status_code == 200
    events.void(made, version=2, reason="未办", actor=actor, at=at)
    assert login("visitor").get(path).status_code == 404


def test_a_file_of_another_event_is_404(login, made, photo, cast):
    other = event(cast.district_officer, title="另一场")
    for name in ("use-file", "remove-file"):
        assert login("district_officer").post(address(name, other.pk, photo.pk), {"reason": "x"}).status_code == 404


def test_it_rejects_a_file_of_another_kind(login, made):
    bad = SimpleUploadedFile("a.png", b"<svg onload=alert(1)>")
    page = login("district_officer").post(address("add-files", made.pk), {"kind": "photo", "uploads": bad}, follow=True)
    assert "不支持的文件类型" in page.content.decode()
    assert not Attachment.objects.of(made).exists()
