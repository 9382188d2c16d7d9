"""Office files to test with, made by the libraries people use or by hand."""

import io
import zipfile

import docx
import openpyxl
from PIL import Image

from tests.lib.marking.prose import prose

R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"


def word(*, header="", pictures=True, sections=1):
    document = docx.Document()
    for number in range(12):
        document.add_paragraph(prose(number, 120))
    if pictures:
        held = io.BytesIO()
        Image.linear_gradient("L").resize((500, 400)).save(held, "PNG")
        held.seek(0)
        document.add_picture(held)
    if header:
        document.sections[0].header.paragraphs[0].text = header
    for number in range(1, sections):
        section = document.add_section()
        section.different_first_page_header_footer = number % 2 == 1
        document.add_paragraph(f"第 {number + 1} 节")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def book(footer=""):
    workbook = openpyxl.Workbook()
    workbook.active["A1"] = "配方"
    workbook.active.append(["温度", 81.5])
    workbook.create_sheet("成本")["A1"] = "=1+1"
    if footer:
        workbook.active.oddFooter.center.text = footer
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def slides(count=2):
    shape = (
        '<p:sp><p:nvSpPr><p:cNvPr id="2" name="t"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="900000" '
        'y="900000"/><a:ext cx="8000000" cy="900000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr>'
        "<p:txBody><a:bodyPr/><a:p><a:r><a:t>量产良率爬坡</a:t></a:r></a:p></p:txBody></p:sp>"
    )
    tree = (
        f'<p:cSld><p:spTree><p:nvGrpSpPr><p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>'
        f"{shape}</p:spTree></p:cSld>"
    )
    names = [f"slides/slide{number + 1}.xml" for number in range(count)]
    kinds = "application/vnd.openxmlformats-officedocument.presentationml"
    types = "".join(f'<Override PartName="/ppt/{name}" ContentType="{kinds}.slide+xml"/>' for name in names)
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default '
        'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override '
        f'PartName="/ppt/presentation.xml" ContentType="{kinds}.presentation.main+xml"/>{types}</Types>',
        "_rels/.rels": relations(("officeDocument", "ppt/presentation.xml")),
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{P}" xmlns:r="{R}"><p:sldIdLst>'
        + "".join(f'<p:sldId id="{256 + number}" r:id="rId{number + 1}"/>' for number in range(count))
        + '</p:sldIdLst><p:sldSz cx="12192000" cy="6858000"/></p:presentation>',
        "ppt/_rels/presentation.xml.rels": relations(*(("slide", name) for name in names)),
    }
    parts |= {f"ppt/{name}": f'<p:sld xmlns:p="{P}" xmlns:a="{A}" xmlns:r="{R}">{tree}</p:sld>' for name in names}
    return packed(parts)


def relations(*pairs):
    found = "".join(
        f'<Relationship Id="rId{number}" Type="{R}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(pairs, 1)
    )
    return (
        f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{found}</Relationships>'
    )


def packed(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in parts.items():
            target.writestr(name, data)
    return out.getvalue()


def unpacked(data):
    with zipfile.ZipFile(io.BytesIO(data)) as source:
        return {name: source.read(name) for name in source.namelist()}


def changed(data, **parts):
    """The file with parts set; `name` as keyword is not possible, so pass a dict: changed(data, **{"a/b.xml": b""})."""
    return packed(unpacked(data) | parts)
