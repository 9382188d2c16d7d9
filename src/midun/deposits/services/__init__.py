"""What an enterprise does with its deposits, one function per act."""

from midun.deposits.services.handoffs import HandOffProblem, confirm, hand_off, receive
from midun.deposits.services.projects import ProjectProblem, begin_project, rename_project
from midun.deposits.services.statements import StatementProblem, show_statement

__all__ = [
    "HandOffProblem",
    "ProjectProblem",
    "StatementProblem",
    "begin_project",
    "confirm",
    "hand_off",
    "receive",
    "rename_project",
    "show_statement",
]
