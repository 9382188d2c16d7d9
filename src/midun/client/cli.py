"""The commands that need no platform of one's own, told apart and run."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence

from midun.client import audit, deposit, verify
from midun.client.outcome import Exit, Failed

_EPILOG = """退出码：0 成功（核验通过）；1 核验不通过；2 用法不对或文件读不出；
3 日志签名有效但证明尚不齐全；4 连接不上或平台暂停，可原样重试；5 平台拒绝（令牌、权限、参数）。"""

Run = Callable[[argparse.Namespace], Exit]
_COMMANDS: dict[tuple[str, ...], tuple[str, Callable[[argparse.ArgumentParser], None], Run]] = {
    ("deposit",): ("存证文件或文件夹：本机计算摘要并加盐，只发送承诺值", deposit.add_arguments, deposit.run),
    ("verify",): ("核验证明包，不联网", verify.add_verify_arguments, verify.run_verify),
    ("open",): ("从文件清单开启一个文件，不透露其余", verify.add_open_arguments, verify.run_open),
    ("log", "audit"): ("从外部核查一个透明日志的全部内容与历史", audit.add_arguments, audit.run),
}


def command_of(arguments: Sequence[str]) -> tuple[str, ...] | None:
    """Which of the commands here the command line begins with."""
    return next((name for name in _COMMANDS if tuple(arguments[: len(name)]) == name), None)


def main(arguments: Sequence[str]) -> int:
    """Run the command; gives the exit code."""
    name = command_of(arguments)
    if name is None:
        raise ValueError(f"not a command of the client: {arguments[:1]}")
    what, add, run = _COMMANDS[name]
    parser = argparse.ArgumentParser(
        prog=f"midun {' '.join(name)}",
        description=what,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add(parser)
    options = parser.parse_intermixed_args(list(arguments[len(name) :]))
    try:
        return run(options)
    except Failed as failed:
        print(failed.sentence, file=sys.stderr)
        return failed.code
    except BrokenPipeError:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # whoever read has had enough: no complaint at exit
        return Exit.OK
    except KeyboardInterrupt:
        print("\n已中断。用同样的命令可以接着做，不会重复存证。", file=sys.stderr)
        return Exit.UNREACHABLE
