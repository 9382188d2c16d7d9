"""Tables in and out: every spreadsheet, Word table, CSV file or pasted text passes through here.

Reading trusts nothing: content decides what a file is, archives and XML are checked while they
stream, and whatever is wrong comes out as one `SheetError` with a sentence for the user. Writing
never produces a cell that could run.
"""

from midun.lib.sheets.annotate import ERROR_TITLE, annotate_xlsx
from midun.lib.sheets.model import Kind, Limits, Problem, Row, SheetError, Table, fill_down
from midun.lib.sheets.pasted import read_text
from midun.lib.sheets.reading import read_tables
from midun.lib.sheets.sniff import sniff
from midun.lib.sheets.text import clean, unwrap
from midun.lib.sheets.writing import Column, Sheet, write_csv, write_xlsx

__all__ = [
    "ERROR_TITLE",
    "Column",
    "Kind",
    "Limits",
    "Problem",
    "Row",
    "Sheet",
    "SheetError",
    "Table",
    "annotate_xlsx",
    "clean",
    "fill_down",
    "read_tables",
    "read_text",
    "sniff",
    "unwrap",
    "write_csv",
    "write_xlsx",
]
