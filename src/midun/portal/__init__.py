"""门户: what everybody may see, without an account.

Nouns: the month's column (专栏) with approved activities, news, typical cases and downloads; the search; the
verification of what the platform issued. Rules: a page shows only what a named officer published; nothing here needs
JavaScript; the footer states what a government site must state; text size and contrast can be changed and are remembered on the device.
"""
