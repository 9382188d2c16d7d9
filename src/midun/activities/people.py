"""People as they come in: typed, pasted or from a table. Pure: text in, persons and problems out."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from midun.kernel.orgs import uscc
from midun.lib.sheets import Row, SheetError, Table, clean, read_tables, read_text

NAME, ENTERPRISE, CODE, PHONE, TITLE = "姓名", "单位名称", "统一社会信用代码", "手机", "职务"
COLUMNS = (NAME, ENTERPRISE, CODE, PHONE, TITLE)
LIMIT = 2000

_WORDS = {
    NAME: ("姓名", "参会人", "参训人", "人员", "名字"),
    CODE: ("信用代码", "税号", "代码"),
    ENTERPRISE: ("单位", "企业", "公司", "机构"),
    PHONE: ("手机", "电话", "联系方式", "号码"),
    TITLE: ("职务", "岗位", "职位", "身份"),
}
_ENTERPRISE_END = re.compile(
    r"(公司|集团|厂|研究院|研究所|事务所|中心|合作社|商行|店|大学|学院|医院|银行|协会|局)(?:[)）].*)?$"
)
_GAPS = re.compile(r"[,，、;；|/\t]+|\s+")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_MOBILE_APART = re.compile(r"(?<!\d)(1[3-9]\d)[ -](\d{4})[ -](\d{4})(?!\d)")
_DIGITS = re.compile(r"\d{7,15}")
_PRIVATE = {"", "个人", "无", "无单位", "自由职业", "自由职业者", "自由人", "退休"}
_SHORTEST_PHONE = 5
"""A shorter number at the beginning of a line is its place in the list."""

_SIZES = {NAME: 40, ENTERPRISE: 120, TITLE: 40}


@dataclass(frozen=True)
class Person:
    """One participant as given; `phone` and `credit_code` are normalised, empty when unknown."""

    name: str
    enterprise: str = ""
    credit_code: str = ""
    phone: str = ""
    title: str = ""

    @property
    def is_private(self) -> bool:
        """Whether the person came for themselves: 个人, 无, 自由职业."""
        return plain(self.enterprise) in _PRIVATE

    @property
    def identity(self) -> str:
        """What makes two entries of one event the same person: the number, else name and enterprise.

        As `services.entries.name_key` writes it.
        """
        return f"phone:{self.phone}" if self.phone else f"name:{plain(self.name)}|{plain(self.enterprise)}"


def plain(text: str) -> str:
    """A name without spaces, brackets and width differences, for comparing."""
    return re.sub(r"[\s()\[\]【】〔〕·.\-]", "", unicodedata.normalize("NFKC", text)).casefold()


def phone_of(text: str) -> str:
    """A telephone number as digits, without the prefix of the mainland."""
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text))
    for prefix in ("0086", "86"):
        if digits.startswith(prefix) and _MOBILE.fullmatch(digits.removeprefix(prefix)):
            return digits.removeprefix(prefix)
    return digits


def phone_problem(text: str) -> str:
    """What is wrong with a number; empty when it may be right."""
    digits = phone_of(text)
    if not digits:
        return "请填写电话号码"
    if digits.startswith("1") and not _MOBILE.fullmatch(digits):
        return "手机号应为 11 位数字，请核对"
    if not _DIGITS.fullmatch(digits):
        return "电话号码应为 7 至 15 位数字（座机请带区号）"
    return ""


@dataclass
class Given:
    """One row of a list: where it stands, its five texts, what is wrong per column."""

    row: int
    texts: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)

    def person(self) -> Person:
        """The row as a person; meaningful when there are no problems."""
        return Person(
            name=self.texts[NAME],
            enterprise=self.texts[ENTERPRISE],
            credit_code=uscc.normalise(self.texts[CODE]),
            phone=phone_of(self.texts[PHONE]),
            title=self.texts[TITLE],
        )


def check(row: int, texts: dict[str, str]) -> Given:
    """A row with what is wrong in it."""
    given = Given(row, {column: clean(texts.get(column, "")) for column in COLUMNS})
    if not given.texts[NAME]:
        given.problems[NAME] = "请填写姓名"
    if not given.texts[ENTERPRISE]:
        given.problems[ENTERPRISE] = "请填写单位名称；没有单位的请写“个人”"
    if given.texts[PHONE] and (problem := phone_problem(given.texts[PHONE])):
        given.problems[PHONE] = problem
    if given.texts[CODE] and (wrong := uscc.problem(given.texts[CODE])):
        given.problems[CODE] = wrong
    for column, size in _SIZES.items():
        if len(given.texts[column]) > size:
            given.problems[column] = f"不能超过 {size} 个字"
    return given


def mark_repeats(rows: Sequence[Given]) -> None:
    """Say where a list names the same person twice."""
    seen: dict[str, int] = {}
    for given in rows:
        if given.problems:
            continue
        first = seen.setdefault(given.person().identity, given.row)
        if first != given.row:
            given.problems[NAME] = f"与第 {first} 行是同一人"


def from_text(text: str) -> list[Given]:
    """People pasted: a table from Excel, or one person per line as `姓名 单位 手机`. Raises `SheetError`."""
    if "\t" in text:
        return from_tables(read_text(text))
    lines = [_MOBILE_APART.sub(r"\1\2\3", clean(line)) for line in text.splitlines() if line.strip()]
    rows = [Row(i, [c for c in _GAPS.split(line) if c]) for i, line in enumerate(lines, 1)]
    return from_tables([Table("粘贴的名单", rows)])


def from_file(data: bytes, name: str) -> list[Given]:
    """People in an uploaded table. Raises `SheetError`."""
    return from_tables(read_tables(data, name=name))


def from_tables(tables: Iterable[Table]) -> list[Given]:
    """People in the first table that has rows; columns by their titles, else by what the cells look like."""
    table = next((t for t in tables if t.rows), None)
    if table is None:
        raise SheetError("名单是空的：请按“姓名 单位 手机”每行一人粘贴，或使用模板填写。")
    if len(table.rows) > LIMIT + 10:
        raise SheetError(f"一次最多 {LIMIT} 人，请分批导入。")
    head = next((i for i, row in enumerate(table.rows[:10]) if len(_titles(row.cells)) > 1), None)
    if head is None:
        found = [check(row.number, _guess(row.cells)) for row in table.rows]
    else:
        titles = _titles(table.rows[head].cells)
        found = [
            check(row.number, {column: row.cells[i] for i, column in titles.items() if i < len(row.cells)})
            for row in table.rows[head + 1 :]
        ]
    mark_repeats(found)
    return found


def _titles(cells: Sequence[str]) -> dict[int, str]:
    titles: dict[int, str] = {}
    for index, cell in enumerate(cells):
        text = re.sub(r"\s", "", cell)
        if not text or len(text) > 14 or _DIGITS.search(text):  # noqa: PLR2004  # longer texts are no titles
            continue
        for column, words in _WORDS.items():
            is_company = column == ENTERPRISE and text.endswith("公司") and text != "公司"
            if column not in titles.values() and not is_company and any(word in text for word in words):
                titles[index] = column
                break
    return titles


def _guess(cells: Sequence[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    rest = []
    filled = [cell for cell in map(clean, cells) if cell]
    if filled and filled[0].isdigit() and len(filled[0]) < _SHORTEST_PHONE:
        del filled[0]
    for cell in filled:
        code = uscc.normalise(cell)
        if CODE not in texts and len(code) == uscc.LENGTH and code.isalnum() and code.isascii():
            texts[CODE] = cell
        elif PHONE not in texts and re.fullmatch(r"[\d\s+()（）\-—]*\d[\d\s+()（）\-—]*", cell):
            texts[PHONE] = cell
        elif ENTERPRISE not in texts and _ENTERPRISE_END.search(cell):
            texts[ENTERPRISE] = cell
        else:
            rest.append(cell)
    for column in (NAME, TITLE) if ENTERPRISE in texts else (NAME, ENTERPRISE, TITLE):
        if rest:
            texts[column] = rest.pop(0)
    return texts
