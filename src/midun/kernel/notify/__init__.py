"""Notices to people: one `send`, written in the caller's transaction, carried further by a job.

Nouns: Notice (in-app, one per person and event). Rules: a notice is in the same transaction as the act it tells of;
outside channels (e-mail when configured) are jobs of the queue and can never undo the act.
"""
