"""Suggestions show on the plan lines under which they were collected."""

from midun.campaigns.linked import register
from midun.claims.models import Suggestion

register(Suggestion, label="建议", day="given_on", entrance=("登记建议", "claims:suggestion-new"))
