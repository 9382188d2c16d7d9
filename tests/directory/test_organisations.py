"""The page of an organisation; adding, changing, closing by the system administrator."""

import pytest

from midun.kernel.orgs.enums import OrganisationKind
from midun.kernel.orgs.models import Organisation
from midun.kernel.trail.models import Entry

pytestmark = pytest.mark.django_db
KINDS = [k for k in OrganisationKind if k not in (OrganisationKind.ENTERPRISE, OrganisationKind.BUREAU)]


def found(name):
    return Organisation.objects.unscoped("test").get(name=name)


def test_it_works(cast, login):
    page = login("system_admin").get(f"/directory/organisations/{cast.east_bureau.pk}/").content.decode()
    assert "东区市场监管局" in page
    assert "district_officer" in page  # its people, for the administrator
    page = login("district_officer").get(f"/directory/organisations/{cast.east_bureau.pk}/").content.decode()
    assert "district_officer_2" not in page


def test_outsider_gets_404(cast, login):
    for who, organisation in (
        ("district_officer", cast.west_bureau),
        ("enterprise_admin", cast.yi),
        ("enterprise_admin", cast.east_bureau),
        ("system_admin", cast.province_bureau),
        ("auditor", cast.city_bureau),
    ):
        assert login(who).get(f"/directory/organisations/{organisation.pk}/").status_code == 404


def test_an_enterprise_sees_its_own(cast, login):
    page = login("enterprise_admin").get(f"/directory/organisations/{cast.jia.pk}/").content.decode()
    assert "甲精密机械有限公司" in page
    assert "修改" not in page


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_added(cast, login, kind):
    client = login("system_admin")
    fields = {"version": 1, "kind": kind.value, "name": f"东区{kind.label}", "jurisdiction": cast.east.pk, "order": 0}
    answer = client.post(f"/directory/units/{cast.east.pk}/organisations/new/", fields)
    made = found(f"东区{kind.label}")
    assert answer.headers["Location"] == f"/directory/organisations/{made.pk}/"
    assert (made.kind, made.credit_code) == (kind.value, None)


def test_it_rejects_a_second_bureau_and_a_wrong_code(cast, login):
    client, address = login("system_admin"), f"/directory/units/{cast.east.pk}/organisations/new/"
    fields = {"version": 1, "kind": "bureau", "name": "东区二局", "jurisdiction": cast.east.pk, "order": 0}
    assert "只能有一个" in client.post(address, fields).content.decode()
    wrong = {**fields, "kind": "court", "credit_code": "91310000MA1K35XR8A"}
    assert "校验码" in client.post(address, wrong).content.decode()
    assert "enterprise" not in client.get(address).content.decode().split("<select")[1]


def test_it_is_changed(cast, login):
    client, address = login("system_admin"), f"/directory/organisations/{cast.law_firm.pk}/edit/"
    fields = {
        "version": 1,
        "kind": "law_firm",
        "name": "正明（沪）律师事务所",
        "jurisdiction": cast.city.pk,
        "order": 0,
        "address": "某路 1 号",
    }
    assert client.post(address, fields).status_code == 302
    assert "某路 1 号" in client.get(f"/directory/organisations/{cast.law_firm.pk}/").content.decode()
    assert Entry.objects.about(cast.law_firm).last().verb == "changed"
    assert "刚被他人修改" in client.post(address, {**fields, "name": "正明"}).content.decode()


def test_other_role_gets_403(cast, login):
    for who in ("city_officer", "security_admin"):
        assert login(who).get(f"/directory/organisations/{cast.law_firm.pk}/edit/").status_code == 403
        assert login(who).get(f"/directory/organisations/{cast.law_firm.pk}/close/").status_code == 403


def test_people_of_a_closed_one_lose_access_at_once(cast, login):
    staff = login("station_staff")
    assert staff.get("/desk/").status_code == 200
    client, address = login("system_admin"), f"/directory/organisations/{cast.station.pk}/close/"
    assert client.post(address, {"day": "2025-06-30", "reason": "撤站"}).status_code == 302
    assert staff.get("/desk/").status_code == 403
    client.post(address, {"reason": "恢复设置"})
    assert staff.get("/desk/").status_code == 200


def test_an_enterprise_is_closed_by_an_officer(cast, login):
    client, address = login("district_officer"), f"/directory/organisations/{cast.jia.pk}/close/"
    assert client.post(address, {"day": "2025-06-30", "reason": "注销"}).status_code == 302
    shown = f"/directory/enterprises/{cast.jia.pk}/"
    assert shown not in client.get("/directory/enterprises/").content.decode()
    assert shown in client.get("/directory/enterprises/?closed=on").content.decode()
    assert login("other_district_officer").get(address).status_code == 404
