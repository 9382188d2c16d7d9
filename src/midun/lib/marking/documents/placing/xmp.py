"""The label as a property in an XMP packet (ISO 16684-1), put into the text and taken out without touching the rest."""

import re
from html import unescape
from xml.sax.saxutils import escape

from midun.lib.marking.errors import Reason, Refused

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="midun">'
_OWN = f'{_BEGIN}<rdf:RDF xmlns:rdf="{_RDF}"></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
_OPEN = f'<rdf:Description xmlns:rdf="{_RDF}" rdf:about="" xmlns:midun="urn:midun:label:1:"><midun:label>'
_CLOSE = "</midun:label></rdf:Description>"
_FRAGMENT = re.compile(re.escape(_OPEN) + "([^<]*)" + re.escape(_CLOSE))
_ANY = re.compile(r'<(\w+):label\b[^>]*>([^<]*)</\1:label>|\b\w+:label=(?:"([^"]*)"|\'([^\']*)\')')
_PREFIX = re.compile(r"xmlns:(\w+)=[\"']urn:midun:label:1:[\"']")
_END = re.compile(r"</\w+:RDF>")


def add(packet: bytes | None, envelope: bytes) -> bytes:
    """The packet (a new one, if there is none) with the label, in place of one that was there.

    Raises:
        Refused: FORMAT, the packet is not XMP in UTF-8.

    """
    text = _text(packet) if packet is not None else _OWN
    text = _without(text)
    ends = list(_END.finditer(text))
    if not ends:
        raise Refused(Reason.FORMAT, "文件原有的 XMP 元数据不完整，无法写入密级标识。")
    place = ends[-1].start()
    return (text[:place] + _OPEN + escape(envelope.decode()) + _CLOSE + text[place:]).encode()


def get(packet: bytes | None) -> bytes | None:
    """The envelope in a packet, also after another program has written the packet anew."""
    if packet is None:
        return None
    text = packet.decode("utf-8", "replace")
    if "urn:midun:label:1:" not in text:
        return None
    found = _FRAGMENT.search(text)
    if found:
        return unescape(found[1]).encode()
    for other in _ANY.finditer(text):
        value = unescape(other[2] or other[3] or other[4] or "")
        if value.startswith("{"):
            return value.encode()
    return None


def remove(packet: bytes | None) -> bytes | None:
    """The packet without the label: byte for byte what it was; nothing, if it was only ours."""
    if packet is None:
        return None
    rest = _without(_text(packet))
    return None if rest == _OWN else rest.encode()


def _without(text: str) -> str:
    """Our fragment out as it went in; what another program made of it, by the prefix it gave our name space."""
    text = _FRAGMENT.sub("", text)
    for prefix in set(_PREFIX.findall(text)):
        text = re.sub(
            rf"<{prefix}:label\b[^>]*>[^<]*</{prefix}:label>|\s{prefix}:label=(?:\"[^\"]*\"|'[^']*')", "", text
        )
    return text


def _text(packet: bytes) -> str:
    try:
        return packet.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(Reason.FORMAT, "文件原有的 XMP 元数据不是 UTF-8，无法写入密级标识。") from error
