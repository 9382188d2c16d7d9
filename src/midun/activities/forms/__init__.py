"""Forms of activities, one module per concept."""

from midun.activities.forms.door import DoorForm, OpenForm, default_close
from midun.activities.forms.events import ActivityFilter, ActivityForm, FilesForm
from midun.activities.forms.people import NewEnterpriseForm, PeopleForm, PersonForm

__all__ = [
    "ActivityFilter",
    "ActivityForm",
    "DoorForm",
    "FilesForm",
    "NewEnterpriseForm",
    "OpenForm",
    "PeopleForm",
    "PersonForm",
    "default_close",
]
