"""Pages of units, enterprises, the calendar and the trail, by concept."""

from midun.directory.views.enterprise_import import (
    import_errors,
    import_preview,
    import_template,
    import_upload,
)
from midun.directory.views.enterprises import enterprise, enterprise_edit, enterprise_new, enterprises
from midun.directory.views.organisations import organisation, organisation_close, organisation_edit, organisation_new
from midun.directory.views.trail import entry, login_history, trail
from midun.directory.views.units import divisions_add, node_close, node_edit, node_new, units
from midun.directory.views.work_calendar import work_calendar

__all__ = [
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
    "login_history",
    "node_close",
    "node_edit",
    "node_new",
    "organisation",
    "organisation_close",
    "organisation_edit",
    "organisation_new",
    "trail",
    "units",
    "work_calendar",
]
