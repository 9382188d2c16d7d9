"""The mark in Word files: in every header a page-sized picture behind the text, a label line and a watermark."""

import copy as copies
from xml.sax.saxutils import quoteattr

from lxml import etree

from midun.lib.marking.documents.layer import picture
from midun.lib.marking.documents.package import OFFICE_RELS, Package, parse_xml, write_xml
from midun.lib.marking.documents.word_text import mark_text
from midun.lib.marking.image.strength import NORMAL, Profile
from midun.lib.marking.keys import MarkKey

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_HEADER_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml"
_TWIPS, _EMU = 1440, 914400
_A4 = (11906, 16838)
_SPACES = (
    f'xmlns:w="{W}" xmlns:r="{OFFICE_RELS}" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
)


def mark(package: Package, copy_id: bytes, key: MarkKey, line: str, watermark: str, profile: Profile = NORMAL) -> None:
    """Put the layer into every header of the document, and headers where a page would show none."""
    document = package.xml(package.main)
    sections = list(document.iter(f"{{{W}}}sectPr"))
    if not sections:
        body = document.find(f"{{{W}}}body")
        sections = [etree.SubElement(body if body is not None else document, f"{{{W}}}sectPr")]
    width, height = (max(sizes) for sizes in zip(*(_page(one) for one in sections), strict=True))
    image = package.fresh("word/media/midunMark{}.png")
    package.default_type("png", "image/png")
    package.put(image, picture(copy_id, key, width / _TWIPS, height / _TWIPS, profile))
    _complete_headers(package, sections)
    mark_text(document, copy_id, key)
    package.put(package.main, write_xml(document))
    for header in package.related(package.main, "header"):
        root = package.xml(header)
        relation = package.relate(header, image, f"{OFFICE_RELS}/image")
        root.insert(0, _layer(relation, width, height, watermark))
        root.insert(0, _line(line))
        if root[-1].tag != f"{{{W}}}p" or len(root) == 2:  # noqa: PLR2004  # only our two
            etree.SubElement(root, f"{{{W}}}p")
        package.put(header, write_xml(root))


def _page(section: etree._Element) -> tuple[int, int]:
    size = section.find(f"{{{W}}}pgSz")
    if size is None:
        return _A4
    try:
        found = int(size.get(f"{{{W}}}w", _A4[0])), int(size.get(f"{{{W}}}h", _A4[1]))
    except ValueError:
        return _A4
    return min(max(found[0], _TWIPS), 22 * _TWIPS), min(max(found[1], _TWIPS), 22 * _TWIPS)


def _complete_headers(package: Package, sections: list[etree._Element]) -> None:
    """A section without a header of a kind takes the one before; so the first section that needs one gets it."""
    settings = package.related(package.main, "settings")
    even = bool(settings) and package.xml(settings[0]).find(f"{{{W}}}evenAndOddHeaders") is not None
    had: set[str] = set()
    made: str | None = None
    for section in sections:
        here = {one.get(f"{{{W}}}type") or "default" for one in section.findall(f"{{{W}}}headerReference")}
        title = section.find(f"{{{W}}}titlePg")
        first = title is not None and title.get(f"{{{W}}}val", "1") not in {"0", "false", "off"}
        needed = {"default"} | ({"first"} if first else set()) | ({"even"} if even else set())
        for kind in sorted(needed - here - had):
            made = made or _new_header(package)
            relation = package.relate(package.main, made, f"{OFFICE_RELS}/header")
            reference = etree.Element(f"{{{W}}}headerReference")
            reference.set(f"{{{W}}}type", kind)
            reference.set(f"{{{OFFICE_RELS}}}id", relation)
            section.insert(0, reference)
        had |= here | needed


def _new_header(package: Package) -> str:
    name = package.fresh("word/headerMidun{}.xml")
    package.put(name, write_xml(parse_xml(f"<w:hdr {_SPACES}/>".encode())), _HEADER_TYPE)
    return name


def _element(text: str) -> etree._Element:
    return copies.deepcopy(parse_xml(f"<x {_SPACES}>{text}</x>".encode())[0])


def _line(text: str) -> etree._Element:
    """A text frame at the top of the page: it takes no place from the text of header or body."""
    shown = etree.Element("x")
    shown.text = text
    escaped = etree.tostring(shown, encoding="unicode")[3:-4]
    return _element(
        '<w:p><w:pPr><w:framePr w:w="9600" w:wrap="around" w:vAnchor="page" w:hAnchor="page" '
        'w:xAlign="center" w:y="380"/>'
        '<w:spacing w:before="0" w:after="0"/><w:jc w:val="center"/></w:pPr>'
        '<w:r><w:rPr><w:color w:val="7F7F7F"/><w:sz w:val="16"/></w:rPr>'
        f'<w:t xml:space="preserve">{escaped}</w:t></w:r></w:p>'
    )


def _layer(relation: str, width: int, height: int, watermark: str) -> etree._Element:
    """A paragraph one point high, with the pattern picture behind the text and the diagonal watermark."""
    across, down = width * _EMU // _TWIPS, height * _EMU // _TWIPS
    place = '<wp:positionH relativeFrom="page"><wp:posOffset>0</wp:posOffset></wp:positionH>'
    picture_run = (
        '<w:r><w:drawing><wp:anchor distT="0" distB="0" distL="0" distR="0" simplePos="0" relativeHeight="2" '
        'behindDoc="1" locked="1" layoutInCell="1" allowOverlap="1"><wp:simplePos x="0" y="0"/>'
        + place
        + place.replace("positionH", "positionV")
        + f'<wp:extent cx="{across}" cy="{down}"/><wp:wrapNone/><wp:docPr id="64001" name="midunMark"/>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic>'
        '<pic:nvPicPr><pic:cNvPr id="64001" name="midunMark"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>'
        f'<a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>'
        f'<a:off x="0" y="0"/><a:ext cx="{across}" cy="{down}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
        "</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:anchor></w:drawing></w:r>"
    )
    return _element(
        '<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/></w:pPr>'
        f"{picture_run}{_watermark(watermark)}</w:p>"
    )


def _watermark(text: str) -> str:
    """Word's own way of a diagonal text watermark: a VML text path."""
    if not text:
        return ""
    style = (
        "position:absolute;margin-left:0;margin-top:0;width:480pt;height:36pt;rotation:315;z-index:-251650048;"
        "mso-position-horizontal:center;mso-position-horizontal-relative:page;"
        "mso-position-vertical:center;mso-position-vertical-relative:page"
    )
    return (
        '<w:r><w:pict><v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" '
        'path="m@7,l@8,m@5,21600l@6,21600e"><v:path textpathok="t" o:connecttype="rect"/>'
        '<v:textpath on="t" fitshape="t"/>'
        f'</v:shapetype><v:shape id="midunWatermark" o:spid="_x0000_s64002" type="#_x0000_t136" style="{style}" '
        'o:allowincell="f" fillcolor="#d9d9d9" stroked="f"><v:fill opacity=".5"/>'
        f'<v:textpath style="font-size:1pt" string={quoteattr(text)}/></v:shape></w:pict></w:r>'
    )
