"""Fields, filters and the menu as templates use them."""

from datetime import UTC, date, datetime

import pytest
from django import forms
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.enums import Role
from midun.kernel.web.forms import AttachmentsField, FilterForm
from midun.kernel.web.menu import here, menu_for, quick_for
from midun.kernel.web.templatetags import midun as tags


class Sample(forms.Form):
    name = forms.CharField(label="名称", help_text="全称")
    kind = forms.ChoiceField(label="类型", choices=[("", "---------"), ("a", "甲")])
    way = forms.ChoiceField(label="方式", choices=[("a", "甲"), ("b", "乙")], widget=forms.RadioSelect)
    files = AttachmentsField(label="照片")


def shown(template, **context):
    return Template(template).render(Context(context))


def test_nothing_chosen_is_said_in_words():
    assert "---" not in str(tags.control(Sample()["kind"]))
    assert ">请选择<" in str(tags.control(Sample()["kind"]))


def test_a_file_field_speaks_chinese():
    assert "选择文件（可多选）" in tags.control(Sample()["files"])


def test_errors_stand_above_the_form_and_beside_the_field():
    form = Sample({"name": "", "kind": "a", "way": "a"})
    html = shown('{% include "web/_form.html" %}', form=form)
    assert '<a href="#id_name">名称</a>：请填写' in html
    assert "data-focus" in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_name_error"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html


def test_what_is_missing_is_said_as_what_to_do():
    assert Sample({}).errors["kind"] == ["请选择"]
    assert forms.FileField().default_error_messages["required"] == "请选择文件"


def test_choices_are_a_group_with_a_name():
    assert "<legend" in shown('{% include "web/_field.html" %}', field=Sample()["way"])


@pytest.mark.parametrize(
    ("days", "words"), [(-3, "已逾期 3 天"), (-1, "已逾期 1 天"), (0, "今天截止"), (2, "还有 2 天")]
)
def test_deadlines_are_words(days, words):
    today = date(2025, 6, 10)
    assert tags.deadline(date.fromordinal(today.toordinal() + days), today) == words


@given(st.text(max_size=30))
def test_a_sentence_ends_once(text):
    said = tags.sentence(text)
    assert not text.strip() or said.endswith(("。", "！", "？"))
    assert tags.sentence(said) == said


def test_moments_are_as_short_as_they_are_clear():
    assert tags.recent(datetime(2001, 2, 3, 4, 5, tzinfo=UTC)) == "2001-02-03"
    assert tags.recent(None) == ""


def test_numbers_have_separators():
    assert tags.number(1234567) == "1,234,567"
    assert tags.number(None) == ""


class Bar(FilterForm):
    q = forms.CharField(label="关键词", required=False)
    level = forms.ChoiceField(label="级别", required=False, choices=[("", "全部"), ("1", "国家")])
    lead = forms.BooleanField(label="只看线索", required=False)


def test_conditions_are_told_in_words():
    bar = Bar({"q": "密", "level": "1", "lead": "on"})
    assert [(c.name, c.label, c.text) for c in bar.conditions()] == [
        ("q", "关键词", "密"),
        ("level", "级别", "国家"),
        ("lead", "只看线索", ""),
    ]
    assert Bar({"q": "", "lead": ""}).conditions() == []


def officer(role=Role.OFFICER):
    return Actor(user_id=1, membership_id=1, role=role, organisation_id=1, path="1.")


def test_the_menu_has_one_entry_per_noun():
    labels = [item.label for _, items in menu_for(officer()) for item in items]
    assert len(labels) == len(set(labels))
    assert not [label for label in labels if label.startswith("登记")]
    assert {"登记活动", "登记走访", "登记诉求"} <= {item.label for item in quick_for(officer())}


def test_one_entry_of_the_menu_is_here():
    menu = menu_for(officer())
    assert here(menu, path="/activities/new/", name="activities:new").label == "活动"
    assert here(menu, path="/campaigns/3/plan/", name="campaigns:plan").label == "活动安排"
    assert here(menu, path="/saved-views/", name="web:saved-views") is None


@pytest.mark.parametrize("role", [role for role in Role if role != Role.VISITOR])
def test_nobody_is_offered_what_they_may_not_open(role):
    actor = officer(role)
    assert all(actor.may(item.permission) for _, items in menu_for(actor) for item in items)
