"""Nothing is fetched without saying for whom."""

import pytest
from django.db.models import Count

from midun.kernel.orgs.models import Jurisdiction, Membership, Organisation
from midun.kernel.orgs.scoping import Unscoped


@pytest.mark.django_db
@pytest.mark.parametrize(
    "use",
    [
        list,
        lambda q: q.count(),
        lambda q: q.exists(),
        lambda q: q.first(),
        lambda q: q.aggregate(n=Count("pk")),
        lambda q: q.update(name="x"),
        lambda q: q.delete(),
        lambda q: list(q.iterator()),
        lambda q: list(Membership.objects.unscoped("x").filter(organisation__in=q)),
        lambda q: q.values("pk")[0],
    ],
)
def test_unscoped_raises(use):
    with pytest.raises(Unscoped):
        use(Organisation.objects.all())


def test_an_officer_sees_the_subtree(cast):
    names = set(
        Organisation.objects.visible_to(cast.actor("district_officer")).values_list("name", flat=True),
    )
    assert {"东区市场监管局", "甲精密机械有限公司", "张江商业秘密保护服务站", "沪市市场监管局"} <= names
    assert "乙生物医药股份有限公司" not in names
    assert "西区市场监管局" not in names


def test_an_enterprise_sees_itself(cast):
    found = Organisation.objects.visible_to(cast.actor("enterprise_admin"))
    assert [o.name for o in found] == ["甲精密机械有限公司"]


def test_a_visitor_sees_nobody(cast):
    from midun.kernel.orgs.actor import VISITOR

    assert not Organisation.objects.visible_to(VISITOR).exists()


def test_paths_are_ancestors(cast):
    above = Jurisdiction.objects.unscoped("test").ancestors_of(cast.east.path)
    assert [j.name for j in above] == ["国家", "江省", "沪市"]
