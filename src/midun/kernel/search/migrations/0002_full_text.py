"""The database's own full-text index over the tokens: FTS5 kept by triggers on SQLite, GIN on PostgreSQL."""

from django.db import migrations

SQLITE = """
CREATE VIRTUAL TABLE search_fts USING fts5(
  title_tokens, text_tokens, content='search_searchentry', content_rowid='id',
  tokenize="unicode61 remove_diacritics 0", prefix='1'
);
CREATE TRIGGER search_fts_insert AFTER INSERT ON search_searchentry BEGIN
  INSERT INTO search_fts(rowid, title_tokens, text_tokens) VALUES (new.id, new.title_tokens, new.text_tokens);
END;
CREATE TRIGGER search_fts_delete AFTER DELETE ON search_searchentry BEGIN
  INSERT INTO search_fts(search_fts, rowid, title_tokens, text_tokens)
  VALUES ('delete', old.id, old.title_tokens, old.text_tokens);
END;
CREATE TRIGGER search_fts_update AFTER UPDATE ON search_searchentry BEGIN
  INSERT INTO search_fts(search_fts, rowid, title_tokens, text_tokens)
  VALUES ('delete', old.id, old.title_tokens, old.text_tokens);
  INSERT INTO search_fts(rowid, title_tokens, text_tokens) VALUES (new.id, new.title_tokens, new.text_tokens);
END;
"""
POSTGRESQL = """
CREATE INDEX search_words ON search_searchentry USING gin (
  (setweight(to_tsvector('simple', title_tokens), 'A') || setweight(to_tsvector('simple', text_tokens), 'D'))
);
"""


def make(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL)
    elif schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            for statement in SQLITE.strip().split(";\nCREATE"):
                text = statement if statement.startswith("CREATE") else "CREATE" + statement
                cursor.execute(text.rstrip().rstrip(";") + ";")


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX search_words")
        return
    for name in ("insert", "delete", "update"):
        schema_editor.execute(f"DROP TRIGGER search_fts_{name}")
    schema_editor.execute("DROP TABLE search_fts")


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
