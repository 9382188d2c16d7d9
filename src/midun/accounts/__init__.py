"""People and how they come in: invitations, roles, login with its lock-out and second factor, lost passwords.

Nouns: person page, invitation, attempt, known browser, second factor. Rules: the account library does passwords and
TOTP, here is what the house adds: accounts come by invitation only; guessers are stopped and owners are not; the three
administrators must use a second factor and nobody but the operator resets them; idle sessions end. Every act is in the
trail, in the same transaction.
"""
