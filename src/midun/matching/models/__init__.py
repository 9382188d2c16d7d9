"""The tables of comparison."""

from midun.matching.models.projects import ComparisonProject, ProjectReport
from midun.matching.models.screening import Screening
from midun.matching.models.sessions import SealedSession
from midun.matching.models.summary import Summarised

__all__ = ["ComparisonProject", "ProjectReport", "Screening", "SealedSession", "Summarised"]
