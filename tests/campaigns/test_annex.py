"""Reading the annex: heads, merged and empty cells, rejections, anything at all."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from midun.campaigns.annex import (
    MAX_CONTENT,
    AnnexError,
    columns_of,
    parse_number,
    read_annex,
    tidy,
)
from midun.lib.sheets import Row, Table, read_tables, read_text
from tests.campaigns.factories import HEADS, PLAN, csv_of, docx_of, xlsx_of


def table(*rows, name="表", merged=None):
    return Table(
        name, [Row(n, list(map(str, row)), (merged or {}).get(n, frozenset())) for n, row in enumerate(rows, 1)]
    )


def taken(annex):
    return [(r.category, r.unit, r.number, r.content) for r in annex.rows]


def reasons(annex):
    return [(r.row, r.reason) for r in annex.rejected]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_it_works_in_every_encoding(encoding):
    assert taken(read_annex(read_tables(csv_of(encoding=encoding), name="a.csv"))) == list(PLAN)


@pytest.mark.parametrize(
    "data", [xlsx_of(), docx_of(), docx_of(page=2), docx_of(page=1)], ids=["xlsx", "docx", "pages", "rows"]
)
def test_merged_cells_wrapped_names_and_repeated_heads(data):
    annex = read_annex(read_tables(data, name="a"))
    assert taken(annex) == list(PLAN)
    assert annex.rejected == ()


def test_empty_cells_are_filled_downwards():
    annex = read_annex(
        [
            table(
                HEADS,
                ("市级层面", "市市场\n监管局", 1, "甲"),
                ("", "", 2, "乙"),
                ("", "执法总队", 3, "丙"),
                HEADS,
                ("区级\n层面", "东区局", 4, "丁"),
                ("", "", 5, "戊"),
                ("区级层面", "", 6, "己"),
                ("", "同上", 7, "庚"),
            )
        ]
    )
    assert [(c, u) for c, u, _, _ in taken(annex)] == [
        *[("市级层面", "市市场监管局")] * 2, ("市级层面", "执法总队"), *[("区级层面", "东区局")] * 4,
    ]  # fmt: skip


def test_a_new_category_never_inherits_the_unit_before_it():
    annex = read_annex([table(HEADS, ("市级层面", "市局", 1, "甲"), ("区级层面", "", 2, "乙"))])
    assert reasons(annex) == [(3, "没有单位：本行及其上方都没有填写单位")]


@given(st.permutations(range(4)))
def test_columns_may_stand_in_any_order(order):
    rows = [[row[i] for i in order] for row in (HEADS, *PLAN)]
    assert taken(read_annex([table(*rows)])) == list(PLAN)


@pytest.mark.parametrize(
    "heads",
    [
        ("类 别", "责任单位", "编号", "主要活动"),
        ("层面", "单位（盖章）", "序 号", "活动内容（简述）"),
        ("分类", "牵头单位：", "No.", "工作安排"),
    ],
)
def test_heads_have_other_names_too(heads):
    assert taken(read_annex([table(heads, *PLAN)])) == list(PLAN)


def test_columns_may_be_missing_or_too_many():
    rows = [("备注", "单位", "活动安排", "联系人"), ("", "东区局", "走访", "张"), ("", "", "座谈", "李")]
    annex = read_annex([table(*rows)])
    assert taken(annex) == [("", "东区局", 1, "走访"), ("", "东区局", 2, "座谈")]
    assert annex.notes == ("附件没有序号，已按行的先后编号",)


def test_numbers_that_begin_again_with_each_unit_are_counted_through():
    rows = [HEADS, ("市", "甲局", 1, "一"), ("", "", 2, "二"), ("区", "乙局", 1, "三"), ("", "", 2, "四")]
    annex = read_annex([table(*rows)])
    assert [r.number for r in annex.rows] == [1, 2, 3, 4]
    assert annex.rejected == ()
    assert "统一编号" in annex.notes[0]


def test_a_line_across_the_table_is_a_category():
    everywhere = frozenset({1, 2})
    rows = [("单位", "序号", "活动安排"), ("市级层面",) * 3, ("市局", 1, "甲"), ("区级层面",) * 3, ("东区局", 2, "乙")]
    annex = read_annex([table(*rows, merged={2: everywhere, 4: everywhere})])
    assert taken(annex) == [("市级层面", "市局", 1, "甲"), ("区级层面", "东区局", 2, "乙")]


def test_a_long_line_across_the_table_is_named_as_rejected():
    note = "注：以上活动安排如有调整，以各单位通知为准，请各单位及时关注。"
    annex = read_annex([table(HEADS, PLAN[0], (note,) * 4, merged={3: frozenset({1, 2, 3})})])
    assert len(annex.rows) == 1
    assert reasons(annex) == [(3, "整行合并成一格，不是一条活动安排")]


def test_every_rejected_row_says_why():
    rows = [
        HEADS,
        ("市", "甲局", 1, "一"),
        ("", "", 1, "重复"),
        ("", "", "二", "不是数字"),
        ("", "", 0, "零"),
        ("", "", 4, ""),
        ("", "", "", "没有序号"),
        ("", "", 7, "长" * (MAX_CONTENT + 1)),
        ("", "局" * 61, 8, "单位太长"),
        ("类" * 41, "乙局", 9, "类别太长"),
    ]
    annex = read_annex([table(*rows)])
    assert [r.number for r in annex.rows] == [1]
    assert reasons(annex) == [
        (3, "序号 1 与第 2 行重复"),
        (4, "序号“二”不是 1 到 99999 的整数"),
        (5, "序号“0”不是 1 到 99999 的整数"),
        (6, "没有活动安排内容"),
        (7, "没有序号"),
        (8, "活动安排超过 2000 个字，请精简"),
        (9, "单位名称超过 60 个字"),
        (10, "类别超过 40 个字"),
    ]


def test_duplicates_across_tables_name_the_table():
    one = table(HEADS, ("市", "甲局", 3, "一"), ("市", "甲局", 4, "二"))
    two = table(HEADS, ("区", "乙局", 4, "三"))
    annex = read_annex([one, two])
    assert [(r.table, r.row, r.reason) for r in annex.rejected] == [(2, 2, "序号 4 与第 1 个表第 3 行重复")]


def test_a_table_without_a_head_continues_the_one_before():
    one = table(HEADS, ("市", "甲局", 1, "一"))
    two = table(("", "", 2, "二"), ("区", "乙局", 3, "三"))
    other = table(("序号", "具体内容", "数据", ""), ("1", "开展宣传", "5", ""))
    assert taken(read_annex([one, two, other])) == [
        ("市", "甲局", 1, "一"),
        ("市", "甲局", 2, "二"),
        ("区", "乙局", 3, "三"),
    ]


@pytest.mark.parametrize(
    "tables", [[], [table(("甲", "乙"), (1, 2))], [table(("序号", "具体内容", "数据"), (1, "宣传", 3))]]
)
def test_it_rejects_what_is_no_plan(tables):
    with pytest.raises(AnnexError, match="没有找到活动安排表"):
        read_annex(tables)


@pytest.mark.parametrize(
    ("text", "number"),
    [("3", 3), ("３", 3), ("3、", 3), ("3.", 3), ("(3)", 3), ("（12）", 12), ("3.0", 3), ("003", 3), ("99999", 99999),
     ("0", None), ("", None), ("-1", None), ("3.5", None), ("三", None), ("100000", None), ("9" * 400, None), ("1-2", None)],
)  # fmt: skip
def test_numbers(text, number):
    assert parse_number(text) == number


def test_the_statistics_form_is_no_head():
    assert columns_of(["序号", "具体内容", "数据"]) == {}


def test_the_order_of_rows_is_kept_and_numbers_may_jump():
    shuffled = [*PLAN[1::2], *PLAN[::2]]
    assert taken(read_annex([table(HEADS, *shuffled)])) == shuffled


CELL = st.text(alphabet="市区局1２三 \n\t类别单位序号活动安排〃“”()（）.、a-", max_size=12)


@given(st.lists(st.lists(CELL, min_size=1, max_size=6), max_size=12), st.booleans())
def test_anything_gives_lines_or_reasons_and_never_fails(rows, with_head):
    width = max([4, *(len(row) for row in rows)])
    grid = [[*row, *[""] * (width - len(row))] for row in rows]
    head = [[*HEADS, *[""] * (width - 4)]] if with_head else []
    source = table(*head, *grid)
    try:
        annex = read_annex([source])
    except AnnexError:
        assert not with_head
        return
    places = [(r.table, r.row) for r in (*annex.rows, *annex.rejected)]
    assert len(set(places)) == len(places)
    assert len({r.number for r in annex.rows}) == len(annex.rows)
    for row in annex.rows:
        assert row.unit
        assert row.content == tidy(row.content) != ""
        assert 1 <= row.number <= 99_999
    assert all(r.reason for r in annex.rejected)


PLAIN = (
    st.text(alphabet="走访调研企业宣传培训商业秘密保护，。“”《》2023abc", min_size=1, max_size=40)
    .map(tidy)
    .filter(bool)
)
LINES = st.lists(
    st.tuples(
        st.sampled_from(["市级层面", "区级层面"]),
        st.sampled_from(["甲局", "乙区市场监管局", "丙新区市场监管局"]),
        PLAIN,
    ),
    min_size=1,
    max_size=8,
)


@given(LINES, st.integers(1, 50))
def test_what_is_written_as_csv_and_text_is_read_back(lines, first):
    rows = [(c, u, first + n, t) for n, (c, u, t) in enumerate(lines)]
    text = "\n".join("\t".join(map(str, row)) for row in (HEADS, *rows))
    assert taken(read_annex(read_text(text))) == rows


def test_the_real_notice_as_pasted_text(shared):
    text = (shared / "seeds/shanghai-2023-service-month-notice.txt").read_text(encoding="utf-8")
    data = (shared / "data/shanghai-2023-annex1-activities.csv").read_bytes()
    pasted, listed = read_annex(read_text(text)), read_annex(read_tables(data, name="a.csv"))
    assert len(pasted.rows) == 62
    assert taken(pasted) == taken(listed)
    assert pasted.rejected == listed.rejected == ()


def test_the_vector_of_the_format_document():
    text = (Path(__file__).resolve().parents[2] / "docs/formats/plan-annex.md").read_text(encoding="utf-8")
    block = [line.strip() for line in text.split("## Vector")[1].splitlines() if line.startswith("    ")]
    wanted = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in text.split("## Vector")[1].splitlines()
        if line.startswith("|") and "---" not in line
    ][1:]
    rows = read_annex(read_text("\n".join(block).replace("→", "\t"))).rows
    assert [(r.category, r.unit, str(r.number), r.content) for r in rows] == wanted
