"""Visits show on the plan lines they carry out."""

from midun.campaigns.linked import register
from midun.visits.models import Visit

register(Visit, label="走访", related=("enterprise",), entrance=("登记走访", "visits:new"))
