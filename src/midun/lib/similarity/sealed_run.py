"""One sealed comparison in a process of its own: asked on standard input, answered on standard output.

The process holds the only plain copy of the material, in its memory, and ends with it. It writes no file, dumps no
core, and says nothing of the content in errors. Run as `python -m midun.lib.similarity.sealed_run`.
"""

import json
import resource
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from midun.lib.similarity.compare import compare, points_of
from midun.lib.similarity.errors import SimilarityError
from midun.lib.similarity.points import parse_points
from midun.lib.similarity.report.facts import facts
from midun.lib.similarity.sealed import BadBundle, Session, unpack, unseal

DONE, UNUSABLE = 0, 3
MEMORY = 6 << 30
_UNCOVERED = "这是密封比对：没有重合的内容不写入报告；两份材料在比对后已从服务器删除。"
_COMMAND = "midun compare <甲方材料> <乙方材料> --points <甲方秘点文件> --at "


def report_of(request: dict[str, Any]) -> bytes:
    """The report's JSON for {"session", "public", "secret", "a", "b", "at"}. Raises `SimilarityError`, `OSError`."""
    session = Session(request["session"], bytes.fromhex(request["public"]))
    secret = bytes.fromhex(request["secret"])
    opened = []
    for side in ("a", "b"):
        try:
            packed = unseal(Path(request[side]).read_bytes(), secret, session, side)
            opened.append(unpack(packed, "甲方/" if side == "a" else "乙方/"))
        except BadBundle as error:
            raise BadBundle(f"{'甲' if side == 'a' else '乙'}方：{error}") from error
    (ours, raw), (theirs, _) = opened
    points = parse_points(raw) if raw else points_of(ours)
    if not points:
        raise BadBundle("甲方材料中没有可以比对的内容。")
    at = datetime.fromisoformat(request["at"])
    command = _COMMAND + at.isoformat(timespec="seconds")
    stated = facts(compare(points, theirs), ours, theirs, at=at, command=command)
    stated["limits"].append(_UNCOVERED)
    for finding in stated["findings"]:
        finding["uncovered"] = []
    return (json.dumps(stated, ensure_ascii=False, indent=1) + "\n").encode()


def main() -> int:
    """Read the request, answer with the report or one sentence."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    try:
        sys.stdout.buffer.write(report_of(json.load(sys.stdin)))
    except SimilarityError as error:
        sys.stderr.write(str(error))
        return UNUSABLE
    except MemoryError:
        sys.stderr.write("材料太大，内存不足，请减少材料后重新密封。")
        return UNUSABLE
    return DONE


if __name__ == "__main__":
    sys.exit(main())
