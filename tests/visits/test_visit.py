"""One visit: shown, corrected, supplemented, voided, restored, its files; nobody outside sees it by any door."""

import io
from datetime import date

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from midun.claims.models import Claim, Suggestion
from midun.kernel.files.models import Attachment
from midun.kernel.orgs.services import Refused, Stale
from midun.kernel.trail.models import Entry
from midun.visits import services
from midun.visits.models import Visit
from tests.threads import together

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
EDIT = {"day": "2025-06-10", "way": "visit", "visitors": "李晓梅", "version": 1}
LEARNED = {
    "secrets": 12,
    "patents": 1234,
    "nda_signed": 412,
    "nda_should": 520,
    "non_compete_signed": 0,
    "non_compete_eligible": 0,
    "has_rules": "yes",
}


def live_tips():
    return Suggestion.objects.unscoped("test").live()


def test_rates_are_shown_with_the_counts_they_come_from(record, login):
    shown = login("district_officer").get(record(**LEARNED).get_absolute_url()).content.decode()
    for part in ("412 / 520（79.2%）", "0 / 0（—）", "1,234 件", "12 项", "已建立"):
        assert part in shown


def test_what_was_not_learned_is_said(visit, login):
    assert login("district_officer").get(visit.get_absolute_url()).content.decode().count("未了解") == 5


def test_the_list_narrows_and_exports_what_was_learned(record, cast, login):
    record(**LEARNED)
    record(enterprise=cast.yi, day=date(2025, 7, 2), way="revisit")
    client = login("district_officer")

    def found(query):
        body = client.get(f"/visits/?{query}").content.decode()
        return [e.name for e in (cast.jia, cast.yi) if f"{e.name}</a>" in "".join(body.split())]

    assert found("") == [cast.jia.name, cast.yi.name]
    assert found("q=精密") == found("q=91310000MA1K35XR") == found("until=2025-06-30") == [cast.jia.name]
    assert found("way=revisit") == found("since=2025-07-01") == [cast.yi.name]
    assert found("unit=西区") == []
    answer = client.post("/visits/", {"action": "export", "q": "精密"})
    head, row = openpyxl.load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
    exported = dict(zip(head, row, strict=True))
    assert (exported["保密协议已签人数"], exported["保密协议应签人数"]) == (412, 520)
    assert exported["统一社会信用代码"] == cast.jia.credit_code


def test_the_list_does_not_ask_more_for_more_visits(record, login, django_assert_max_num_queries):
    for _ in range(12):
        record()
    client = login("district_officer")
    with django_assert_max_num_queries(22):
        client.get("/visits/")


def test_an_empty_list_says_what_to_do(login):
    assert "走访时用手机登记" in login("district_officer").get("/visits/").content.decode()


def test_suggestions_follow_when_the_day_is_corrected(visit, login):
    page = f"{visit.get_absolute_url()}edit/"
    client = login("district_officer")
    assert client.get(page).status_code == 200
    assert client.post(page, {**EDIT, "day": "2025-06-03"}).status_code == 302
    assert live_tips().get().given_on == date(2025, 6, 3)
    assert Claim.objects.unscoped("test").get().raised_on == date(2025, 6, 10)


def test_two_editors_one_wins(visit, login):
    page = f"{visit.get_absolute_url()}edit/"
    assert login("district_officer").post(page, {**EDIT, "visitors": "甲改"}).status_code == 302
    answer = login("district_officer_2").post(page, {**EDIT, "visitors": "乙改"})
    assert "刚被他人修改" in answer.content.decode()
    visit.refresh_from_db()
    assert visit.visitors == "甲改"


@pytest.mark.django_db(transaction=True)
def test_an_edit_and_a_voiding_at_once(visit, cast, at):
    one, other = cast.actor("district_officer"), cast.actor("district_officer_2")
    found = together(
        lambda: services.change(visit, version=1, actor=one, at=at, fields={"visitors": "改"}),
        lambda: services.void(visit, version=1, reason="重复", actor=other, at=at),
    )
    assert [type(f) for f in found if f is not None] in ([Stale], [services.Voided])
    now = Visit.objects.unscoped("test").get()
    assert (now.visitors == "改") != (now.voided_at is not None)
    assert now.version == 2


def test_more_findings_are_added_later(visit, login):
    rows = {
        "tips-TOTAL_FORMS": "1",
        "tips-INITIAL_FORMS": "0",
        "tips-0-topic": "training",
        "tips-0-text": "多办培训",
        "needs-TOTAL_FORMS": "1",
        "needs-INITIAL_FORMS": "0",
        "needs-0-topic": "deposit",
        "needs-0-title": "如何存证",
        "needs-0-urgency": "normal",
    }
    client, page = login("district_officer"), visit.get_absolute_url()
    answer = client.post(f"{page}findings/", rows, follow=True)
    assert "已补充：建议 1 条，诉求 1 项" in answer.content.decode()
    assert (live_tips().count(), Claim.objects.unscoped("test").count()) == (2, 2)
    answer = client.post(f"{page}findings/", {**rows, "tips-0-text": "长" * 501}, follow=True)
    assert "没有保存" in answer.content.decode()
    assert client.get(f"{page}findings/").status_code == 302
    services_visit = Visit.objects.unscoped("test").get()
    assert client.post(f"{page}void/", {"reason": "走错了"}).status_code == 302
    answer = client.post(f"{services_visit.get_absolute_url()}findings/", rows, follow=True)
    assert "已作废" in answer.content.decode()


def test_voiding_takes_the_suggestions_along_and_restoring_brings_them_back(visit, login, cast, at):
    from midun.claims.services import void_suggestion

    services.add_findings(
        visit,
        suggestions=[{"topic": "other", "text": "先前作废的"}],
        actor=cast.actor("district_officer"),
        at=at,
    )
    void_suggestion(live_tips().get(text="先前作废的"), reason="重复", actor=cast.actor("district_officer"), at=at)
    client, page = login("district_officer"), visit.get_absolute_url()
    assert client.post(f"{page}void/", {"reason": ""}).status_code == 200
    assert client.post(f"{page}void/", {"reason": "重复登记"}).status_code == 302
    assert not live_tips().exists()
    assert Claim.objects.unscoped("test").live().count() == 1
    assert "重复登记" in client.get(page).content.decode()
    assert visit.enterprise.name not in client.get("/visits/?q=精密").content.decode().split("<tbody>")[-1]
    assert "已作废" in client.post(f"{page}edit/", {**EDIT, "version": 2}).content.decode()
    assert "已作废" in client.post(f"{page}void/", {"reason": "再来"}).content.decode()
    assert client.post(f"{page}restore/", {"reason": "没有重复"}).status_code == 302
    assert [t.text for t in live_tips()] == ["希望提供制度范本"]
    assert "刚被他人修改" in client.post(f"{page}restore/", {"reason": "再来"}).content.decode()
    assert list(Entry.objects.about(visit).values_list("verb", flat=True)) == ["created", "voided", "restored"]


def test_outsider_gets_404_by_every_door(visit, login, cast):
    client, page = login("other_district_officer"), visit.get_absolute_url()
    for path in ("", "edit/", "void/", "restore/", "findings/", "files/1/remove/"):
        assert client.get(page + path).status_code == 404, path
    assert "希望提供制度范本" not in client.get("/claims/suggestions/").content.decode()
    assert client.get("/visits/?q=精密").content.decode().count(page) == 0
    answer = client.post("/visits/", {"action": "export"})
    assert openpyxl.load_workbook(io.BytesIO(answer.content)).active.max_row == 1
    tip, claim = live_tips().get(), Claim.objects.unscoped("test").get()
    assert client.get(tip.get_absolute_url()).status_code == client.get(claim.get_absolute_url()).status_code == 404


def test_superiors_read_and_do_not_write(visit, login):
    client, page = login("city_officer"), visit.get_absolute_url()
    assert client.get(page).status_code == 200
    for path in ("edit/", "void/", "restore/", "findings/"):
        assert client.get(page + path).status_code == 404
    assert login("district_leader").get(page).status_code == 200
    assert login("district_leader").get(f"{page}edit/").status_code == 403


def test_only_ones_own_unit_changes_it(visit, cast, at):
    for who in ("city_officer", "other_district_officer", "district_leader", "enterprise_admin"):
        with pytest.raises(Refused):
            services.void(visit, version=1, reason="x", actor=cast.actor(who), at=at)


def test_files_follow_the_visit_and_are_removed_with_a_reason(visit, login):
    client, page = login("district_officer"), visit.get_absolute_url()
    upload = SimpleUploadedFile("走访记录.pdf", PDF, "application/pdf")
    client.post(f"{page}edit/", {**EDIT, "uploads": [upload]})
    file = Attachment.objects.of(visit).get()
    everybody = ("district_officer", "city_officer", "other_district_officer", "enterprise_admin", "visitor")
    got = [who for who in everybody if login(who).get(f"/files/{file.pk}/").status_code == 200]
    assert got == ["district_officer", "city_officer"]
    assert client.get(f"{page}files/{file.pk}/remove/").status_code == 200
    assert client.post(f"{page}files/{file.pk}/remove/", {"reason": "传错了"}).status_code == 302
    assert client.get(f"/files/{file.pk}/").status_code == 404
    assert Entry.objects.about(visit).last().reason == "传错了"


def test_a_bad_file_is_refused_and_nothing_is_saved(visit, login):
    upload = SimpleUploadedFile("照片.png", b"MZ not a picture", "image/png")
    answer = login("district_officer").post(
        f"{visit.get_absolute_url()}edit/", {**EDIT, "visitors": "改", "uploads": [upload]}
    )
    assert answer.status_code == 200
    visit.refresh_from_db()
    assert visit.visitors == "李晓梅、王立新"
