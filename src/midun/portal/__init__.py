"""门户: what everybody may read, without an account.

Nouns: the month's column (专栏) with approved activities, news, typical cases and downloads; the search; the
verification of what the platform issued. Rules: a page shows only what a named officer published; nothing here needs
JavaScript; the footer states what a government site must state; text size, contrast and the version for the elderly
are remembered on the device.
"""
