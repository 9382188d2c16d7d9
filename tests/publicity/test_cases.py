"""A typical case is public only after a second person confirmed every point of the redaction check."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from midun.kernel.notify.models import Notice
from midun.kernel.orgs.services import Refused
from midun.kernel.statistics import figures
from midun.kernel.statistics.figures import Period, Scope
from midun.kernel.workflow.services import ReasonMissing, WrongState
from midun.publicity import services
from midun.publicity.models import TypicalCase
from midun.publicity.redaction import traces
from midun.publicity.workflow import REDACTION

ALL = [key for key, _ in REDACTION]


@pytest.fixture
def case(cast, at):
    return services.add(
        TypicalCase,
        unit=cast.east_bureau,
        actor=cast.actor("district_officer"),
        at=at,
        title="某公司员工带走客户名单案",
        decided_by="东区市场监管局",
        year=2024,
        facts="张某离职前拷贝客户名单。",
        outcome="责令停止，罚款。",
        comment="",
    )


def test_it_works(case, cast, at):
    services.submit_case(case, actor=cast.actor("district_officer"), at=at)
    assert Notice.objects.visible_to(cast.actor("district_officer_2")).filter(text__contains="脱敏复核").exists()
    assert not Notice.objects.visible_to(cast.actor("district_officer")).exists()
    services.publish_case(case, checked=ALL, actor=cast.actor("district_officer_2"), at=at)
    case.refresh_from_db()
    assert (case.state, case.published_on, case.is_public) == ("published", date(2025, 6, 10), True)
    period = Period(date(2025, 6, 1), date(2025, 6, 30))
    assert figures.get("cases_published").value(Scope(cast.city.path), period) == 1
    services.withdraw_case(case, reason="权利人要求", actor=cast.actor("district_leader"), at=at)
    assert figures.get("cases_published").value(Scope(cast.city.path), period) == 0


def test_it_rejects_the_author(case, cast, at):
    services.submit_case(case, actor=cast.actor("district_officer"), at=at)
    with pytest.raises(services.SamePerson):
        services.publish_case(case, checked=ALL, actor=cast.actor("district_officer"), at=at)


def test_it_rejects_an_unchecked_point(case, cast, at):
    services.submit_case(case, actor=cast.actor("district_officer"), at=at)
    with pytest.raises(services.Unchecked):
        services.publish_case(case, checked=ALL[1:], actor=cast.actor("district_officer_2"), at=at)


def test_it_rejects_publication_without_review(case, cast, at):
    with pytest.raises(WrongState):
        services.publish_case(case, checked=ALL, actor=cast.actor("district_officer_2"), at=at)


def test_the_database_rejects_it_too(case, at):
    with pytest.raises(IntegrityError), transaction.atomic():
        TypicalCase.objects.unscoped("test").filter(pk=case.pk).update(state="published", published_at=at)


def test_a_return_needs_a_reason_and_reaches_the_author(case, cast, at):
    services.submit_case(case, actor=cast.actor("district_officer"), at=at)
    with pytest.raises(ReasonMissing):
        services.return_case(case, reason="", actor=cast.actor("district_leader"), at=at)
    services.return_case(case, reason="请隐去产品型号", actor=cast.actor("district_leader"), at=at)
    assert Notice.objects.visible_to(cast.actor("district_officer")).get().text.endswith("请隐去产品型号")


def test_it_rejects_edits_while_it_waits(case, cast, at):
    services.submit_case(case, actor=cast.actor("district_officer"), at=at)
    with pytest.raises(services.CaseLocked):
        services.change(case, version=1, actor=cast.actor("district_officer"), at=at, fields={"title": "x"})


def test_other_role_is_refused(case, cast, at):
    services.submit_case(case, actor=cast.actor("district_officer"), at=at)
    with pytest.raises(Refused):
        services.publish_case(case, checked=ALL, actor=cast.actor("liaison_officer"), at=at)


def test_an_unknown_step_is_404(case, login):
    assert login("district_officer").post(f"{case.get_absolute_url()}steps/delete/").status_code == 404


def test_names_of_the_directory_are_found(case, cast, at):
    services.change(
        case,
        version=1,
        actor=cast.actor("district_officer"),
        at=at,
        fields={"facts": "甲精密机械有限公司的客户名单被拷贝。"},
    )
    assert ("名录中的企业", "甲精密机械有限公司") in [(t.kind, t.text) for t in services.case_traces(case)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("代码91310000MA1K35XR8Q的公司", "统一社会信用代码"),
        ("身份证310101199001011234", "身份证号"),
        ("电话13812345678", "手机号"),
        ("星光新材料股份有限公司", "可能的企业全称"),
        ("在185℃下保温", "精确数值（可能是工艺参数）"),
        ("邮箱a.b@example.cn", "电子邮箱"),
    ],
)
def test_traces_are_found(text, kind):
    assert kind in {t.kind for t in traces([text])}


def test_masked_names_are_no_traces():
    assert list(traces(["某某有限公司与张某、A科技有限公司达成和解，罚款30万元。"])) == []
