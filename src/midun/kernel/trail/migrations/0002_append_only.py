"""The database itself refuses to change, delete or empty the trail."""

from django.db import migrations

SQLITE = """
CREATE TRIGGER trail_no_update BEFORE UPDATE ON trail_entry
BEGIN SELECT RAISE(ABORT, 'trail is append-only'); END;
CREATE TRIGGER trail_no_delete BEFORE DELETE ON trail_entry
BEGIN SELECT RAISE(ABORT, 'trail is append-only'); END;
"""

POSTGRESQL = """
CREATE FUNCTION trail_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'trail is append-only'; END $$;
CREATE TRIGGER trail_no_update BEFORE UPDATE OR DELETE ON trail_entry
FOR EACH ROW EXECUTE FUNCTION trail_append_only();
CREATE TRIGGER trail_no_truncate BEFORE TRUNCATE ON trail_entry
FOR EACH STATEMENT EXECUTE FUNCTION trail_append_only();
"""


def forwards(apps, schema_editor):  # type: ignore[no-untyped-def]  # Django's signature for RunPython
    """Create the triggers of the database in use."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
        return
    for statement in SQLITE.strip().split("END;"):
        if statement.strip():
            schema_editor.execute(statement + "END;")


class Migration(migrations.Migration):
    """Append-only by trigger on both databases."""

    dependencies = [("trail", "0001_initial")]
    operations = [migrations.RunPython(forwards, elidable=False)]
