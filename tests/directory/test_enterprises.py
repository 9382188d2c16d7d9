"""The enterprise directory: list, filters, export, adding, changing."""

import pytest

from midun.kernel.orgs.models import Organisation
from midun.kernel.trail.models import Entry
from midun.lib.sheets import read_tables
from tests.conftest import JIA_CODE

pytestmark = pytest.mark.django_db
CODE = "91310000MA1K35XY52"


@pytest.fixture
def fields(cast):
    from midun.kernel.orgs import uscc

    body = "91310000MA1K3600"
    code = body + uscc.organisation_check(body[8:])
    return {
        "version": 1,
        "name": "丙 新材料(沪)有限公司",
        "credit_code": (code + uscc.check(code)).lower(),
        "jurisdiction": cast.east.pk,
        "sector": "26",
        "size": "small",
        "park": "张江科学城",
        "address": "某路 1 号",
    }


def found(code):
    return Organisation.objects.unscoped("test").get(credit_code=code)


def test_it_works(cast, login):
    page = login("city_officer").get("/directory/enterprises/").content.decode()
    assert "甲精密机械有限公司" in page
    assert "乙生物医药股份有限公司" in page


def test_outsider_gets_404(cast, login):
    client = login("district_officer")
    assert "乙生物医药" not in client.get("/directory/enterprises/").content.decode()
    assert client.get(f"/directory/enterprises/{cast.yi.pk}/").status_code == 404
    assert client.get(f"/directory/enterprises/{cast.yi.pk}/edit/").status_code == 404
    data = client.post("/directory/enterprises/", {"action": "export"}).content
    assert "乙生物医药" not in str(read_tables(data, name="x.xlsx"))


def test_other_role_gets_403(cast, login):
    assert login("city_leader").get("/directory/enterprises/new/").status_code == 403
    assert login("enterprise_admin").get("/directory/enterprises/").status_code == 403


def test_it_is_added_with_everything(cast, login, fields):
    client = login("district_officer")
    answer = client.post("/directory/enterprises/new/", fields)
    made = found(fields["credit_code"].upper())
    assert answer.headers["Location"] == f"/directory/enterprises/{made.pk}/"
    assert made.name == "丙新材料（沪）有限公司"
    page = client.get(f"/directory/enterprises/{made.pk}/").content.decode()
    for text in ("26 化学原料和化学制品制造业", "小型", "张江科学城", "某路 1 号"):
        assert text in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"credit_code": JIA_CODE}, "已在名录中"),
        ({"credit_code": JIA_CODE[:-1] + "A"}, "校验码"),
        ({"credit_code": "123"}, "应为 18 位"),
        ({"credit_code": ""}, "credit_code"),
        ({"sector": "99"}, "sector"),
        ({"name": ""}, "name"),
    ],
)
def test_it_rejects_what_is_wrong(cast, login, fields, change, said):
    before = Organisation.objects.unscoped("test").count()
    page = login("district_officer").post("/directory/enterprises/new/", {**fields, **change}).content.decode()
    assert said in page
    assert Organisation.objects.unscoped("test").count() == before


def test_it_rejects_another_district(cast, login, fields):
    page = login("district_officer").post("/directory/enterprises/new/", {**fields, "jurisdiction": cast.west.pk})
    assert page.status_code == 200
    assert not Organisation.objects.unscoped("test").filter(name__startswith="丙").exists()


def test_it_is_changed_and_of_two_editors_one_is_told(cast, login, fields):
    client, address = login("district_officer"), f"/directory/enterprises/{cast.jia.pk}/edit/"
    new = {**fields, "name": cast.jia.name, "credit_code": JIA_CODE, "size": "large"}
    assert client.post(address, new).status_code == 302
    assert found(JIA_CODE).size == "large"
    assert '"size":"large"' in Entry.objects.about(cast.jia).last().after
    assert "刚被他人修改" in client.post(address, {**new, "size": "micro"}).content.decode()


def test_a_finer_sector_is_kept(cast, login, fields):
    Organisation.objects.unscoped("test").filter(pk=cast.jia.pk).update(sector="3562")
    client, address = login("district_officer"), f"/directory/enterprises/{cast.jia.pk}/edit/"
    assert "3562 专用设备制造业" in client.get(address).content.decode()
    client.post(address, {**fields, "credit_code": JIA_CODE, "sector": "3562"})
    assert found(JIA_CODE).sector == "3562"


@pytest.mark.parametrize(
    ("query", "jia", "yi"),
    [
        ("q=甲精密", True, False),
        (f"q={JIA_CODE[:12].lower()}", True, True),
        ("sector=C", True, False),
        ("size=large", True, False),
        ("park=科学城", True, False),
        ("liaison_point=on", False, False),
    ],
)
def test_filters(cast, login, query, jia, yi):
    Organisation.objects.unscoped("test").filter(pk=cast.jia.pk).update(sector="35", size="large", park="张江科学城")
    page = login("city_officer").get(f"/directory/enterprises/?{query}").content.decode()
    assert ("甲精密机械有限公司" in page, "乙生物医药股份有限公司" in page) == (jia, yi)


def test_filter_by_subtree(cast, login):
    page = login("city_officer").get("/directory/enterprises/", {"node": cast.east.pk}).content.decode()
    assert "甲精密机械有限公司" in page
    assert "乙生物医药股份有限公司" not in page


def test_the_list_needs_few_queries(cast, login, django_assert_max_num_queries):
    client = login("city_officer")
    client.get("/directory/enterprises/")
    with django_assert_max_num_queries(16):
        client.get("/directory/enterprises/")
