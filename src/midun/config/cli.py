"""The command `midun`: each sub-command is a Django management command of that name, or the client's.

`main` is thin on purpose: it names the commands a person needs, hides Django's others behind `midun admin`, and turns
a configuration error into a sentence instead of a traceback.
"""

import os
import sys
from importlib import import_module

from django.core.management import execute_from_command_line

from midun.client.cli import command_of
from midun.client.cli import main as client
from midun.config.environment import ConfigurationError, new_secret

COMMANDS = {
    "deposit": "存证文件或文件夹（在企业的机器上，只需平台网址与令牌）",
    "verify": "核验存证证明包（不联网）",
    "open": "从文件清单开启一个文件",
    "serve": "启动网站服务",
    "work": "运行后台任务",
    "demo": "准备（并启动）演示环境",
    "backup": "备份数据库与文件",
    "restore": "恢复备份并核对",
    "import": "导入活动安排（annex）或企业名录（enterprises）",
    "report": "输出统计表（form）或总结报告（summary）",
    "trail": "核验留痕（verify）",
    "log": "存证日志：建立 init、状态 status、核查 fsck、恢复后继续 resume、换新 renew、额度 quota；从外部核查 audit",
    "sequence": "单独运行存证日志的写入进程",
    "ingest": "单独运行存证接口的受理进程",
    "compare": "比对两份材料，逐个秘点给出重合（本机）",
    "desk": "本机工作台：在浏览器中制作密标副本、追溯泄露文件",
    "seal": "把材料加密给办理机关的密封比对会话（本机）",
    "label": "密级标识（show、set、remove、key）",
    "mark": "给每位接收人制作带密标的副本",
    "trace": "查泄露文件是谁的副本",
    "index": "受保护文件的指纹索引（add、list、verify、merge、background）",
    "scan": "在文件夹、压缩包中筛查与索引重合的文件",
    "anchors": "见证与时间戳：检查、状态、立即请求、登记公证确认",
    "witness": "为他方日志提供见证（公证处、法院等用）",
    "recount": "核对汇总计数与记录是否一致",
    "init": "初始化数据库、行政区划、日历与首个管理员",
    "secret": "生成一个密钥",
}
# Commands for the holder's own machine: no settings, no database. Loaded by name, because what they need (compiled
# kernels, image codecs) takes seconds that no other command should wait for.
_MATCHING = dict.fromkeys(("compare", "index", "scan", "seal"), "midun.config.matching_commands")
_MARKING = dict.fromkeys(("label", "mark", "trace"), "midun.config.marking_commands")
LOCAL = _MATCHING | _MARKING | {"desk": "midun.config.desk_command"}


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
    if command_of(arguments):
        sys.exit(client(arguments))  # an enterprise's machine has no settings and no database
    if arguments[0] in LOCAL:
        sys.exit(import_module(LOCAL[arguments[0]]).main(arguments))
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


if __name__ == "__main__":  # how the supervisor starts the process that appends
    main()
