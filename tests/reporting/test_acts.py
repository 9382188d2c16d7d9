"""What people enter and decide on the page of a form."""

import pytest

from midun.kernel.files.models import Attachment
from midun.kernel.statistics.cells import fill
from midun.kernel.trail.models import Entry
from tests.kernel.statistics.factories import accepted, adjusted, fresh, hand_in, visit

PDF = b"%PDF-1.7\n%scan\n"


@pytest.fixture
def east(forms):
    return forms["east_bureau"]


def said(answer):
    return "；".join(str(m) for m in answer.context["messages"])


def test_from_draft_to_frozen(cast, forms, post, at):
    for who, key in (
        ("city_officer", "own"),
        ("district_officer", "east_bureau"),
        ("other_district_officer", "west_bureau"),
        ("corps_officer", "corps"),
    ):
        assert post(who, forms[key], "submit").headers["Location"] == forms[key].get_absolute_url()
        post("city_officer", forms[key], "accept")
        assert fresh(forms[key]).state == "accepted"
    post("city_leader", forms["summary"], "freeze")
    assert fresh(forms["summary"]).state == "frozen"
    post("city_leader", forms["summary"], "reopen", reason="更正")
    assert fresh(forms["summary"]).state == "returned"


def test_an_adjustment(east, post):
    post("district_officer", east, "adjust", figure="visits", value="3", reason="漏登三家")
    assert fill(fresh(east)).cell("visits").reported == 3
    post("district_officer", east, "withdraw-adjustment", figure="visits")
    assert fill(fresh(east)).cell("visits").reported == 0


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"value": "-1"}, "0 或正整数"),
        ({"value": "三"}, "0 或正整数"),
        ({"value": "1.5"}, "0 或正整数"),
        ({"value": "9" * 30}, "数值过大"),
        ({"figure": "nothing"}, "nothing"),
        ({"reason": ""}, "理由：请填写"),
        ({"reason": "长" * 301}, "300"),
        ({"value": ""}, "调整为：请填写"),
    ],
)
def test_it_rejects_a_wrong_adjustment_and_keeps_what_was_typed(east, post, fields, told):
    answer = post("district_officer", east, "adjust", **{"figure": "visits", "value": "3", "reason": "漏登", **fields})
    assert answer.status_code == 422
    assert told in said(answer)
    text = answer.content.decode()
    assert fields.get("reason", "漏登")[:20] in text
    assert fresh(east).version == 1


def test_a_check_is_explained(cast, east, post, at):
    adjusted(cast, east, "news_central", 1, "漏登", at)
    answer = post("district_officer", east, "submit")
    assert answer.status_code == 409
    assert "不能多于宣传报道总数" in said(answer)
    post("district_officer", east, "explain", check_id="central-within-total", text="总数由市局登记")
    post("district_officer", east, "submit")
    assert fresh(east).state == "submitted"


def test_returned_with_remarks_per_cell(cast, east, post, at):
    hand_in(cast, east, at)
    post("city_officer", east, "return", reason="请核对", **{"remark-visits": "与台账不符", "remark-news_total": ""})
    now = fresh(east)
    assert (now.state, now.remarks) == ("returned", {"visits": "与台账不符"})


def test_returned_without_a_reason_is_not_returned(cast, east, post, at):
    hand_in(cast, east, at)
    answer = post("city_officer", east, "return", reason=" ", **{"remark-visits": "与台账不符"})
    assert answer.status_code == 422
    assert "与台账不符" in answer.content.decode()
    assert fresh(east).state == "submitted"


def test_the_slower_of_two_is_told_and_keeps_what_they_typed(east, post):
    post("district_officer", east, "adjust", figure="visits", value="3", reason="漏登三家", version=1)
    answer = post("district_officer_2", east, "adjust", figure="visits", value="5", reason="应为五家", version=1)
    assert answer.status_code == 409
    assert "刚被他人修改" in said(answer)
    text = answer.content.decode()
    assert "应为五家" in text
    assert f'name="version" value="{fresh(east).version}"' in text
    assert fill(fresh(east)).cell("visits").reported == 3


def test_accepting_what_was_taken_back_meanwhile_is_told(cast, east, post, at):
    seen = hand_in(cast, east, at).version
    post("district_officer", east, "withdraw")
    answer = post("city_officer", east, "accept", version=seen)
    assert answer.status_code == 409
    assert "“撤回”" in said(answer)


def test_numbers_that_were_not_on_the_page_are_not_accepted(cast, east, post, at):
    seen = hand_in(cast, east, at).version
    post("district_officer", east, "withdraw")
    visit(cast.east_bureau, cast.jia, at)
    hand_in(cast, east, at)
    assert post("city_officer", east, "accept", version=seen).status_code == 409
    assert fresh(east).state == "submitted"


@pytest.mark.parametrize(
    ("who", "step", "status"),
    [
        ("city_officer", "submit", 403),
        ("district_officer", "accept", 409),
        ("liaison_officer", "submit", 403),
        ("district_leader", "adjust", 403),
        ("other_district_officer", "submit", 404),
        ("station_staff", "submit", 404),
        ("enterprise_admin", "submit", 403),
        ("auditor", "accept", 403),
        ("visitor", "accept", 302),
    ],
)
def test_who_may_not(cast, east, post, at, who, step, status):
    fields = {"figure": "visits", "value": "1", "reason": "x"} if step == "adjust" else {}
    expected = 403 if (who, step) == ("district_officer", "accept") else status
    assert post(who, east, step, **fields).status_code == expected
    assert fresh(east).state == "draft"


def test_an_unknown_act_is_not_there(east, post):
    assert post("district_officer", east, "destroy").status_code == 404


def test_looking_at_the_address_of_an_act_changes_nothing(cast, east, login, at):
    answer = login("district_officer").get(f"/reporting/forms/{east.pk}/submit/")
    assert answer.headers["Location"] == east.get_absolute_url()
    assert fresh(east).state == "draft"


def test_without_the_version_nothing_is_done(east, login):
    answer = login("district_officer").post(f"/reporting/forms/{east.pk}/submit/", {})
    assert answer.status_code == 422
    assert fresh(east).state == "draft"


def test_the_sealed_scan_is_kept_with_the_form(cast, east, login, at):
    from django.core.files.uploadedfile import SimpleUploadedFile

    client, address = login("district_officer"), f"/reporting/forms/{east.pk}/sealed/"

    def send():
        return client.post(address, {"scans": SimpleUploadedFile("盖章.pdf", PDF)}, follow=True)

    assert "请先提交或定稿" in send().content.decode()
    accepted(cast, east, at)
    assert "已保存盖章扫描件" in send().content.decode()
    scan = Attachment.objects.unscoped("test").get()
    assert (scan.kind, scan.name) == ("sealed_form", "盖章.pdf")
    assert Entry.objects.about(east).last().verb == "attached"
    assert login("city_officer").get(f"/attachments/{scan.pk}/").status_code in (200, 404)
    assert login("city_officer").post(address, {"scans": SimpleUploadedFile("x.pdf", PDF)}).status_code == 403
    wrong = client.post(address, {"scans": SimpleUploadedFile("x.exe", b"MZ")}, follow=True)
    assert "不支持的文件类型" in wrong.content.decode()
