"""`midun desk`: the pages for marking and tracing on this machine."""

import argparse
import sys
import webbrowser
from collections.abc import Sequence
from pathlib import Path

from midun.desk.server import opened


def main(arguments: Sequence[str]) -> int:
    """Answer until interrupted; exit code 2 if the port is taken."""
    parser = argparse.ArgumentParser(prog="midun desk", description="在本机浏览器中制作密标副本、追溯泄露文件。")
    parser.add_argument("--home", type=Path, help="密钥和登记簿所在文件夹（默认 MIDUN_MARKS 或 ~/.midun-marks）")
    parser.add_argument("--port", type=int, default=0, help="端口（默认由系统分配）")
    parser.add_argument("--no-browser", action="store_true", help="不自动打开浏览器")
    options = parser.parse_args(arguments[1:])
    try:
        desk = opened(options.home, options.port)
    except OSError as error:
        print(f"无法监听端口 {options.port}：{error.strerror}", file=sys.stderr)
        return 2
    print(f"本机工作台：{desk.address}\n网址只在本机可用，请勿告诉他人；按 Ctrl+C 停止。", flush=True)
    if not options.no_browser:
        webbrowser.open(desk.address)
    try:
        desk.serve_forever()
    except KeyboardInterrupt:
        print("已停止。")
    finally:
        desk.server_close()
    return 0
