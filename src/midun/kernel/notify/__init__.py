"""Notices to people: one `send`, written in the caller's transaction, carried further on commit.

Nouns: Notice (in-app, one per person and event). Rules: a notice is in the same transaction as the act it tells of;
outside channels (e-mail when configured) run on commit and can never undo the act.
"""
