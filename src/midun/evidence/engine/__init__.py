"""The engine of the log: one process that appends, and the ways to ask it.

`place` knows the folder, `keyring` the keys, `postgres_state` the deciding row on PostgreSQL; `committer` turns
requests into entries, rows and answers; `runner` is the process; `frames` is what is said over the socket; `door` and
`link` are its clients (one call at a time, and many at once). `supervisor` starts the process again when it ends.
"""
