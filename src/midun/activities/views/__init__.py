"""Pages of activities."""

from midun.activities.views.certificates import certificate_pdf, issue, public_key, revoke, verify
from midun.activities.views.door import door, open_door, poster, receipt, screen, shut_door
from midun.activities.views.events import activities, activity, edit, new, portal, restore, use_file, void
from midun.activities.views.people import add_people, add_person, match, sheet, void_person

__all__ = [
    "activities",
    "activity",
    "add_people",
    "add_person",
    "certificate_pdf",
    "door",
    "edit",
    "issue",
    "match",
    "new",
    "open_door",
    "portal",
    "poster",
    "public_key",
    "receipt",
    "restore",
    "revoke",
    "screen",
    "sheet",
    "shut_door",
    "use_file",
    "verify",
    "void",
    "void_person",
]
