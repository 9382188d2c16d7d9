"""存证: deposits in a transparency log whose proofs outlive the server.

Nouns: Log (one origin with its keys), Tenant (an enterprise as depositor, or the platform itself), Deposit (存证, one
entry of the log: two salted commitments), Token (接口令牌), Project (研发过程, deposits over a secret's life),
CheckpointRecord (a checkpoint kept with what witnesses and time-stamp authorities said of it), PlatformDeposit (the
platform's own digests: head of the trail, frozen forms).

Rules: neither content, name nor bare digest of a file reaches us; the files under `MIDUN_HOME/log` decide what was
deposited, the tables are an index of them and can be rebuilt; one process per log appends (`engine/`), everybody else
asks it over a local socket; a receipt is given only when entry, checkpoint and row are durable; an enterprise sees,
counts and deduplicates its own deposits only, and no bureau sees any (docs/formats/receipt.md, docs/formats/api.md).
"""
