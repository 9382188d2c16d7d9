"""A populated demonstration, built only through the services, in our own words.

One city under the nation, with its districts, units without a division code, a market-regulation office and a service
station; a closed service month of 2025 full of records, with frozen forms; and a running one for the current month,
open and without a plan, ready for the import of an annex. Names of enterprises and people are made up; their credit
codes have right check digits and were given out by no register.
"""

from datetime import datetime

from django.db import transaction

from midun.config.demo import month, people, tree
from midun.config.demo.stage import PASSWORD, Stage
from midun.kernel.orgs.services.divisions import load_divisions
from midun.kernel.workflow.calendar import seed

__all__ = ["PASSWORD", "SHOWN", "build"]

SHOWN = people.SHOWN
"""User names of the logins that are printed, one per role."""


@transaction.atomic
def build(at: datetime) -> None:
    """Everything, in one transaction; `at` is the moment it is built."""
    stage = Stage(at)
    seed(actor=stage.founder, at=stage.opened)
    load_divisions(actor=stage.founder, at=stage.opened)
    tree.build(stage)
    people.build(stage)
    month.last_year(stage)
    month.this_month(stage)
    month.read_old_notices(stage)
