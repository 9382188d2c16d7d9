"""Marks and labels in documents: text, source code, Office and PDF (docs/formats/marking-documents.md).

`text` finds and reads carriers in prose and source; `package`, `office` work on OOXML; `pdf` on PDF; `placing` puts
labels into files; `files` opens and writes without ever damaging anything.
"""
