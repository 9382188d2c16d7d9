"""Searching in any case finds the same on both databases, in a form PostgreSQL can estimate."""

import pytest
from django.db import connection
from django.db.models import F

from midun.kernel.orgs.models import Organisation


@pytest.fixture
def named(cast):
    known = Organisation.objects.unscoped("test")
    for key, name in (("jia", "甲AI芯片（100%）有限公司"), ("yi", "乙ai_芯片有限公司")):
        known.filter(pk=getattr(cast, key).pk).update(name=name)
    return known


@pytest.mark.parametrize(
    ("text", "found"),
    [("芯片", 2), ("Ai", 2), ("AI芯片", 1), ("ai_芯", 1), ("100%", 1), ("%", 1), ("_", 1), ("丙", 0), ("（100", 1)],
)
def test_a_text_is_found_in_any_case_and_literally(named, text, found):
    assert named.filter(name__icontains=text).count() == found


def test_another_column_can_be_compared(named):
    assert named.filter(name__icontains=F("name")).count() == named.count()


def test_the_database_is_asked_in_a_way_it_can_estimate(named):
    sql = str(named.filter(name__icontains="芯片").query)
    assert {"postgresql": "::text LIKE %芯片%", "sqlite": " LIKE %芯片%"}[connection.vendor] in sql
    mixed = str(named.filter(name__icontains="AI芯片").query)
    assert {"postgresql": " ILIKE %AI芯片%", "sqlite": " LIKE %AI芯片%"}[connection.vendor] in mixed
    assert "UPPER" not in sql + mixed
