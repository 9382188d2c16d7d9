import time
import zipfile
import zlib
from io import BytesIO

import pytest

from midun.lib.sheets import Kind, Limits, SheetError, read_tables, sniff
from tests.lib.sheets.craft import (
    SHEET_TYPE,
    content_types,
    docx,
    packed,
    text_cell,
    xlsx,
    xlsx_parts,
)

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
ROW = f"<row>{text_cell('A', '甲')}</row>"


def refused(data, name="a.xlsx", **options):
    with pytest.raises(SheetError) as caught:
        read_tables(data, name=name, **options)
    assert caught.value.message.endswith("。")
    return caught.value.message


def test_kind_is_judged_by_content():
    assert sniff(xlsx(ROW), "报表.csv") is Kind.XLSX
    assert sniff(docx(""), "报表.xlsx") is Kind.DOCX
    assert sniff(b"a,b\n1,2\n", "报表.xlsx") is Kind.CSV
    assert sniff("一段话".encode(), "报表.docx") is Kind.TEXT


@pytest.mark.parametrize(
    ("data", "name", "advice"),
    [
        (OLE, "旧.xls", "另存为 .xlsx"),
        (OLE, "旧.doc", "另存为 .docx"),
        (OLE, "旧.wps", "另存为 .docx"),
        (OLE + "WordDocument".encode("utf-16-le"), "改名.xlsx", "另存为 .docx"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "加密.xlsx", "取消密码"),
        (b"%PDF-1.7\n", "a.xlsx", "PDF"),
        (b"\x89PNG\r\n\x1a\n\0", "a.csv", "图片"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "导出.xls", "另存为 .xlsx"),
        (b"\x00\x01\x02\x03" * 50, "a.csv", "无法读取"),
        (packed({"a.txt": "x"}), "a.xlsx", "普通压缩包"),
        (packed({"mimetype": "x", "content.xml": "x"}), "a.ods", "ODF"),
        (packed({"[Content_Types].xml": content_types("ppt/p.xml", "presentation.main+xml")}), "a.xlsx", "不是 Excel"),
        (
            packed(
                {
                    "[Content_Types].xml": content_types(
                        "xl/workbook.bin", "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
                    )
                }
            ),
            "a.xlsb",
            "另存",
        ),
        (xlsx(ROW)[:-30], "a.xlsx", "损坏"),
        (b"PK\x03\x04", "a.xlsx", "损坏"),
    ],
)
def test_what_is_refused_says_what_to_do(data, name, advice):
    assert advice in refused(data, name)


def test_macros_are_refused_under_any_name():
    parts = xlsx_parts(ROW, extra={"xl/vbaProject.bin": b"x"})
    assert "宏" in refused(packed(parts), "无害.xlsx")
    parts = xlsx_parts(ROW)
    parts["[Content_Types].xml"] = content_types(
        "xl/workbook.xml", "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    )
    assert "宏" in refused(packed(parts), "无害.xlsx")


def test_encrypted_entries_are_refused():
    data = bytearray(xlsx(ROW))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "密码" in refused(bytes(data))


def bomb(size, declared=None):
    """A workbook whose sheet unpacks to `size` bytes; `declared` is what its directory claims."""
    pump = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = bytes(1024 * 1024)
    packed_block = pump.compress(block) + pump.flush(zlib.Z_FULL_FLUSH)
    again = pump.compress(block) + pump.flush(zlib.Z_FULL_FLUSH)
    body = packed_block + again * (size // len(block) - 1) + pump.flush()
    base = BytesIO(packed({k: v for k, v in xlsx_parts("").items() if "sheet1" not in k}))
    with zipfile.ZipFile(base, "a") as archive:
        info = zipfile.ZipInfo("xl/worksheets/sheet1.xml")
        with archive.open(info, "w") as entry:
            entry.write(body)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.file_size = size if declared is None else declared
        info.CRC = 0
    return base.getvalue()


@pytest.mark.parametrize("declared", [None, 1000])
def test_a_zip_bomb_is_refused_at_once(declared):
    data = bomb(5 * 1024**3, declared)
    assert 4_000_000 < len(data) < 20_000_000
    started = time.perf_counter()
    refused(data)
    assert time.perf_counter() - started < 1


def test_real_sizes_are_counted_while_reading():
    data = xlsx("<row/>" * 10_000)
    assert "大得不合常理" in refused(data, limits=Limits(max_unpacked=30_000))


def test_many_parts_are_refused():
    assert "大得不合常理" in refused(packed({f"p{n}": "" for n in range(10_001)}, zipfile.ZIP_STORED))


def test_xml_without_end_is_refused():
    assert "损坏" in refused(xlsx("<row>" * 300))
    assert "损坏" in refused(xlsx(f'<row x="{"y" * 3_000_000}"/>'))


ENTITIES = (
    '<!DOCTYPE x [<!ENTITY a "哈哈哈哈哈哈哈哈哈哈">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)
EXTERNAL = '<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("prolog", [ENTITIES, EXTERNAL, '<!DOCTYPE x SYSTEM "http://127.0.0.1/x.dtd">'])
def test_entities_are_refused_in_every_part(prolog):
    assert "DOCTYPE" in refused(xlsx(f"<row>{text_cell('A', '&j;')}</row>", prolog=prolog))
    assert "DOCTYPE" in refused(docx("<w:p/>", prolog=prolog))
    utf16 = xlsx_parts("")
    utf16["xl/worksheets/sheet1.xml"] = f"{prolog}<worksheet/>".encode("utf-16")
    assert "DOCTYPE" in refused(packed(utf16))
    for part in ("xl/workbook.xml", "[Content_Types].xml", "_rels/.rels"):
        parts = xlsx_parts(ROW)
        parts[part] = prolog + parts[part]
        assert "DOCTYPE" in refused(packed(parts))


def test_names_that_climb_out_are_ignored():
    parts = xlsx_parts(ROW, extra={"../../etc/cron.d/x": "x", "C:\\evil": "x", "/abs": "x"})
    assert read_tables(packed(parts), name="../../a.xlsx")[0].rows[0].cells == ["甲"]


def test_relations_cannot_leave_the_package():
    parts = xlsx_parts(ROW)
    links = "xl/_rels/workbook.xml.rels"
    parts[links] = parts[links].replace("worksheets/sheet1.xml", "../../../../etc/passwd")
    assert "损坏" in refused(packed(parts))
    parts[links] = parts[links].replace('Target="../', 'TargetMode="External" Target="http://')
    assert "损坏" in refused(packed(parts))


def test_duplicate_parts_are_refused():
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in [*xlsx_parts(ROW).items(), ("XL/workbook.xml", "<x/>")]:
            archive.writestr(name, content)
    assert "损坏" in refused(target.getvalue())


def test_odd_compression_is_refused():
    parts = xlsx_parts(ROW)
    assert SHEET_TYPE in parts["[Content_Types].xml"]
    assert "损坏" in refused(packed(parts, zipfile.ZIP_LZMA))
