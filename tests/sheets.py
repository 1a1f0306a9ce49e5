"""Spreadsheets for tests: the least that the programs' own formats ask for, so that no writer of them is needed."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import escape

Rows = Sequence[Sequence[Any]]

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns"


@dataclass(frozen=True)
class Formula:
    """A cell that is calculated, with the value that the program saw last; ``#REF!`` and its like are failures."""

    text: str
    value: Any


def column(number: int) -> str:
    """Return the letters of a column, from 0."""
    name = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(65 + rest) + name
    return name


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    """Return a zip archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return stream.getvalue()


def xlsx(
    sheets: Mapping[str, Rows] | Rows, *, epoch_1904: bool = False, hidden: Iterable[str] = (), merged: str = ""
) -> bytes:
    """Return an .xlsx; days are numbers with a date format in it, as Excel writes them."""
    pages = sheets if isinstance(sheets, Mapping) else {"Sheet1": sheets}
    hiding = 'state="hidden"'
    names = "".join(
        f'<sheet name="{escape(name)}" sheetId="{number}" {hiding if name in hidden else ""} r:id="r{number}"/>'
        for number, name in enumerate(pages, 1)
    )
    links = "".join(
        f'<Relationship Id="r{number}" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, len(pages) + 1)
    )
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" '
        'ContentType="application/xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><workbookPr '
        f'date1904="{int(epoch_1904)}"/><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{links}<Relationship Id="s" '
        f'Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs count="3"><xf numFmtId="0"/><xf numFmtId="14"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>',
    }
    for number, rows in enumerate(pages.values(), 1):
        lines = "".join(_xlsx_row(row, cells, epoch_1904) for row, cells in enumerate(rows, 1))
        extra = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
        members[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData>{extra}</worksheet>'
        )
    return zipped(members)


def _xlsx_row(number: int, cells: Sequence[Any], epoch_1904: bool) -> str:
    inside = "".join(_xlsx_cell(f"{column(place)}{number}", cell, epoch_1904) for place, cell in enumerate(cells))
    return f'<row r="{number}">{inside}</row>'


def _xlsx_cell(place: str, value: Any, epoch_1904: bool) -> str:
    formula = ""
    if isinstance(value, Formula):
        formula, value = f"<f>{escape(value.text)}</f>", value.value
        if isinstance(value, str):
            kind = "e" if value.startswith("#") else "str"
            return f'<c r="{place}" t="{kind}">{formula}<v>{escape(value)}</v></c>'
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b">{formula}<v>{int(value)}</v></c>'
    if isinstance(value, date):
        days = (
            value - type(value)(1904, 1, 1) if epoch_1904 else value - type(value)(1899, 12, 30)
        ).total_seconds() / 86400
        style = 2 if isinstance(value, datetime) else 1
        return f'<c r="{place}" s="{style}">{formula}<v>{days!r}</v></c>'
    if isinstance(value, (int, float)):
        return f'<c r="{place}">{formula}<v>{value!r}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(str(value))}</t></is></c>'


def ods(sheets: Mapping[str, Rows] | Rows, *, encrypted: bool = False) -> bytes:
    """Return an .ods."""
    pages = sheets if isinstance(sheets, Mapping) else {"Sheet1": sheets}
    return ods_of(
        "".join(
            f'<table:table table:name="{escape(name)}">'
            + "".join(f"<table:table-row>{''.join(map(_ods_cell, cells))}</table:table-row>" for cells in rows)
            # Programs say that the rest of the sheet is empty, a million rows of it.
            + '<table:table-row table:number-rows-repeated="1048000"><table:table-cell '
            'table:number-columns-repeated="16384"/></table:table-row></table:table>'
            for name, rows in pages.items()
        ),
        encrypted=encrypted,
    )


def ods_of(tables: str, *, encrypted: bool = False) -> bytes:
    """Return an .ods with exactly these tables in its XML."""
    names = " ".join(f'xmlns:{name}="{_OFFICE}:{name}:1.0"' for name in ("office", "table", "text"))
    locked = "<manifest:encryption-data/>" if encrypted else ""
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{_OFFICE}:manifest:1.0"><manifest:file-entry '
            'manifest:full-path="content.xml" manifest:media-type="text/xml">'
            f"{locked}</manifest:file-entry></manifest:manifest>",
            "content.xml": f"<office:document-content {names} "
            'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"><office:body>'
            f"<office:spreadsheet>{tables}</office:spreadsheet></office:body>"
            "</office:document-content>",
        }
    )


def _ods_cell(value: Any) -> str:
    formula = ""
    if isinstance(value, Formula):
        formula, value = f'table:formula="of:={escape(value.text)}"', value.value
        if isinstance(value, str) and value.startswith("#"):
            return (
                f'<table:table-cell {formula} office:value-type="string" office:string-value="" '
                f'calcext:value-type="error"><text:p>{value}</text:p></table:table-cell>'
            )
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, bool):
        return f'<table:table-cell {formula} office:value-type="boolean" office:boolean-value="{str(value).lower()}"/>'
    if isinstance(value, date):
        return f'<table:table-cell {formula} office:value-type="date" office:date-value="{value.isoformat()}"/>'
    if isinstance(value, (int, float)):
        return f'<table:table-cell {formula} office:value-type="float" office:value="{value!r}"/>'
    text = f"<text:p>{escape(str(value))}</text:p>"
    return f'<table:table-cell {formula} office:value-type="string">{text}</table:table-cell>'
