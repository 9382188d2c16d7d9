"""`midun import enterprises FILE`: the same preview and the same import as on the page."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from django.core.management.base import CommandError, CommandParser

from midun.directory.services import enterprise_import as imports
from midun.kernel.orgs.actor import Actor
from midun.kernel.orgs.models import Membership
from midun.kernel.orgs.services import NotPossible
from midun.lib.sheets import SheetError

HELP = "导入企业名录：.xlsx 或 .csv 文件"
_SHOWN = 20


class Out(Protocol):
    """Where lines go: Django's OutputWrapper."""

    def write(self, text: str) -> Any:
        """Write one line."""


def add_arguments(parser: CommandParser) -> None:
    """The file, who does it and what may happen."""
    parser.add_argument("file", type=Path, metavar="文件", help=".xlsx 或 .csv（UTF-8、GB18030）")
    parser.add_argument("--as", dest="username", required=True, metavar="登录名", help="以此人（经办人等）的身份导入")
    parser.add_argument("--dry-run", action="store_true", help="只显示预览，不导入")
    parser.add_argument("--errors", type=Path, metavar="文件", help="把标红的错误文件写到这里")


def run(options: Mapping[str, Any], out: Out, err: Out, at: datetime) -> int:
    """Show what would change; import unless `--dry-run`; 1 when rows were not taken."""
    actor, source = _actor(options["username"]), _source(options["file"])
    shown = imports.plan(source, actor)
    counts = shown.counts
    said = "，".join(f"{label} {counts[name]}" for name, label in _LABELS.items())
    out.write(f"共 {len(shown.rows)} 行：{said}")
    for planned in shown.of("rejected")[:_SHOWN]:
        err.write(f"  第 {planned.row.number} 行：{'；'.join(planned.row.errors.values())}")
    if counts["rejected"] > _SHOWN:
        err.write(f"  ……另有 {counts['rejected'] - _SHOWN} 行有错误")
    if options["errors"] and counts["rejected"]:
        options["errors"].write_bytes(imports.returned_copy(source, shown, at=at))
        out.write(f"错误文件：{options['errors']}")
    if options["dry_run"]:
        out.write("仅预览，未导入。")
        return 1 if counts["rejected"] else 0
    try:
        done = imports.enter(source=source, actor=actor, at=at)
    except NotPossible as problem:
        raise CommandError(str(problem)) from problem
    out.write(
        f"已导入：新增 {done.new} 家，更新 {done.changed} 家，相同 {done.same} 家，有错误未导入 {done.rejected} 行"
    )
    return 1 if done.rejected else 0


_LABELS = {"new": "新增", "changed": "更新", "same": "相同", "rejected": "有错误"}


def _actor(username: str) -> Actor:
    held = Membership.objects.unscoped("operator at the command line").current().filter(user__username=username)
    actors: list[Actor] = [m.actor() for m in held.select_related("user", "organisation__jurisdiction")]
    able = next((actor for actor in actors if actor.may(imports.RIGHT)), None)
    if able is None:
        raise CommandError(f"“{username}”没有可以维护企业名录的身份")
    return able


def _source(path: Path) -> imports.Source:
    try:
        return imports.read_source(path.read_bytes(), name=path.name)
    except OSError as error:
        raise CommandError(f"无法读取文件 {path}：{error.strerror}") from error
    except SheetError as error:
        raise CommandError(f"{path.name}：{error.message}") from error
