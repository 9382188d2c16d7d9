"""Pages of people and their accounts, by concept."""

from midun.accounts.views.account import account, join
from midun.accounts.views.people import invitation_new, invitation_revoke, invitations, own_people, people
from midun.accounts.views.person import person

__all__ = [
    "account",
    "invitation_new",
    "invitation_revoke",
    "invitations",
    "join",
    "own_people",
    "people",
    "person",
]
