"""Work done outside a request: a table queue with leases and a schedule, run by `midun work`.

Nouns: Job (a named piece of work with arguments), JobKind (its function, perhaps on a schedule), Worker (a process that
runs jobs and says so). Rules: a job is enqueued in the caller's transaction; a worker holds it under a lease that it
renews while it works; a job whose worker died is taken again when the lease runs out, so every job must be idempotent.
"""
