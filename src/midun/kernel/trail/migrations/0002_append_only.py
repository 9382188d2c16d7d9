"""The database itself refuses to change, delete, empty or renumber the trail (trail/guard.py)."""

from django.db import migrations

from midun.kernel.trail import guard


def forwards(apps, schema_editor):
    """Create the triggers of the database in use."""
    for statement in guard.statements(schema_editor.connection.vendor):
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    """Append-only by trigger on both databases."""

    dependencies = [("trail", "0001_initial")]
    operations = [migrations.RunPython(forwards, elidable=False)]
