"""Deposits refer to their tenant without a foreign key on PostgreSQL.

Checking it row by row took half the time of writing a batch; `engine/index.py` locks and checks the tenants once for
each batch, and the trigger refuses to let a tenant with deposits go. On SQLite, where it costs little, the key stays.
"""

import django.db.models.deletion
from django.db import migrations, models

_GUARD = """
CREATE FUNCTION evidence_tenant_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM evidence_deposit WHERE tenant_id = OLD.id) THEN
        RAISE foreign_key_violation USING MESSAGE = 'tenant ' || OLD.id || ' has deposits';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER evidence_tenant_stays BEFORE DELETE OR UPDATE OF id ON evidence_tenant
    FOR EACH ROW EXECUTE FUNCTION evidence_tenant_stays()
"""


def _forwards(apps, editor):
    if editor.connection.vendor != "postgresql":
        return
    with editor.connection.cursor() as cursor:
        found = editor.connection.introspection.get_constraints(cursor, "evidence_deposit")
    for name, constraint in found.items():
        if constraint["foreign_key"] and constraint["columns"] == ["tenant_id"]:
            editor.execute(f"ALTER TABLE evidence_deposit DROP CONSTRAINT {editor.quote_name(name)}")
    editor.execute(_GUARD)


class Migration(migrations.Migration):
    dependencies = [
        ("evidence", "0002_statement"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(_forwards, migrations.RunPython.noop)],
            state_operations=[
                migrations.AlterField(
                    model_name="deposit",
                    name="tenant",
                    field=models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="evidence.tenant",
                        verbose_name="存证方",
                    ),
                )
            ],
        )
    ]
