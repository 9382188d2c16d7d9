"""The credit code: our own arithmetic against python-stdnum, and the browser's against ours."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc as reference

import midun.kernel.web
from midun.kernel.orgs import uscc

SCRIPT = Path(midun.kernel.web.__file__).parent / "static/midun/js/uscc.js"
RIGHT = "91110000600037341L"  # the example of the reference library

bodies = st.builds(
    "{}{}{}".format,
    st.text(uscc.ALPHABET, min_size=2, max_size=2),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(uscc.ALPHABET, min_size=8, max_size=8),
)


def completed(body: str) -> str:
    """A right code from its sixteen free characters."""
    body += uscc.organisation_check(body[8:])
    return body + uscc.check(body)


def random_body(source: random.Random) -> str:
    pick = source.choices
    return "".join(pick("0123456789", k=8) + pick(uscc.ALPHABET, k=8))


def test_it_works():
    assert uscc.problem(RIGHT) is None


@pytest.mark.parametrize(
    "typed",
    [
        "91110000 60003734 1L",
        "91110000600037341l",
        "９１１１００００６０００３７３４１Ｌ",
        " 91110000-600037341-L\u200b\n",
    ],
)
def test_it_forgives_how_people_type(typed):
    assert uscc.normalise(typed) == RIGHT
    assert uscc.problem(typed) is None


def test_bodies_other_than_companies_may_begin_with_letters():
    code = completed("N231011512345678")
    assert uscc.problem(code) is None


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("", "请填写统一社会信用代码"),
        ("9111000060003734", "统一社会信用代码应为 18 位，现为 16 位"),
        (RIGHT + "0", "统一社会信用代码应为 18 位，现为 19 位"),
        ("600037341", "统一社会信用代码应为 18 位，现为 9 位；这可能是组织机构代码"),
        ("310115000000001", "统一社会信用代码应为 18 位，现为 15 位；这可能是原工商注册号或税务登记号"),
        ("9111O000600037341L", "第 5 位不能是字母“O”，是否为数字“0”？"),
        ("911100006V0037341L", "第 10 位“V”不是统一社会信用代码使用的字符"),
        ("9111000060003734,L", "第 17 位“,”不是统一社会信用代码使用的字符"),
        ("91A10000600037341L", "第 3 位“A”应为数字：第 3—8 位是登记机关的行政区划代码"),
        ("91110000600037342L", "第 17 位“2”与第 9—16 位不符，按后者应为“1”，请核对第 9—17 位"),
        ("91110000600037341M", "第 18 位校验码“M”不符，按前 17 位应为“L”，请逐位核对"),
    ],
)
def test_it_rejects_and_says_why(typed, message):
    assert uscc.problem(typed) == message


def test_every_check_character_is_accepted_and_agrees_with_the_reference():
    source = random.Random(32100)  # noqa: S311  # repeatable samples
    seen = set()
    for _ in range(2000):
        code = completed(random_body(source))
        seen.add(code[-1])
        assert uscc.problem(code) is None
        assert reference.is_valid(code)
        wrong = code[:-1] + source.choice([c for c in uscc.ALPHABET if c != code[-1]])
        assert uscc.problem(wrong) is not None
        assert not reference.is_valid(wrong)
    assert seen == set(uscc.ALPHABET)


@given(bodies, st.data())
def test_no_single_slip_goes_unseen(body, data):
    code = completed(body)
    position = data.draw(st.integers(0, 17))
    slip = data.draw(st.sampled_from([c for c in uscc.ALPHABET if c != code[position]]))
    assert uscc.problem(code) is None
    assert uscc.problem(code[:position] + slip + code[position + 1 :]) is not None


@given(st.text(max_size=24))
def test_any_text_gets_an_answer(text):
    assert uscc.problem(text) != ""


@given(st.text("0aZ９ａＺ -\u3000\u200b\ufeff－", max_size=24))
def test_normalising_twice_changes_nothing(text):
    once = uscc.normalise(text)
    assert uscc.normalise(once) == once
    assert set(once) <= set("0A9Z")


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed: the browser's half cannot be run here")
def test_the_browser_says_the_same():
    source = random.Random(11714)  # noqa: S311  # repeatable samples
    typed = [
        "",
        RIGHT,
        "９１１１００００６０００３７３４１ｌ",
        "9111 0000-6000 3734 1L",
        "\ufeff" + RIGHT,
        "𠮷" * 18,
        "x" * 15,
        "constructor",
    ]
    for _ in range(2000):
        code = completed(random_body(source))
        position = source.randrange(18)
        anything = source.choice(uscc.ALPHABET + "IOSVZ岭 -iı")
        typed += [code, code[:-1] + source.choice(uscc.ALPHABET), code[:position] + anything + code[position + 1 :]]
    assert {code[-1] for code in typed[8::3]} == set(uscc.ALPHABET)
    program = (
        f"require({json.dumps(str(SCRIPT))});"
        "const typed = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(typed.map((t) => [midunUscc.normalise(t), midunUscc.problem(t)])));"
    )
    done = subprocess.run(["node", "-e", program], input=json.dumps(typed), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [[uscc.normalise(text), uscc.problem(text)] for text in typed]
