"""The trail: one append-only, hash-chained record of every act.

Nouns: an Entry says who, in which membership, when, did what (a Verb), to what, before, after and why.
Rules: entries are only ever inserted; each carries the hash of the one before it (docs/formats/trail.md);
the database itself refuses UPDATE, DELETE and TRUNCATE. Every service calls `record` as its last write.
"""
