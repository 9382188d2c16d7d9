"""Enterprises as a table: the template to download, and reading what came back, row by row.

No database here: `Places` is handed in, so that ten thousand rows cost no query each.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from midun.kernel.orgs import sectors, uscc
from midun.kernel.orgs.enums import EnterpriseSize
from midun.kernel.orgs.models import Jurisdiction
from midun.lib.sheets import Column, Row, Sheet, SheetError, Table, write_xlsx

SAMPLE = "示例"
_HEADER_WITHIN = 10
_LENGTHS = {"name": 120, "park": 80, "address": 200, "contact_name": 40, "contact_phone": 30}
_YES, _NO = ("是", "√", "有", "1"), ("否", "无", "0", "×")
_MOST_CHOICES = 500


def clean_name(text: str) -> str:
    """A company's name without blanks between Chinese characters and with full-width brackets."""
    plain = " ".join(text.split()).replace("(", "（").replace(")", "）")
    kept = []
    for index, char in enumerate(plain):
        beside = plain[index - 1 : index] + plain[index + 1 : index + 2]
        if char == " " and not beside.isascii():
            continue
        kept.append(char)
    return "".join(kept)


@dataclass(frozen=True)
class TableColumn:
    """One column of the template: the field it fills, its title, other titles people use, and what the note says."""

    field: str
    title: str
    also: tuple[str, ...]
    note: str
    width: float = 16


COLUMNS = (
    TableColumn("name", "企业名称", ("名称", "单位名称", "公司名称"), "必填。营业执照上的全称。", 32),
    TableColumn(
        "credit_code",
        "统一社会信用代码",
        ("信用代码", "社会信用代码", "统一信用代码"),
        "必填，18 位。导入时核对校验码；已在名录中的企业按此代码识别并更新。",
        24,
    ),
    TableColumn(
        "jurisdiction",
        "属地",
        ("辖区", "所属辖区", "所属区", "区县", "所属区域"),
        "本辖区内的辖区名称或行政区划代码。不填：新企业记在本单位辖区，已有企业不变。",
    ),
    TableColumn(
        "sector",
        "行业",
        ("行业代码", "行业大类", "所属行业", "国民经济行业"),
        "GB/T 4754—2017 的代码（如 35、C35、3562）或大类名称。",
        28,
    ),
    TableColumn("size", "规模", ("企业规模", "企业划型"), "大型、中型、小型、微型。"),
    TableColumn("park", "园区", ("所在园区", "产业园区"), "如：张江科学城。"),
    TableColumn("address", "住所", ("地址", "法定地址", "注册地址", "住址"), "营业执照上的住所（法定地址）。", 36),
    TableColumn("contact_name", "联系人", ("联系人姓名",), "商业秘密保护工作的联系人。"),
    TableColumn("contact_phone", "联系电话", ("电话", "手机", "联系方式"), "联系人的电话。"),
    TableColumn("liaison_point", "联络点", ("商业秘密保护联络点", "是否联络点"), "是商业秘密保护联络点的填“是”。", 10),
)
_BY_TITLE = {title: column for column in COLUMNS for title in (column.title, *column.also)}


class Places:
    """The nodes an enterprise may be put at, found by code or name."""

    def __init__(self, nodes: Iterable[Jurisdiction], own: Jurisdiction) -> None:
        self.own = own
        self._found: dict[str, list[Jurisdiction]] = {}
        known = {node.pk: node for node in nodes}
        for node in known.values():
            above = known.get(node.parent_id) if node.parent_id else None
            names = {node.name, f"{above.name}{node.name}" if above else node.name, node.division_code}
            for name in names - {""}:
                self._found.setdefault(name, []).append(node)

    @property
    def names(self) -> list[str]:
        """Names for the drop-down of the template; none when there are too many to choose from."""
        single = sorted({nodes[0].name for nodes in self._found.values() if len(nodes) == 1})
        return single if len(single) <= _MOST_CHOICES else []

    def find(self, text: str) -> Jurisdiction:
        """The node that `text` means. Raises `ValueError` with the sentence for the user."""
        nodes = self._found.get("".join(text.split()), [])
        if not nodes:
            raise ValueError(f"本辖区内没有“{text}”")
        if len(nodes) > 1:
            example = f"{self.own.name}{text}"
            raise ValueError(f"本辖区内有 {len(nodes)} 个“{text}”，请写上级名称（如“{example}”）或行政区划代码")
        return nodes[0]


@dataclass
class EnterpriseRow:
    """One row: its number in the file, the values that were given, and what is wrong by column (None: the row)."""

    number: int
    values: dict[str, object] = field(default_factory=dict)
    errors: dict[int | None, str] = field(default_factory=dict)

    @property
    def credit_code(self) -> str:
        """The code, empty when wrong."""
        return str(self.values.get("credit_code", ""))


def pick(tables: Sequence[Table]) -> tuple[Table, int]:
    """The table of enterprises in a file and the number of its header row. Raises `SheetError`."""
    for table in tables:
        for row in table.rows[:_HEADER_WITHIN]:
            fields = {column.field for column in _columns(row).values()}
            if {"name", "credit_code"} <= fields:
                return table, row.number
    raise SheetError("没有找到表头：需要有“企业名称”和“统一社会信用代码”两列。请使用导入模板。")


def _columns(row: Row) -> dict[int, TableColumn]:
    found: dict[int, TableColumn] = {}
    for index, cell in enumerate(row.cells):
        column = _BY_TITLE.get("".join(cell.split()).strip("*＊（必填）"))
        if column and column not in found.values():
            found[index] = column
    return found


def read(table: Table, header: int, places: Places) -> list[EnterpriseRow]:
    """Check every row below the header; the sample row of the template and rows without content are left out."""
    titles = next(row for row in table.rows if row.number == header)
    columns = _columns(titles)
    rows, first_with = [], dict[str, int]()
    for row in table.rows:
        given = {index: row.cells[index].strip() for index in columns}
        if row.number <= header or not any(given.values()) or _is_sample(given, columns):
            continue
        checked = _check(row.number, given, columns, places)
        if code := checked.credit_code:
            if code in first_with:
                checked.errors[None] = f"与第 {first_with[code]} 行的统一社会信用代码重复"
            first_with.setdefault(code, row.number)
        rows.append(checked)
    numbered = {checked.number: checked for checked in rows}
    for problem in table.problems:
        if problem.row in numbered and problem.column in columns:
            numbered[problem.row].errors[problem.column] = problem.message
    return rows


def _is_sample(given: dict[int, str], columns: dict[int, TableColumn]) -> bool:
    return any(columns[index].field == "name" and text.startswith(SAMPLE) for index, text in given.items())


def _check(number: int, given: dict[int, str], columns: dict[int, TableColumn], places: Places) -> EnterpriseRow:
    row = EnterpriseRow(number)
    for index, text in given.items():
        name = columns[index].field
        try:
            value = _value(name, text, places)
        except ValueError as wrong:
            row.errors[index] = str(wrong)
            continue
        if value is not None:
            row.values[name] = value
    return row


def _value(name: str, text: str, places: Places) -> object:
    """The value of a cell, None for an empty optional one. Raises `ValueError` with the sentence for the user."""
    if name == "name" and not text:
        raise ValueError("请填写企业名称")
    if name == "credit_code":
        return _credit_code(text)
    if not text:
        return None
    if name == "jurisdiction":
        return places.find(text)
    return _READERS[name](text) if name in _READERS else _short_enough(name, text)


def _credit_code(text: str) -> str:
    code = uscc.normalise(text)
    if wrong := uscc.problem(code):
        raise ValueError(wrong)
    return code


def _short_enough(name: str, text: str) -> str:
    kept = clean_name(text) if name == "name" else text
    if len(kept) > _LENGTHS[name]:
        raise ValueError(f"最多 {_LENGTHS[name]} 个字，现有 {len(kept)} 个")
    return kept


def _yes_or_no(text: str) -> bool:
    if text in _YES or text in _NO:
        return text in _YES
    raise ValueError("请填“是”或“否”")


def _sector(text: str) -> str:
    first = text.partition("（")[0].partition(" ")[0]
    code = sectors.normalise(first) or sectors.normalise(text) or sectors.by_name(text)
    if code is None:
        raise ValueError(f"“{text}”不是 GB/T 4754—2017 的行业代码或大类名称")
    return code


def _size(text: str) -> str:
    for size in EnterpriseSize:
        if text in (size.label, f"{size.label}企业", size.label.removesuffix("型"), size.value):
            return size.value
    raise ValueError("规模只能是大型、中型、小型、微型")


_READERS: dict[str, Callable[[str], object]] = {"sector": _sector, "size": _size, "liaison_point": _yes_or_no}


def template(places: Places, *, at: datetime) -> bytes:
    """The workbook to fill in: drop-downs, notes on the headings, a sample row that is not imported, instructions."""
    choices: dict[str, Sequence[str]] = {
        "jurisdiction": places.names,
        "sector": [f"{code} {name}" for code, (name, _) in sectors.divisions().items()],
        "size": EnterpriseSize.labels,
        "liaison_point": ["是", "否"],
    }
    columns = [Column(c.title, width=c.width, note=c.note, choices=choices.get(c.field, ())) for c in COLUMNS]
    sample = [f"{SAMPLE}精密机械有限公司（本行不导入）", "91310000MA1K35XR8Q", places.own.name]
    sample += ["34 通用设备制造业", "中型", "示例科技园", "示例路 1 号", "张三", "13800000000", "是"]
    told = [(c.title, "是" if c.field in ("name", "credit_code") else "否", c.note) for c in COLUMNS]
    rules = (
        ("重复导入", "", "按统一社会信用代码识别；内容相同的不变，有变化的更新，空白单元格不改变已有内容。"),
        ("校验", "", "有错误的行不导入，可下载标红的错误文件，改正后重新上传；确认之前不写入名录。"),
    )
    guide = [Column("列", 20), Column("必填", 8), Column("说明", 80)]
    sheets = [Sheet("企业名录", columns, [sample]), Sheet("填写说明", guide, [*told, *rules])]
    return write_xlsx(sheets, at=at)
