"""Marked documents: PDF pages in three renderers, texts, large files, many copies, colluders (`-m bench documents`)."""
