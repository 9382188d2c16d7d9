"""Which unit a name in the annex means."""

import pytest

from midun.campaigns.matching import Named, UnitIndex, normal

ABOVE = ("国家", "上海市")
UNITS = [
    Named("市局", ("上海市市场监督管理局",), "上海市", ("国家",), is_organiser=True),
    Named("总队", ("上海市市场监督管理局执法总队",), "执法总队", ABOVE),
    Named("浦东", ("上海市浦东新区市场监督管理局", "浦东新区市场监管局"), "浦东新区", ABOVE),
    Named("静安", ("静安区市场监督管理局",), "静安区", ABOVE),
    Named("临港", ("中国（上海）自由贸易试验区临港新片区市场监督管理局",), "临港新片区", ABOVE),
    Named("机场", ("上海市市场监督管理局机场分局",), "机场", ABOVE),
    Named("张江站", ("张江商业秘密保护服务站",), "", (*ABOVE, "浦东新区")),
]
INDEX = UnitIndex(UNITS)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("市市场监管局", "市局"), ("市局", "市局"), ("上海市市场监管局", "市局"), ("上海市市场监督管理局", "市局"),
        ("市局执法总队", "总队"), ("执法总队", "总队"), ("上海市市场监管局执法总队", "总队"), ("市市场监管局执法总队", "总队"),
        ("浦东新区市场监管局", "浦东"), ("上海市浦东新区市场监督管理局", "浦东"), ("浦东新区局", "浦东"), ("浦东新区", "浦东"),
        ("静安区市场监管局", "静安"), ("上海市静安区市场监督管理局", "静安"), ("静安区 市场监管局", "静安"),
        ("临港新片区市场监管局", "临港"), ("机场分局", "机场"), ("市局机场分局", "机场"), ("张江商业秘密保护服务站", "张江站"),
    ],
)  # fmt: skip
def test_it_works(name, unit):
    assert INDEX.find(name) == unit


@pytest.mark.parametrize(
    "name", ["", "市场监管局", "安区市场监管局", "新区市场监管局", "黄浦区市场监管局", "局", "分局", "上海"]
)
def test_it_does_not_guess(name):
    assert INDEX.find(name) is None


def test_two_of_the_same_name_are_ambiguous():
    twice = UnitIndex([*UNITS, Named("另一", ("静安区市场监管局",), "", ABOVE)])
    assert twice.find("静安区市场监管局") is None


def test_what_was_learned_comes_first():
    assert UnitIndex(UNITS, {normal("机场局"): "机场"}).find("机场 局") == "机场"


def test_similar_names_are_offered():
    assert INDEX.similar("静安市场监管分局")[0] == "静安"
    assert INDEX.similar("完全无关的名称XYZ") == []


def test_normal_forms():
    assert normal("上海市浦东新区市场监督管理局") == normal("上海市 浦东新区市监局") == "上海市浦东新区市场监管局"
