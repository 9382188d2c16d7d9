"""What an enterprise does with its deposits, one function per act."""

from midun.deposits.services.handoffs import HandOffProblem, confirm, hand_off, receive
from midun.deposits.services.statements import StatementProblem, show_statement

__all__ = [
    "HandOffProblem",
    "StatementProblem",
    "confirm",
    "hand_off",
    "receive",
    "show_statement",
]
