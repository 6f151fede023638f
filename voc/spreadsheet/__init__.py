"""Tables as people keep them: CSV in any encoding, TSV, Excel. Pure: bytes in, rows of text out, and back.

``read_table`` opens any of them, ``write_table`` writes one safely; ``csv_chunks`` and ``write_xlsx`` serve exports
that are streamed or have several sheets.
"""

from voc.spreadsheet.encodings import detect_encoding
from voc.spreadsheet.reading import Row, SpreadsheetError, Table, read_table
from voc.spreadsheet.writing import Cell, Sheet, Written, csv_chunks, write_table, write_xlsx

__all__ = [
    "Cell",
    "Row",
    "Sheet",
    "SpreadsheetError",
    "Table",
    "Written",
    "csv_chunks",
    "detect_encoding",
    "read_table",
    "write_table",
    "write_xlsx",
]
