"""Bytes to text: byte order marks, UTF-8, UTF-16 without mark, GB18030, Big5."""

from midun.lib.similarity.errors import Unreadable

SAMPLE = 1 << 18
TORN, HIGH = 1000, 128
MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
COMMON = frozenset(
    "一万三上下不与世业东两並个中为主么之九也书了事二于五些产京亲人什今从他代以们件任会但位住体何作你使來"
    "便信個們做儿先光入內全八公共关其内再军几出分利别到制前力加务动動化北十华南却原去又及反发受口只叫可台"
    "司各合同名后向听员命和員四回因国國在地场報場声处外多大天太头女她好如子字学它安定实家實对将對小少就山"
    "工己已市师師常干平年并应度建开张張当很得心性总情想意愛感成我或战所手才打把报接提放政教数文新方无日时"
    "明是時更書最會月有服望期本机来東林果样樣次正此死比毛民气氣水沒没法活海清点然物特王现理生產用由电界發"
    "白的目直相看真眼着知神种種立笑第等系經總经给统美老者而聲能自至與色處行表被西要見见觉解話說請讓计记许"
    "话说象走起路身车边过还这进這通進過道還那部都里重金長长門開關门问间难電面頭题风馬马體高點"
)
"""Frequent characters, simplified and traditional: a wrong guess between GB18030 and Big5 has few of them."""
CONTROLS = bytes(range(9)) + bytes(range(14, 32))


def _share(text: str) -> float:
    wide = [c for c in text if c > "\x7f"]
    return sum(c in COMMON for c in wide) / len(wide) if wide else 1.0


def _utf16(head: bytes) -> str | None:
    odd, even, half = head[1::2].count(0), head[0::2].count(0), len(head) // 2
    if odd > half * 0.3 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.3 and odd < half * 0.05:
        return "utf-16-be"
    return None


def _is_utf8(data: bytes) -> bool:
    """Valid, or valid but for the very end of something long (a file cut short)."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start > max(TORN, len(data) * 0.9)
    return True


def _chinese(head: bytes) -> str | None:
    """GB18030 or Big5, whichever gives more frequent characters and fewer impossible ones."""
    best, choice = 0.0, None
    for name in ("gb18030", "big5hkscs"):
        text = head.decode(name, "replace")
        score = _share(text) - 5 * text.count("\ufffd") / max(1, len(text))
        if score > best:
            best, choice = score, name
    return choice


def detect(data: bytes) -> str:
    """The encoding of text bytes. Raises `Unreadable` when they are no text."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return name
    head = data[:SAMPLE]
    wide = _utf16(head)
    if wide:
        return wide
    if head.count(0) or sum(head.count(c) for c in CONTROLS) > len(head) * 0.02:
        raise Unreadable("不是文本（二进制内容），未比对。")
    if _is_utf8(data):
        return "utf-8"
    found = _chinese(head)
    if found:
        return found
    if sum(c >= HIGH for c in head) < len(head) * 0.3:
        return "latin-1"
    raise Unreadable("认不出文字编码，未比对。请另存为 UTF-8 后重试。")


def decode(data: bytes) -> str:
    """Text of bytes in whatever encoding, line ends unified. Raises `Unreadable`."""
    return data.decode(detect(data), "replace").replace("\r\n", "\n").replace("\r", "\n")
