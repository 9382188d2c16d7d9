"""Pages: one decorator, base templates, components, lists with filters and export, drafts, saved views.

Nouns: page (a view with a right and a read/write nature), Listing (a filtered, paged, exportable table), SavedView,
Todo (something a person should do next, registered by apps in `todos.py`). Rules: a GET cannot write; the actor and
the time come with the request; a view fetches scoped, binds a form, makes one service call, redirects or renders.
"""
