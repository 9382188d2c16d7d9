"""The engine of the log: one process that appends, and the ways to ask it.

`place` knows the folder, `keyring` the keys, `postgres_state` the deciding row on PostgreSQL; `committer` turns
requests into entries, rows and answers, `batch` being what it prepares; `runner` is the process, `queue` what waits for
it; `lib.exchange` is what is said over the socket; `door` is its client for one call at a time, `ingest.link` that for
many at once. `supervisor` starts the process again when it ends.
"""
