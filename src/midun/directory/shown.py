"""Values of records in words: what the trail and the previews keep as names and numbers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.timezone import localtime

from midun.kernel.orgs.enums import Role
from midun.kernel.orgs.models import Jurisdiction, Organisation, User

_WORDS = {
    "ip": "网络地址",
    "outcome": "结果",
    "until": "锁定至",
    "list": "列表",
    "rows": "行数",
    "filter": "筛选条件",
    "file": "文件",
    "sha256": "SHA-256",
    "new": "新增",
    "changed": "更新",
    "same": "相同",
    "rejected": "未导入",
    "moved_below": "一并移动的下级",
    "added": "增加",
    "removed": "删除",
    "years": "年份",
    "published": "依据",
    "user": "用户",
    "username": "登录名",
    "membership": "身份",
    "faults": "问题",
    "entries": "条数",
    "head": "最新摘要",
    "is_active": "账号启用",
    "state": "状态",
    "content": "内容",
}
_NAMED: tuple[type[models.Model], ...] = (Jurisdiction, Organisation, User)


@dataclass(frozen=True)
class Change:
    """One field: its name in words, before and after."""

    label: str
    before: str
    after: str


class Wording:
    """Puts changes into words; looks up each unit or person it names once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, int], str] = {}

    def changes(
        self, target: models.Model | str | None, before: Mapping[str, object], after: Mapping[str, object]
    ) -> list[Change]:
        """The changed fields of a record (or of a kind of record, by its label)."""
        model = _model_of(target)
        names = list(dict.fromkeys([*before, *after]))
        return [
            Change(_label(model, n), self._text(model, n, before.get(n)), self._text(model, n, after.get(n)))
            for n in names
        ]

    def kept(self, target_type: str, before: str, after: str) -> list[Change]:
        """As `changes`, of the texts that the trail keeps."""
        return self.changes(target_type, _parsed(before), _parsed(after))

    def _text(self, model: type[models.Model] | None, name: str, value: object) -> str:
        field = _field(model, name)
        if value is None or value == "":
            return ""
        if isinstance(value, bool):
            return "是" if value else "否"
        if name == "role":
            return Role(str(value)).label if str(value) in Role.values else str(value)
        if isinstance(field, models.ForeignKey):
            return self._named(field.related_model, value)
        choices = dict(getattr(field, "flatchoices", None) or ())
        if isinstance(value, dict | list):
            return json.dumps(value, ensure_ascii=False)
        return str(choices[value]) if value in choices else _moment(value)

    def _named(self, model: Any, value: object) -> str:
        """The name of a unit or a person that a record points at; other records by their number."""
        if model not in _NAMED or not str(value).isdigit():
            return f"#{value}"
        key = (model, int(str(value)))
        if key not in self._known:
            rows = model.objects if model is User else model.objects.unscoped("names in the trail")
            found = rows.filter(pk=key[1]).first()
            self._known[key] = str(found) if found is not None else f"#{value}"
        return self._known[key]


def _parsed(text: str) -> dict[str, object]:
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {"": found}


def _model_of(target: models.Model | str | None) -> type[models.Model] | None:
    if not isinstance(target, str):
        return type(target) if target is not None else None
    try:
        return apps.get_model(target)
    except (LookupError, ValueError):
        return None


def _field(model: type[models.Model] | None, name: str) -> Any:
    if model is None:
        return None
    try:
        return model._meta.get_field(name.removesuffix("_id"))
    except FieldDoesNotExist:
        return None


def _label(model: type[models.Model] | None, name: str) -> str:
    field = _field(model, name)
    return str(getattr(field, "verbose_name", "")) or _WORDS.get(name, name)


def _moment(value: object) -> str:
    """A time as people write it; any other text as it is."""
    text = str(value)
    if "T" not in text and not (text[10:11] == " " and text[13:14] == ":"):
        return text
    try:
        return f"{localtime(datetime.fromisoformat(text)):%Y-%m-%d %H:%M}"
    except ValueError:
        return text
