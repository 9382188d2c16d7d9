"""Pages of people, organisations, the calendar and the trail, by concept."""

from midun.directory.views.account import account, join
from midun.directory.views.enterprise_import import (
    import_errors,
    import_preview,
    import_template,
    import_upload,
)
from midun.directory.views.enterprises import enterprise, enterprise_edit, enterprise_new, enterprises
from midun.directory.views.organisations import organisation, organisation_close, organisation_edit, organisation_new
from midun.directory.views.people import invitation_new, invitation_revoke, invitations, own_people, people
from midun.directory.views.person import person
from midun.directory.views.trail import entry, login_history, trail
from midun.directory.views.units import divisions_add, node_close, node_edit, node_new, units
from midun.directory.views.work_calendar import work_calendar

__all__ = [
    "account",
    "divisions_add",
    "enterprise",
    "enterprise_edit",
    "enterprise_new",
    "enterprises",
    "entry",
    "import_errors",
    "import_preview",
    "import_template",
    "import_upload",
    "invitation_new",
    "invitation_revoke",
    "invitations",
    "join",
    "login_history",
    "node_close",
    "node_edit",
    "node_new",
    "organisation",
    "organisation_close",
    "organisation_edit",
    "organisation_new",
    "own_people",
    "people",
    "person",
    "trail",
    "units",
    "work_calendar",
]
