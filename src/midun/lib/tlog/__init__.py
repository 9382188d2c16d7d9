"""Transparency log: trees, tiles, notes, proofs, storage and sequencing whose results anyone can check without us.

The bytes are specified in `docs/formats/tlog.md`, `docs/formats/tlog-operation.md` and `docs/formats/commitment.md`.
No Django, no clock, no network: times are passed in and the witness client takes a transport.
"""
