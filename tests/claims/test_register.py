"""A claim is registered: by the enterprise, in a visit, at a station, by phone; with number, unit and deadlines."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction

from midun.claims import services
from midun.claims.models import Claim
from midun.kernel.notify.models import Notice
from midun.kernel.orgs.enums import OrganisationKind
from midun.kernel.orgs.models import Organisation
from midun.kernel.orgs.services import Refused
from midun.kernel.trail.models import Entry
from tests.conftest import JIA_CODE, YI_CODE

FORM = {
    "title": "离职人员如何约定竞业限制",
    "topic": "personnel",
    "urgency": "normal",
    "source": "phone",
    "raised_on": "2025-06-10",
    "contact": "王经理",
    "picked": JIA_CODE,
    "picked_name": "甲精密机械有限公司",
}


def only():
    return Claim.objects.unscoped("test").get()


def test_it_works(login, cast):
    client = login("district_officer")
    assert client.get("/claims/new/").status_code == 200
    answer = client.post("/claims/new/", {**FORM, "unit": cast.east_bureau.pk})
    made = only()
    assert answer.headers["Location"] == made.get_absolute_url()
    assert (made.unit, made.registrar, made.enterprise) == (cast.east_bureau, cast.east_bureau, cast.jia)
    assert (made.state, made.raised_on, made.source) == ("registered", date(2025, 6, 10), "phone")
    assert "离职人员如何约定竞业限制" in client.get(made.get_absolute_url()).content.decode()


def test_a_station_takes_it_down_and_assigns_the_bureau(login, cast):
    client = login("station_staff")
    client.post("/claims/new/", {**FORM, "source": "station", "unit": cast.east_bureau.pk})
    made = only()
    assert (made.unit, made.registrar) == (cast.east_bureau, cast.station)
    assert "现由东区市场监管局办理" in client.get(made.get_absolute_url()).content.decode()
    assert Notice.objects.visible_to(cast.actor("district_officer")).get().text.startswith("新诉求待受理")


def test_an_enterprise_is_created_on_the_spot(login, cast):
    typed = {"picked": "", "picked_name": "", "name": "丙新材料有限公司", "credit_code": " 91310115-ma9k30008l "}
    answer = login("district_officer").post("/claims/new/", {**FORM, **typed, "unit": cast.east_bureau.pk})
    assert answer.status_code == 302
    made = only().enterprise
    assert (made.name, made.credit_code) == ("丙新材料有限公司", "91310115MA9K30008L")
    assert made.jurisdiction == cast.east


def test_a_known_code_keeps_its_registered_name(login, cast):
    typed = {"picked": "", "picked_name": "", "name": "乙生物", "credit_code": YI_CODE}
    answer = login("district_officer").post("/claims/new/", {**FORM, **typed, "unit": cast.east_bureau.pk}, follow=True)
    assert only().enterprise == cast.yi
    assert "登记名称为“乙生物医药股份有限公司”" in answer.content.decode()


def test_it_rejects_bad_input(login, cast):
    cast.law_firm.credit_code = "91310115MA9K30024A"
    cast.law_firm.save()
    client = login("district_officer")
    for wrong, told in (
        ({"picked": "", "picked_name": ""}, "请查找并选择企业"),
        ({"picked": "91310000MA1K35XXXX"}, "请从查找结果中选择"),
        ({"picked": "", "name": "丙公司", "credit_code": "91310000MA1K35XR80"}, "校验"),
        (
            {"picked": "", "name": "正明", "credit_code": "91310115MA9K30024A"},
            "“正明律师事务所”（律师事务所），不是企业",
        ),
        ({"raised_on": "2099-01-01"}, "日期不能晚于今天"),
        ({"source": "enterprise"}, "有效"),
        ({"title": ""}, "请填写"),
    ):
        answer = client.post("/claims/new/", {**FORM, "unit": cast.east_bureau.pk, **wrong})
        assert answer.status_code == 200
        assert told in answer.content.decode()
    assert not Claim.objects.unscoped("test").exists()


def test_it_rejects_a_unit_out_of_reach(login, cast, at, raise_claim):
    answer = login("district_officer").post("/claims/new/", {**FORM, "unit": cast.west_bureau.pk})
    assert answer.status_code == 200
    with pytest.raises(services.BadTarget):
        raise_claim(unit=cast.west_bureau)


def test_numbers_count_per_unit_and_year_beyond_9999(raise_claim, cast):
    first, second = raise_claim(), raise_claim()
    assert (first.number, second.number) == (
        f"SQ-2025-{cast.east_bureau.pk}-0001",
        f"SQ-2025-{cast.east_bureau.pk}-0002",
    )
    assert raise_claim("city_officer", unit=cast.city_bureau).number.endswith("-0001")
    Claim.objects.unscoped("test").filter(pk=second.pk).update(number=f"SQ-2025-{cast.east_bureau.pk}-9999")
    assert raise_claim().number.endswith("-10000")
    assert raise_claim().number.endswith("-10001")


def test_other_role_is_refused(raise_claim, login):
    with pytest.raises(Refused):
        raise_claim("district_leader")
    with pytest.raises(Refused):
        raise_claim("expert")
    assert login("district_leader").get("/claims/new/").status_code == 403
    assert login("enterprise_admin").get("/claims/new/").status_code == 403


def test_it_is_in_the_trail(claim):
    entry = Entry.objects.about(claim).get()
    assert (entry.verb, entry.user_name) == ("created", "district_officer")
    assert claim.number in entry.after


def test_the_bureau_in_charge_is_the_nearest_above(cast, at):
    assert services.handling_unit(cast.jia) == cast.east_bureau
    deep = Organisation.objects.create(
        kind=OrganisationKind.ENTERPRISE, name="站旁公司", credit_code="X" * 18, jurisdiction=cast.station_node
    )
    assert services.handling_unit(deep) == cast.east_bureau
    Organisation.objects.unscoped("test").filter(kind=OrganisationKind.BUREAU).update(closed_on=date(2025, 1, 1))
    with pytest.raises(services.NoBureau):
        services.handling_unit(cast.jia)


def test_the_database_rejects_an_impossible_history(claim):
    for impossible in (
        {"state": "closed"},
        {"state": "accepted"},
        {"closed_at": "2025-06-10T02:00:00Z"},
        {"resolved": True},
        {"satisfaction": 5},
        {"registrar": None},
        {"void_reason": "没有作废却有理由"},
        {"accept_by": date(2026, 1, 1)},
        {"title": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Claim.objects.unscoped("test").filter(pk=claim.pk).update(**impossible)


def test_search_finds_by_name_and_code_and_a_whole_code_anywhere(login):
    client = login("district_officer")

    def found(text):
        return client.get("/claims/enterprises/", {"q": text}).content.decode()

    assert "甲精密机械有限公司" in found("精密")
    assert "甲精密机械有限公司" in found(JIA_CODE[:10])
    assert "没有找到" in found("乙生物")
    assert "没有找到" in found(YI_CODE[:16])
    assert "乙生物医药股份有限公司" in found(YI_CODE.lower())
    assert "没有找到" in found("-")
    assert found("") == found(" ")


def test_a_station_finds_the_enterprises_of_its_district(login):
    answer = login("station_staff").get("/claims/enterprises/", {"q": "精密"})
    assert "甲精密机械有限公司" in answer.content.decode()
    answer = login("station_staff").get("/claims/enterprises/", {"q": "乙生物"})
    assert "没有找到" in answer.content.decode()
