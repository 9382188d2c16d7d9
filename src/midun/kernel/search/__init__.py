"""Search: what is published, found by Chinese words without a dictionary.

Nouns: Document (what a public record says), SearchEntry (its row in the index). Rules: only what everybody may read is
in the index, so that a search can never tell more than the portal; the service that publishes, changes, voids or
withdraws a record calls `refresh(record)` in the same transaction; what is found is looked up again before it is shown.
An app says in `searchable.py` what its records say. The index holds pairs of neighbouring characters, because Chinese
writes no spaces: FTS5 on SQLite and a GIN index over tsvector on PostgreSQL, both asked in the same way.
"""
