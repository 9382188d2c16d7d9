"""Work done outside a request: a table queue with leases and a schedule, run by `midun work`.

Nouns: Job (a named piece of work with arguments), Schedule (a name and an interval). Rules: a job is enqueued in the
caller's transaction; a job whose worker died is taken again when its lease runs out, so every job must be idempotent.
"""
