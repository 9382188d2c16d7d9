"""The trail is append-only, chained, and says what is wrong with it."""

from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from midun.kernel.orgs.actor import system_actor
from midun.kernel.trail.models import AppendOnly, Entry
from midun.kernel.trail.services import head, record, verify
from midun.kernel.trail.verbs import Verb

pytestmark = pytest.mark.django_db


def write(at, n=3):
    for i in range(n):
        with transaction.atomic():
            record(actor=system_actor("甲"), verb=Verb.CREATED, target=None, at=at, after={"n": i}, label=f"第{i}件")


def tamper(sql, *params):
    """Change rows as somebody with the owner's rights would: triggers off."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("DROP TRIGGER trail_no_update")
            cursor.execute("DROP TRIGGER trail_no_delete")
        cursor.execute(sql, params)
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = DEFAULT")


def test_it_works(at):
    write(at)
    assert list(verify()) == []
    assert head()[0] == 3


def test_a_changed_entry_is_found(at):
    write(at)
    tamper("UPDATE trail_entry SET user_name = %s WHERE seq = 2", "乙")
    assert [(f.seq, f.text) for f in verify()] == [(2, "内容与摘要不符（记录被改动）")]


def test_a_missing_entry_is_found(at):
    write(at)
    tamper("DELETE FROM trail_entry WHERE seq = 2")
    assert {f.seq for f in verify()} == {3}


def test_reordered_entries_are_found(at):
    write(at)
    tamper("UPDATE trail_entry SET seq = CASE seq WHEN 2 THEN 30 WHEN 3 THEN 2 END WHERE seq IN (2, 3)")
    tamper_free = list(verify())
    assert tamper_free


def test_a_cut_off_tail_is_found_by_a_noted_head(at):
    write(at)
    noted = head()
    tamper("DELETE FROM trail_entry WHERE seq = 3")
    assert list(verify()) == []
    assert [f.seq for f in verify(expected_head=noted)] == [3]


def test_the_orm_cannot_change_or_delete(at):
    write(at)
    entry = Entry.objects.get(seq=1)
    with pytest.raises(AppendOnly):
        entry.delete()
    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        Entry.objects.update(reason="x")
    with pytest.raises(AppendOnly):
        Entry.objects.all().delete()


@pytest.mark.parametrize("sql", ["UPDATE trail_entry SET reason = 'x'", "DELETE FROM trail_entry"])
def test_sql_cannot_change_or_delete(at, sql):
    write(at)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert list(verify()) == []


def test_actor_is_named(cast, at):
    with transaction.atomic():
        entry = record(actor=cast.actor("city_officer"), verb=Verb.CREATED, target=cast.jia, at=at)
    assert (entry.organisation, entry.role, entry.target_label) == ("沪市市场监管局", "officer", "甲精密机械有限公司")
    assert replace(cast.actor("city_officer")).path == entry.path
