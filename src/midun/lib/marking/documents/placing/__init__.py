"""Putting a label into files and finding it again: `labels` by file, the rest by format (docs/formats/label.md)."""
