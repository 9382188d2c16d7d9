"""Marks in text: `carriers` what a place can say, `prose` and `source` find places, `mark` writes and reads."""
