"""The command `midun`: each sub-command is a Django management command under the same name.

`main` is thin on purpose: it names the commands a person needs, hides Django's others behind `midun admin`, and turns
a configuration error into a sentence instead of a traceback.
"""

import os
import sys

from django.core.management import execute_from_command_line

from midun.config.environment import ConfigurationError, new_secret

COMMANDS = {
    "serve": "启动网站服务",
    "work": "运行后台任务",
    "demo": "准备（并启动）演示环境",
    "backup": "备份数据库与文件",
    "restore": "恢复备份并核对",
    "import": "导入活动安排（annex）或企业名录（enterprises）",
    "report": "输出统计表（form）或总结报告（summary）",
    "trail": "核验留痕（verify）",
    "log": "核查透明日志目录（fsck）",
    "recount": "核对汇总计数与记录是否一致",
    "init": "初始化数据库、行政区划、日历与首个管理员",
    "secret": "生成一个密钥",
}


def main() -> None:
    """Run one command; exit code 2 for a wrong call or configuration, otherwise the command's own."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "midun.config.settings")
    arguments = sys.argv[1:]
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(_help())
        return
    if arguments == ["secret"]:
        # Needs no settings: it is what one runs before there are any.
        print(new_secret())
        return
    if arguments[0] == "admin":
        arguments = arguments[1:] or ["help"]
    elif arguments[0] not in COMMANDS:
        print(f"没有“{arguments[0]}”这个命令。\n\n{_help()}", file=sys.stderr)
        sys.exit(2)
    _run(arguments)


def _run(arguments: list[str]) -> None:
    try:
        execute_from_command_line(["midun", *arguments])
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def _help() -> str:
    lines = [f"  {name:<10}{what}" for name, what in COMMANDS.items()]
    return (
        "用法：midun 命令 [参数]\n\n"
        + "\n".join(lines)
        + "\n\n  admin     Django 管理命令（升级数据库：midun admin migrate）\n\n各命令的参数：midun 命令 --help"
    )
