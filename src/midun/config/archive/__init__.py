"""Backup and restore: one portable archive of every row, file and key, checked on both sides.

The archive (docs/formats/backup.md) is a tar: `tables/<table>.jsonl`, `files/<sha256>`, `keys/<name>`, and last the
manifest. Rows are written through the ORM, so a backup of SQLite restores into PostgreSQL and the digests of the tables
are the same on both. A restored copy is compared table by table with the manifest before it is committed.

`rows` knows how a row is a line; `write` makes an archive, `read` checks one, `restore` loads one.
"""
