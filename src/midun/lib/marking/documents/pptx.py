"""The mark in PowerPoint files: on every slide the pattern below all shapes and a label line at the foot."""

from lxml import etree

from midun.lib.marking.documents.layer import picture
from midun.lib.marking.documents.package import OFFICE_RELS, Package, parse_xml, write_xml
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.image.strength import NORMAL, Profile
from midun.lib.marking.keys import MarkKey

P = "http://schemas.openxmlformats.org/presentationml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SPACES = f'xmlns:p="{P}" xmlns:a="{A}" xmlns:r="{OFFICE_RELS}"'
_EMU = 914400
_DEFAULT_SIZE = (12192000, 6858000)
_FOOT, _MARGIN = 230000, 120000


def mark(package: Package, copy_id: bytes, key: MarkKey, line: str, profile: Profile = NORMAL) -> None:
    """Put the layer on every slide; the picture is stored once.

    Raises:
        Refused: NO_CARRIER, there is no slide.

    """
    slides = package.related(package.main, "slide")
    if not slides:
        raise Refused(Reason.NO_CARRIER, "演示文稿没有幻灯片。")
    width, height = _size(package)
    image = package.fresh("ppt/media/midunMark{}.png")
    package.default_type("png", "image/png")
    package.put(image, picture(copy_id, key, width / _EMU, height / _EMU, profile))
    for slide in slides:
        root = package.xml(slide)
        tree = root.find(f"{{{P}}}cSld/{{{P}}}spTree")
        if tree is None:
            raise Refused(Reason.BROKEN, "幻灯片结构不完整，请用 PowerPoint 或 WPS 另存后再试。")
        number = 1 + max(
            (int(one.get("id", 0)) for one in tree.iter(f"{{{P}}}cNvPr") if one.get("id", "0").isdigit()), default=1
        )
        relation = package.relate(slide, image, f"{OFFICE_RELS}/image")
        first = next(
            (place for place, one in enumerate(tree) if etree.QName(one).localname not in {"nvGrpSpPr", "grpSpPr"}),
            len(tree),
        )
        tree.insert(first, _picture(relation, number, width, height))
        last = next((place for place, one in enumerate(tree) if etree.QName(one).localname == "extLst"), len(tree))
        tree.insert(last, _line(line, number + 1, width, height))
        package.put(slide, write_xml(root))


def _size(package: Package) -> tuple[int, int]:
    size = package.xml(package.main).find(f"{{{P}}}sldSz")
    if size is None:
        return _DEFAULT_SIZE
    try:
        found = int(size.get("cx", _DEFAULT_SIZE[0])), int(size.get("cy", _DEFAULT_SIZE[1]))
    except ValueError:
        return _DEFAULT_SIZE
    return min(max(found[0], _EMU), 56 * _EMU), min(max(found[1], _EMU), 56 * _EMU)


def _picture(relation: str, number: int, width: int, height: int) -> etree._Element:
    return parse_xml(
        f'<p:pic {_SPACES}><p:nvPicPr><p:cNvPr id="{number}" name="midunMark"/><p:cNvPicPr><a:picLocks noGrp="1" '
        'noSelect="1" noMove="1" noResize="1"/></p:cNvPicPr><p:nvPr userDrawn="1"/></p:nvPicPr><p:blipFill>'
        f'<a:blip r:embed="{relation}"/><a:stretch><a:fillRect/></a:stretch></p:blipFill><p:spPr><a:xfrm>'
        f'<a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
        "</a:prstGeom></p:spPr></p:pic>".encode()
    )


def _line(text: str, number: int, width: int, height: int) -> etree._Element:
    root = parse_xml(
        f'<p:sp {_SPACES}><p:nvSpPr><p:cNvPr id="{number}" name="midunLabel"/><p:cNvSpPr txBox="1"/>'
        '<p:nvPr userDrawn="1"/>'
        f'</p:nvSpPr><p:spPr><a:xfrm><a:off x="{_MARGIN}" y="{height - _FOOT - _MARGIN // 4}"/>'
        f'<a:ext cx="{width - 2 * _MARGIN}" cy="{_FOOT}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
        "<a:noFill/>"
        '</p:spPr><p:txBody><a:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0" anchor="b"/><a:lstStyle/>'
        "<a:p>"
        '<a:pPr algn="ctr"/><a:r><a:rPr lang="zh-CN" sz="900"><a:solidFill>'
        '<a:srgbClr val="7F7F7F"/></a:solidFill></a:rPr>'
        "<a:t/></a:r></a:p></p:txBody></p:sp>".encode()
    )
    next(root.iter(f"{{{A}}}t")).text = text
    return root
