"""A typical case is public only after a second person confirmed every point of the redaction check."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from midun.kernel.notify.models import Notice
from midun.kernel.orgs.services import Refused, Stale
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Period, Scope
from midun.kernel.trail.models import Entry
from midun.kernel.web.todos import todos_for
from midun.kernel.workflow.services import ReasonMissing, WrongState
from midun.publicity import services
from midun.publicity.models import TypicalCase
from midun.publicity.redaction import traces
from midun.publicity.workflow import REDACTION
from tests.threads import together

ALL = [key for key, _ in REDACTION]
JUNE = Period(date(2025, 6, 1), date(2025, 6, 30))
TEXT = {
    "title": "某公司员工带走客户名单案",
    "decided_by": "东区市场监管局",
    "year": 2024,
    "facts": "张某离职前拷贝客户名单。",
    "outcome": "责令停止，罚款。",
    "comment": "",
}


@pytest.fixture
def case(cast, at):
    return services.add(TypicalCase, unit=cast.east_bureau, actor=cast.actor("district_officer"), at=at, **TEXT)


@pytest.fixture
def submitted(case, cast, at):
    services.submit_case(case, actor=cast.actor("district_officer"), at=at)
    case.refresh_from_db()
    return case


def publish(case, actor, at, checked=ALL):
    services.publish_case(case, version=case.version, checked=checked, actor=actor, at=at)
    case.refresh_from_db()


def counted(cast):
    return figures.get("cases_published").value(Scope(cast.city.path), JUNE)


def test_it_works(submitted, cast, at):
    assert Notice.objects.visible_to(cast.actor("district_officer_2")).filter(text__contains="脱敏复核").exists()
    assert not Notice.objects.visible_to(cast.actor("district_officer")).exists()
    publish(submitted, cast.actor("district_officer_2"), at)
    assert (submitted.state, submitted.published_on, submitted.is_public) == ("published", date(2025, 6, 10), True)
    assert counted(cast) == 1
    services.withdraw_case(submitted, reason="权利人要求", actor=cast.actor("district_leader"), at=at)
    submitted.refresh_from_db()
    assert (submitted.state, submitted.is_public, submitted.published_by_id) == ("withdrawn", False, None)
    assert counted(cast) == 0


def test_the_pages_take_every_step(login, cast):
    author, second = login("district_officer"), login("district_officer_2")
    answer = author.post("/publicity/cases/new/", {**TEXT, "version": 1})
    page = answer.headers["Location"]
    case = TypicalCase.objects.unscoped("test").get()
    assert author.post(f"{page}steps/submit/").status_code == 302
    assert "等待另一名同志处理" in author.get(page).content.decode()
    assert "未写出秘点内容" in second.get(page).content.decode()
    case.refresh_from_db()
    seen = {"version": case.version}
    assert "请写明理由" in second.post(f"{page}steps/return/", seen, follow=True).content.decode()
    assert "已退回" in second.post(f"{page}steps/return/", {**seen, "reason": "隐去型号"}, follow=True).content.decode()
    case.refresh_from_db()
    author.post(f"{page}edit/", {**TEXT, "facts": "张某拷贝了名单。", "version": case.version})
    author.post(f"{page}steps/submit/")
    case.refresh_from_db()
    seen = {"version": case.version}
    told = second.post(f"{page}steps/publish/", {**seen, "checked": ALL[1:]}, follow=True).content.decode()
    assert "还有 1 项脱敏核对没有确认" in told
    told = author.post(f"{page}steps/publish/", {**seen, "checked": ALL}, follow=True).content.decode()
    assert "不能复核" in told
    assert (
        "已公布，公众可见"
        in second.post(f"{page}steps/publish/", {**seen, "checked": ALL}, follow=True).content.decode()
    )
    assert login("visitor").get(f"/column/cases/{case.pk}/").status_code == 200
    assert "已撤下" in author.post(f"{page}steps/withdraw/", {"reason": "权利人要求"}, follow=True).content.decode()
    assert login("visitor").get(f"/column/cases/{case.pk}/").status_code == 404
    verbs = list(Entry.objects.about(case).values_list("verb", flat=True))
    assert verbs == ["created", "submitted", "returned", "changed", "submitted", "published", "unpublished"]


def test_nobody_who_wrote_it_is_the_second_person(case, cast, at):
    """The author, whoever changed the text and whoever submitted it are all out."""
    one, other, leader = (cast.actor(w) for w in ("district_officer", "district_officer_2", "district_leader"))
    services.change(case, version=1, actor=other, at=at, fields={"facts": "李某拷贝了名单。"})
    services.submit_case(case, actor=one, at=at)
    case.refresh_from_db()
    for writer in (one, other):
        with pytest.raises(services.SamePerson):
            publish(case, writer, at)
    publish(case, leader, at)
    assert case.reviewed_by_id == leader.user_id


def test_it_rejects_an_unchecked_point(submitted, cast, at):
    with pytest.raises(services.Unchecked, match="1 项"):
        publish(submitted, cast.actor("district_officer_2"), at, ALL[1:])


def test_it_rejects_publication_without_review(case, cast, at):
    with pytest.raises(WrongState):
        publish(case, cast.actor("district_officer_2"), at)
    with pytest.raises(Refused):
        services.put_on_portal(case, show=True, actor=cast.actor("district_leader"), at=at)


def test_it_rejects_a_text_that_changed_after_it_was_read(submitted, cast, at):
    """Returned, changed and submitted again while the second person still looks at the old page."""
    read = submitted.version
    services.return_case(submitted, version=read, reason="隐去型号", actor=cast.actor("district_leader"), at=at)
    submitted.refresh_from_db()
    author = cast.actor("district_officer")
    services.change(submitted, version=submitted.version, actor=author, at=at, fields={"facts": "新的事实"})
    services.submit_case(submitted, actor=author, at=at)
    with pytest.raises(Stale):
        services.publish_case(submitted, version=read, checked=ALL, actor=cast.actor("district_officer_2"), at=at)


def test_the_database_rejects_it_too(submitted, cast, at):
    rows = TypicalCase.objects.unscoped("test").filter(pk=submitted.pk)
    author, second = cast.district_officer.user_id, cast.district_officer_2.user_id
    shown = {"state": "published", "published_at": at, "published_on": date(2025, 6, 10), "published_by": second}
    for impossible in (
        {"state": "published"},
        shown,
        {**shown, "reviewed_by": author},
        {**shown, "reviewed_by": second, "submitted_by": second},
        {**shown, "reviewed_by": second, "created_by": second},
        {**shown, "reviewed_by": second, "submitted_by": None},
        {**shown, "reviewed_by": second, "published_by": None},
        {**shown, "reviewed_by": second, "voided_at": at, "void_reason": "x"},
        {"published_at": at, "published_by": second},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**impossible)
    rows.update(**shown, reviewed_by=second)


def test_a_return_needs_a_reason_and_reaches_the_author(submitted, cast, at):
    leader = cast.actor("district_leader")
    with pytest.raises(ReasonMissing):
        services.return_case(submitted, version=submitted.version, reason="", actor=leader, at=at)
    services.return_case(submitted, version=submitted.version, reason="请隐去产品型号", actor=leader, at=at)
    assert Notice.objects.visible_to(cast.actor("district_officer")).get().text.endswith("请隐去产品型号")


def test_it_rejects_edits_and_voiding_while_it_waits(submitted, cast, at):
    author = cast.actor("district_officer")
    with pytest.raises(services.CaseLocked):
        services.change(submitted, version=submitted.version, actor=author, at=at, fields={"title": "x"})
    with pytest.raises(services.CaseLocked):
        services.void(submitted, version=submitted.version, reason="x", actor=author, at=at)


def test_other_role_is_refused(case, submitted, cast, at):
    with pytest.raises(Refused):
        publish(submitted, cast.actor("liaison_officer"), at)
    with pytest.raises(Refused):
        services.withdraw_case(submitted, reason="x", actor=cast.actor("station_staff"), at=at)
    with pytest.raises(Refused):
        services.submit_case(case, actor=cast.actor("city_officer"), at=at)


def test_outsider_gets_404(submitted, login):
    page = submitted.get_absolute_url()
    for path in ("", "edit/", "void/", "restore/"):
        assert login("other_district_officer").get(page + path).status_code == 404
    for step in ("submit", "return", "publish", "withdraw"):
        assert login("other_district_officer").post(f"{page}steps/{step}/").status_code == 404
    assert login("city_officer").post(f"{page}steps/submit/").status_code == 404
    assert login("district_officer").post(f"{page}steps/delete/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_two_second_persons_at_once_one_wins(submitted, cast, at):
    version, officer, leader = submitted.version, cast.actor("district_officer_2"), cast.actor("district_leader")
    found = together(
        lambda: services.publish_case(submitted, version=version, checked=ALL, actor=officer, at=at),
        lambda: services.return_case(submitted, version=version, reason="x", actor=leader, at=at),
    )
    assert [type(f) for f in found if f is not None] == [WrongState]
    submitted.refresh_from_db()
    assert submitted.state == ("published" if found[0] is None else "returned")


def test_the_desk_asks_the_second_person_and_the_author(submitted, cast, at):
    def asked(who):
        return [t.kind for t in todos_for(cast.actor(who), date(2025, 6, 10))]

    assert (asked("district_officer"), asked("district_officer_2")) == ([], ["脱敏复核"])
    services.return_case(submitted, version=submitted.version, reason="x", actor=cast.actor("district_leader"), at=at)
    assert (asked("district_officer"), asked("district_officer_2")) == (["退回修改"], [])


def test_names_of_the_directory_are_found_wherever_they_are_registered(case, cast, at):
    facts = "甲精密机械有限公司与乙生物医药股份有限公司的客户名单被拷贝。"
    services.change(case, version=1, actor=cast.actor("district_officer"), at=at, fields={"facts": facts})
    case.refresh_from_db()
    named = {t.text for t in services.case_traces(case) if t.kind == "名录中的企业"}
    assert named == {"甲精密机械有限公司", "乙生物医药股份有限公司"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("代码91310000MA1K35XR8Q的公司", "统一社会信用代码"),
        ("身份证310101199001011234", "身份证号"),
        ("电话13812345678", "手机号"),
        ("电话021-50801234", "座机号"),
        ("见www.example.cn/a", "网址"),
        ("账号6222020200012345678", "银行账号"),
        ("星光新材料股份有限公司", "可能的企业全称"),
        ("在185℃下保温", "精确数值（可能是工艺参数）"),
        ("邮箱a.b@example.cn", "电子邮箱"),
    ],
)
def test_traces_are_found(text, kind):
    assert kind in {t.kind for t in traces([text])}


def test_masked_names_are_no_traces():
    assert list(traces(["某某有限公司与张某、A科技有限公司达成和解，罚款30万元。"])) == []
