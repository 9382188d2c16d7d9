"""Readers: a file becomes documents of parts. Damaged or refused files become notices; reading as a whole never fails.

Nothing is written to disk.
"""
