"""Pages of people, organisations, the calendar and the trail; login with its lock-out and second factor.

Nouns: account, membership page, enterprise directory, work calendar, trail page. Rules: the account library does
passwords, TOTP and reset; here are the lock-out kept in the database, the history of logins, the duty of the three
administrators to use a second factor, and the end of idle sessions.
"""
