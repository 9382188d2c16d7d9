"""The fields of a label in a form."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from midun.desk.labelling import Wanted
from midun.desk.web import Form, lines_of
from midun.lib.marking.label.grades import HANDLING, WORDS, Scheme
from midun.lib.marking.label.model import Owner, Term, TermKind

UNTIL, LONG, PUBLICATION = "until", "long", "publication"
KINDS = {UNTIL: TermKind.UNTIL, LONG: TermKind.LONG, PUBLICATION: TermKind.PUBLICATION}
_GROUPS = {Scheme.GRADED: "一般企业", Scheme.SOE: "中央企业", Scheme.COMPANY: "企业自定（不建议）"}


def label_fields(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the template `desk/_label_fields.html` needs."""
    groups = [(name, [grade for grade in WORDS.values() if grade.scheme is scheme]) for scheme, name in _GROUPS.items()]
    return {
        "grades": groups,
        "handlings": list(HANDLING.items()),
        "chosen_handling": list(values.get("handling") or ()),
        "kinds": ((UNTIL, "至指定日期"), (LONG, "长期"), (PUBLICATION, "至公布前")),
    }


def wanted_label(form: Form) -> Wanted:
    """The label of a form.

    Raises:
        ValueError: a sentence about what is missing.
        Refused: LABEL, as the label itself.

    """
    if form["grade"] not in WORDS:
        raise ValueError("请选择密级。")
    if not form["owner"]:
        raise ValueError("请填写权利人名称。")
    kind = KINDS.get(form["kind"])
    if kind is None:
        raise ValueError("请选择保密期限。")
    since = _day(form["since"], "起始日期") or dt.datetime.now().astimezone().date()
    until = _day(form["until"], "截止日期") if kind is TermKind.UNTIL else None
    if kind is TermKind.UNTIL and until is None:
        raise ValueError("请填写保密期限的截止日期。")
    return Wanted(
        form["grade"],
        Owner(form["owner"], form["code"] or None),
        Term(since, kind, until),
        tuple(lines_of(form["scope"].replace("、", "\n"))),
        tuple(form.all("handling")),
        form["note"],
    )


def _day(text: str, name: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ValueError(f"{name}不正确，请按“2031-01-01”的样子填写。") from error
