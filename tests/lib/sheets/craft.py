"""Hand-made Office packages, for what no ordinary program would write."""

import zipfile
from io import BytesIO

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def packed(parts, compression=zipfile.ZIP_DEFLATED):
    target = BytesIO()
    with zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def content_types(part, kind):
    return f'<Types xmlns="{TYPES}"><Override PartName="/{part}" ContentType="{kind}"/></Types>'


def xlsx_parts(sheet_data, *, after="", book="", namespace=MAIN, extra=None, prolog=""):
    relations = (
        f'<Relationships xmlns="{RELS}">'
        f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{OFFICE}/styles" Target="/xl/styles.xml"/>'
        f'<Relationship Id="r3" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    )
    return {
        "[Content_Types].xml": content_types("xl/workbook.xml", SHEET_TYPE),
        "_rels/.rels": f'<Relationships xmlns="{RELS}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{namespace}" xmlns:r="{OFFICE}">{book}<sheets>'
        '<sheet name="表" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations,
        "xl/worksheets/sheet1.xml": f'{prolog}<worksheet xmlns="{namespace}"><dimension ref="A1:XFD1048576"/>'
        f"<sheetData>{sheet_data}</sheetData>{after}</worksheet>",
        **(extra or {}),
    }


def xlsx(sheet_data, **options):
    return packed(xlsx_parts(sheet_data, **options))


def docx(body, prolog=""):
    return packed(
        {
            "[Content_Types].xml": content_types("word/document.xml", WORD_TYPE),
            "word/document.xml": f'{prolog}<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>',
        }
    )


def text_cell(reference, text):
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'
