"""Campaign templates as content."""

import shutil

import pytest
from django.conf import settings

from midun.campaigns.campaign_templates import BadTemplate, load_templates, read_template, template_of

SHANGHAI = settings.MIDUN_CONTENT / "campaigns" / "shanghai-2023.yaml"


def test_the_shipped_templates_are_sound():
    found = load_templates()
    assert [s.heading for s in found["shanghai-2023"].strands] == [
        "走访调研企业",
        "加大宣传力度",
        "加强行政指导",
        "强化执法办案",
    ]
    assert len(found["national-2025"].strands) == 5
    assert found["national-2025"].theme == "构建保护制度，服务创新发展"
    assert str(found["shanghai-2023"].required_forms[0].due_on) == "2023-07-03"


def test_the_newest_version_wins_and_old_ones_stay(tmp_path):
    shutil.copy(SHANGHAI, tmp_path / "a.yaml")
    text = (
        SHANGHAI.read_text(encoding="utf-8").replace("version: 1", "version: 2").replace("商业秘密保护进企业", "新主题")
    )
    (tmp_path / "b.yaml").write_text(text, encoding="utf-8")
    assert load_templates(tmp_path)["shanghai-2023"].theme == "新主题"
    assert template_of("shanghai-2023/1", tmp_path).theme == "商业秘密保护进企业"
    assert template_of("gone/1", tmp_path) is None


def test_it_rejects_the_same_version_twice(tmp_path):
    for name in ("a.yaml", "b.yaml"):
        shutil.copy(SHANGHAI, tmp_path / name)
    with pytest.raises(BadTemplate, match=r"与 a\.yaml 的标识和版本相同"):
        load_templates(tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("version: 1", "version: 零", "version 应为"),
        ("level: 市级", "level: 镇级", "level 应为"),
        ("end: 2023-06-30", "end: 2023-05-30", "早于"),
        ("start: 2023-06-01", "start: 六月", "start 应为日期"),
        ("key: publicity", "key: research", "板块标识“research”重复"),
        ("key: publicity", "key: 宣传", "只能用小写字母"),
        ("due_on: 2023-07-03", "due_on: 7月3日", "due_on 应为日期"),
        ("title: 上海市", "title: [1]\nx: 上海市", "title 应为文字"),
        ("strands:", "strandz:", "strands 应为列表"),
        ("name_contains: [执法总队]", "name_contains: 执法总队", "应为词语的列表"),
        ("id: shanghai-2023\n", "id: [\n", "不是有效的 YAML"),
    ],
)
def test_it_rejects_what_is_wrong_and_names_it(tmp_path, old, new, says):
    text = SHANGHAI.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "bad.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadTemplate, match=r"bad\.yaml") as error:
        read_template(path)
    assert says in str(error.value)


def test_it_rejects_a_list_and_says_all_that_is_wrong(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text("- 1\n", encoding="utf-8")
    with pytest.raises(BadTemplate, match="最外层"):
        read_template(path)
    path.write_text("id: x\n", encoding="utf-8")
    with pytest.raises(BadTemplate) as error:
        read_template(path)
    assert all(name in str(error.value) for name in ("version", "level", "title", "strands"))
