"""The desk of a secrecy officer: marking, tracing, registry and labels on pages that only this machine can open.

No Django application: there is no database, no login and no other user. It runs on the standard library's HTTP server,
because what it needs (one person, loopback, whole files as request bodies that go straight to disk) is less than what a
framework would have to be stripped of, and because settings of the platform must not be needed where secrets are kept.
Pages are Django templates, for their escaping.

Rules: it listens on 127.0.0.1 only; every address begins with a random token; a request whose Host is not ours, or that
changes something and does not come from our own pages, is refused; nothing is loaded from or sent to anywhere else.

Adding a page: a module in `pages` with functions under `@get` or `@post`, listed in `pages.MODULES`, and a `Place` in
its `MENU`.
"""
