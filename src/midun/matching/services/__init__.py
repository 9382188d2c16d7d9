"""What people do with comparisons, one function per act."""

from midun.matching.services.projects import link_deposit, submit_summary
from midun.matching.services.screening import ScreeningProblem, attach_report, void_screening
from midun.matching.services.sessions import (
    SessionProblem,
    close_session,
    expire,
    finish,
    open_session,
    read_report,
    receive_bundle,
    start_comparison,
)

__all__ = [
    "ScreeningProblem",
    "SessionProblem",
    "attach_report",
    "close_session",
    "expire",
    "finish",
    "link_deposit",
    "open_session",
    "read_report",
    "receive_bundle",
    "start_comparison",
    "submit_summary",
    "void_screening",
]
