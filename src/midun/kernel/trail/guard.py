"""The triggers that make the trail append-only in the database itself, and the check that they still stand.

The database refuses UPDATE, DELETE, TRUNCATE, and an INSERT that is not the next link: number one more than the last,
`previous` the digest of the last. `INSERT OR REPLACE` of SQLite is refused by the same trigger, before it replaces.
"""

from collections.abc import Iterator

from django.db.backends.base.base import BaseDatabaseWrapper

from midun.kernel.trail.chain import Fault

SQLITE = {
    "trail_no_update": """CREATE TRIGGER trail_no_update BEFORE UPDATE ON trail_entry
BEGIN SELECT RAISE(ABORT, 'trail is append-only'); END""",
    "trail_no_delete": """CREATE TRIGGER trail_no_delete BEFORE DELETE ON trail_entry
BEGIN SELECT RAISE(ABORT, 'trail is append-only'); END""",
    "trail_next_link": """CREATE TRIGGER trail_next_link BEFORE INSERT ON trail_entry
WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM trail_entry)
  OR NEW.previous IS NOT COALESCE((SELECT digest FROM trail_entry ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
BEGIN SELECT RAISE(ABORT, 'trail is append-only'); END""",
}
"""Name → statement, as SQLite keeps it in its schema table."""

POSTGRESQL_FUNCTIONS = {
    "trail_append_only": "\nBEGIN RAISE EXCEPTION 'trail is append-only'; END ",
    "trail_next_link": """
DECLARE last RECORD;
BEGIN
  SELECT seq, digest INTO last FROM trail_entry ORDER BY seq DESC LIMIT 1;
  IF NEW.seq IS DISTINCT FROM COALESCE(last.seq, 0) + 1
     OR NEW.previous IS DISTINCT FROM COALESCE(last.digest, repeat('0', 64)) THEN
    RAISE EXCEPTION 'trail is append-only';
  END IF;
  RETURN NEW;
END """,
}
"""Name → body, as PostgreSQL keeps it in pg_proc."""

POSTGRESQL_TRIGGERS = {
    "trail_no_update": ("BEFORE UPDATE OR DELETE", "ROW", "trail_append_only"),
    "trail_no_truncate": ("BEFORE TRUNCATE", "STATEMENT", "trail_append_only"),
    "trail_next_link": ("BEFORE INSERT", "ROW", "trail_next_link"),
}
"""Name → when, for each what, which function."""


def statements(vendor: str) -> list[str]:
    """What creates the guard on a database."""
    if vendor != "postgresql":
        return list(SQLITE.values())
    functions = [
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
        for name, body in POSTGRESQL_FUNCTIONS.items()
    ]
    triggers = [
        f"CREATE TRIGGER {name} {when} ON trail_entry FOR EACH {each} EXECUTE FUNCTION {function}()"
        for name, (when, each, function) in POSTGRESQL_TRIGGERS.items()
    ]
    return functions + triggers


def faults(connection: BaseDatabaseWrapper) -> Iterator[Fault]:
    """What of the guard is missing, switched off or rewritten."""
    found = _found_postgresql(connection) if connection.vendor == "postgresql" else _found_sqlite(connection)
    expected = POSTGRESQL_TRIGGERS if connection.vendor == "postgresql" else SQLITE
    for name in expected:
        if name not in found:
            yield Fault(0, f"数据库中缺少保护留痕的触发器 {name}（已被删除或停用），此后的改动不会被拒绝")
        elif not found[name]:
            yield Fault(0, f"数据库中保护留痕的触发器 {name} 已被改写")


def _found_sqlite(connection: BaseDatabaseWrapper) -> dict[str, bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'trail_entry'")
        return {name: sql == SQLITE.get(name, "") for name, sql in cursor.fetchall()}


def _found_postgresql(connection: BaseDatabaseWrapper) -> dict[str, bool]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT t.tgname, pg_get_triggerdef(t.oid), p.proname, p.prosrc
            FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
            WHERE t.tgrelid = 'trail_entry'::regclass AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"""
        )
        return {name: _as_created(name, *rest) for name, *rest in cursor.fetchall()}


def _as_created(name: str, definition: str, function: str, body: str) -> bool:
    if name not in POSTGRESQL_TRIGGERS:
        return True
    when, each, wanted = POSTGRESQL_TRIGGERS[name]
    events = set(when.removeprefix("BEFORE ").split(" OR "))
    told = set(definition.partition(" BEFORE ")[2].partition(" ON ")[0].split(" OR "))
    same = events == told and f"FOR EACH {each}" in definition and " WHEN " not in definition
    return same and function == wanted and body == POSTGRESQL_FUNCTIONS[wanted]
