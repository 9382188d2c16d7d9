"""Pages of activities, one module per concept."""

from midun.activities.views.acts import add_files, portal, remove_file, restore, use_file, void
from midun.activities.views.certificates import (
    certificate_file,
    certificate_files,
    certificate_pdf,
    issue,
    public_key,
    revoke,
    verify,
)
from midun.activities.views.door import door, receipt
from midun.activities.views.events import activities, activity, edit, new
from midun.activities.views.people import add_people, add_person, match, people_template, sheet, take_in, void_person
from midun.activities.views.screen import open_door, poster, screen, shut_door

__all__ = [
    "activities",
    "activity",
    "add_files",
    "add_people",
    "add_person",
    "certificate_file",
    "certificate_files",
    "certificate_pdf",
    "door",
    "edit",
    "issue",
    "match",
    "new",
    "open_door",
    "people_template",
    "portal",
    "poster",
    "public_key",
    "receipt",
    "remove_file",
    "restore",
    "revoke",
    "screen",
    "sheet",
    "shut_door",
    "take_in",
    "use_file",
    "verify",
    "void",
    "void_person",
]
