"""The mark in live text of PDF: every second glyph stands a quarter of a point aside, to which side the copy id says.

Copied text, line breaks and the ends of words stay as they are. The mark survives what turns the page's background
white: a scanner application's clean-up and black-and-white scans. Reading needs the original PDF and a registry
(docs/formats/marking-glyphs.md). Rooms: `fonts` (codes and widths), `content` (where glyphs stand and how they are
moved), `measure` (how far each glyph of a leak stands aside), `score` (which copy that accuses, with its bound).
"""
