"""The trail is append-only, chained, and says what is wrong with it."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from midun.kernel.orgs.actor import system_actor
from midun.kernel.trail import anchors, guard
from midun.kernel.trail.models import AppendOnly, Entry
from midun.kernel.trail.services import Note, head, record, record_many, verify
from midun.kernel.trail.verbs import Verb

pytestmark = pytest.mark.django_db


def write(at, n=3):
    for i in range(n):
        with transaction.atomic():
            record(actor=system_actor("甲"), verb=Verb.CREATED, target=None, at=at, after={"n": i}, label=f"第{i}件")


def sql(text, *params):
    with connection.cursor() as cursor:
        cursor.execute(text, params)


def tamper(text, *params):
    """Change rows as somebody with the owner's rights would: triggers off, change, triggers on again."""
    if connection.vendor == "postgresql":
        sql("SET session_replication_role = replica")
        sql(text, *params)
        sql("SET session_replication_role = DEFAULT")
        return
    for name in guard.SQLITE:
        sql(f"DROP TRIGGER {name}")
    sql(text, *params)
    for statement in guard.SQLITE.values():
        sql(statement)


def told(**how):
    return [(fault.seq, fault.text) for fault in verify(**how)]


def test_it_works(at):
    write(at)
    assert told() == []
    assert head()[0] == 3


def test_many_entries_are_one_chain_in_a_few_queries(at, django_assert_max_num_queries):
    write(at, 1)
    notes = [Note(Verb.IMPORTED, None, after={"n": n}, label=f"第{n}行") for n in range(1200)]
    with django_assert_max_num_queries(30), transaction.atomic():
        made = record_many(notes, actor=system_actor("甲"), at=at)
    assert [entry.seq for entry in made] == list(range(2, 1202))
    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_recorded_outside_a_transaction(at):
    with pytest.raises(transaction.TransactionManagementError):
        record(actor=system_actor("甲"), verb=Verb.CREATED, target=None, at=at)


def test_a_changed_entry_is_found(at):
    write(at)
    tamper("UPDATE trail_entry SET user_name = %s WHERE seq = 2", "乙")
    assert told() == [(2, "内容与摘要不符（记录被改动）")]


def test_a_changed_entry_with_a_new_digest_breaks_the_next_link(at):
    write(at)
    entry = Entry.objects.get(seq=2)
    entry.user_name = "乙"
    from midun.kernel.trail.chain import digest

    tamper(
        "UPDATE trail_entry SET user_name = %s, digest = %s WHERE seq = 2",
        "乙",
        digest(entry.hashed_fields(), entry.previous),
    )
    assert [seq for seq, _ in told()] == [3]


def test_a_missing_entry_is_found(at):
    write(at)
    tamper("DELETE FROM trail_entry WHERE seq = 2")
    assert {seq for seq, _ in told()} == {3}


def test_a_missing_first_entry_is_found(at):
    write(at)
    tamper("DELETE FROM trail_entry WHERE seq = 1")
    assert told()[0][0] == 2


def test_an_inserted_entry_is_found(at):
    write(at)
    columns = "at, user_name, role, organisation, path, verb, target_type, target_id, target_label, before, after, reason, previous"
    tamper(
        f"INSERT INTO trail_entry (seq, digest, {columns}) "  # noqa: S608  # constants of this test
        f"SELECT 4, '{'0' * 64}', {columns} FROM trail_entry WHERE seq = 3"
    )
    assert {seq for seq, _ in told()} == {4}


def test_reordered_entries_are_found(at):
    write(at)
    tamper("UPDATE trail_entry SET seq = 30 WHERE seq = 2")
    tamper("UPDATE trail_entry SET seq = 2 WHERE seq = 3")
    tamper("UPDATE trail_entry SET seq = 3 WHERE seq = 30")
    assert {seq for seq, _ in told()} == {2, 3}


def test_a_cut_off_end_is_found_by_an_anchor(at):
    write(at)
    noted = head()
    tamper("DELETE FROM trail_entry WHERE seq = 3")
    assert told() == []
    assert [seq for seq, _ in told(anchors=[noted])] == [3]


def test_a_rewritten_trail_is_found_by_an_anchor(at):
    write(at)
    noted = head()
    tamper("DELETE FROM trail_entry")
    write(at + timedelta(days=1))
    assert told() == []
    assert [seq for seq, _ in told(anchors=[noted])] == [3]


def test_anchors_are_kept_in_a_file(at, tmp_path):
    assert anchors.read(tmp_path) == []
    anchors.note(tmp_path, seq=0, digest="0" * 64, at=at)
    anchors.note(tmp_path, seq=3, digest="a" * 64, at=at)
    anchors.note(tmp_path, seq=3, digest="a" * 64, at=at)
    anchors.note(tmp_path, seq=9, digest="b" * 64, at=at)
    assert anchors.read(tmp_path) == [(3, "a" * 64), (9, "b" * 64)]


def test_it_rejects_a_damaged_file_of_anchors(at, tmp_path):
    anchors.note(tmp_path, seq=3, digest="a" * 64, at=at)
    with anchors.path_in(tmp_path).open("a", encoding="utf-8") as file:
        file.write("oops\n")
    with pytest.raises(anchors.BadAnchors, match="第 2 行"):
        anchors.read(tmp_path)


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
    with pytest.raises(AppendOnly), transaction.atomic():
        Entry.objects.bulk_update([entry], ["reason"])


COPY = "SELECT %s, at, user_name, role, organisation, path, verb, target_type, target_id, target_label, before, after, 'x', previous, %s FROM trail_entry WHERE seq = 2"
INTO = "trail_entry (seq, at, user_name, role, organisation, path, verb, target_type, target_id, target_label, before, after, reason, previous, digest)"


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("UPDATE trail_entry SET reason = 'x'", ()),
        ("DELETE FROM trail_entry", ()),
        ("DELETE FROM trail_entry WHERE seq = 3", ()),
        (f"INSERT INTO {INTO} {COPY}", (4, "f" * 64)),
        (f"INSERT INTO {INTO} {COPY}", (40, "f" * 64)),
        (f"INSERT INTO {INTO} {COPY}", (2, "f" * 64)),
    ],
)
def test_sql_cannot_change_delete_or_slip_in(at, text, params):
    write(at)
    with pytest.raises((DatabaseError, IntegrityError), match="append-only"), transaction.atomic():
        sql(text, *params)
    assert told() == []


def test_sqlite_cannot_replace(at):
    if connection.vendor != "sqlite":
        return
    write(at)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(f"INSERT OR REPLACE INTO {INTO} {COPY}", 2, "f" * 64)
    assert told() == []


def test_postgresql_cannot_truncate(at):
    if connection.vendor != "postgresql":
        return
    write(at)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql("TRUNCATE trail_entry")
    assert told() == []


@pytest.mark.parametrize("name", ["trail_no_update", "trail_next_link"])
def test_a_dropped_trigger_is_found(at, name):
    write(at)
    sql(f"DROP TRIGGER {name}" + (" ON trail_entry" if connection.vendor == "postgresql" else ""))
    found = told()
    assert [seq for seq, _ in found] == [0]
    assert name in found[0][1]


def test_a_rewritten_or_disabled_trigger_is_found(at):
    write(at)
    if connection.vendor == "postgresql":
        sql("ALTER TABLE trail_entry DISABLE TRIGGER trail_no_update")
        sql(
            "CREATE OR REPLACE FUNCTION trail_next_link() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$"
        )
    else:
        sql("DROP TRIGGER trail_no_update")
        sql("DROP TRIGGER trail_next_link")
        sql("CREATE TRIGGER trail_next_link BEFORE INSERT ON trail_entry BEGIN SELECT 1; END")
    texts = [text for _, text in told()]
    assert len(texts) == 2
    assert any("trail_no_update" in text and "停用" in text for text in texts)
    assert any("trail_next_link" in text and "改写" in text for text in texts)


def test_actor_is_named(cast, at):
    with transaction.atomic():
        entry = record(actor=cast.actor("city_officer"), verb=Verb.CREATED, target=cast.jia, at=at)
    assert (entry.organisation, entry.role, entry.target_label) == ("沪市市场监管局", "officer", "甲精密机械有限公司")
    assert cast.actor("city_officer").path == entry.path


@pytest.mark.parametrize(
    "text",
    [
        "DROP TRIGGER trail_no_update ON trail_entry",
        "ALTER TABLE trail_entry DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "TRUNCATE trail_entry",
        "UPDATE trail_entry SET reason = 'x'",
        "DELETE FROM trail_entry",
        "DROP TABLE trail_entry",
        "CREATE OR REPLACE FUNCTION trail_append_only() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN OLD; END$$",
    ],
)
def test_the_applications_role_cannot_get_round_the_guard(at, text):
    """As docs/operations.md sets it up: the role owns nothing and may only read and append."""
    if connection.vendor != "postgresql":
        return
    write(at)
    sql("CREATE ROLE midun_app_of_a_test")
    sql("GRANT SELECT, INSERT ON trail_entry TO midun_app_of_a_test")
    with pytest.raises(DatabaseError, match=r"permission denied|must be owner"), transaction.atomic():
        sql("SET LOCAL ROLE midun_app_of_a_test")
        sql(text)
    assert told() == []
