"""What an upload really is. The content decides; the name only breaks ties between texts."""

from midun.lib.sheets.delimited import decode, delimiter_of
from midun.lib.sheets.model import DEFAULT_LIMITS, MIB, Kind, Limits, SheetError
from midun.lib.sheets.package import Package
from midun.lib.sheets.pasted import is_cell_per_line

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_FOREIGN = {
    b"%PDF": "PDF 文件",
    b"\x89PNG": "图片",
    b"\xff\xd8\xff": "图片",
    b"GIF8": "图片",
    b"Rar!": "RAR 压缩包",
    b"7z\xbc\xaf": "7z 压缩包",
    b"\x1f\x8b": "压缩包",
    b"{\\rtf": "RTF 文档",
}
_MAIN_PARTS = {
    "spreadsheetml.sheet.main+xml": Kind.XLSX,
    "spreadsheetml.template.main+xml": Kind.XLSX,
    "wordprocessingml.document.main+xml": Kind.DOCX,
    "wordprocessingml.template.main+xml": Kind.DOCX,
}
_ACCEPTED = "请上传 .xlsx、.docx 或 .csv 文件。"


def sniff(data: bytes, name: str, *, limits: Limits = DEFAULT_LIMITS) -> Kind:
    """Say what kind of table file this is, or raise `SheetError` explaining why it is refused."""
    if not data.strip(b"\0 \t\r\n"):
        raise SheetError("文件是空的，请检查后重新上传。")
    if len(data) > limits.max_bytes:
        size = max(1, limits.max_bytes // MIB)
        raise SheetError(f"文件超过 {size} MB，请删去图片和多余内容，或拆成几个文件后再上传。")
    if data.startswith(_OLE):
        raise _old_office(data, name)
    if data.startswith(_ZIP):
        return _office_kind(Package(data, limits))
    for magic, what in _FOREIGN.items():
        if data.startswith(magic):
            raise SheetError(f"这是{what}，不能作为表格读取；{_ACCEPTED}")
    return _text_kind(decode(data), name)


def _old_office(data: bytes, name: str) -> SheetError:
    if "EncryptedPackage".encode("utf-16-le") in data:
        return SheetError("文件设有打开密码，无法读取；请取消密码后另存一份再上传。")
    word = "WordDocument".encode("utf-16-le") in data
    if word or name.lower().endswith((".doc", ".wps")):
        return SheetError("这是旧版 Word 或 WPS 文档，请用 Word 或 WPS 打开后另存为 .docx 再上传。")
    return SheetError("这是旧版 Excel 或 WPS 表格，请用 Excel 或 WPS 打开后另存为 .xlsx 再上传。")


def _office_kind(package: Package) -> Kind:
    if "[Content_Types].xml" not in package:
        if "mimetype" in package and "content.xml" in package:
            raise SheetError("这是 ODF 格式的文件，请另存为 .xlsx 或 .docx 后再上传。")
        raise SheetError(f"这是普通压缩包，不是 Excel 或 Word 文件；请解压后上传里面的表格，{_ACCEPTED}")
    types = package.content_types()
    declared = " ".join(types.values())
    has_code = any(part.endswith("vbaproject.bin") for part in package.names)
    if has_code or "macroEnabled" in declared or "vbaProject" in declared:
        raise SheetError("文件含有宏，为安全起见不予读取；请另存为不含宏的 .xlsx 或 .docx 后再上传。")
    if "excel.sheet.binary" in declared:
        raise SheetError("这是 .xlsb 格式的表格，请另存为 .xlsx 后再上传。")
    for content_type in types.values():
        for ending, kind in _MAIN_PARTS.items():
            if content_type.endswith(ending):
                return kind
    raise SheetError(f"这不是 Excel 表格或 Word 文档；{_ACCEPTED}")


def _text_kind(text: str, name: str) -> Kind:
    start = text.lstrip()[:2000].lower()
    if start.startswith(("<html", "<!doctype html", "<table", "<?xml", "<head", "<meta")):
        raise SheetError("这是网页或 XML 内容，只是扩展名像表格；请用 Excel 打开后另存为 .xlsx 再上传。")
    if is_cell_per_line(text):
        return Kind.TEXT
    if name.lower().endswith((".csv", ".tsv")) or delimiter_of(text):
        return Kind.CSV
    return Kind.TEXT
