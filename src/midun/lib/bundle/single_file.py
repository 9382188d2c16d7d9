"""Make `verify.py`: the parts of `offline`, joined to one file that needs nothing but Python 3.8."""

import re
from functools import cache
from pathlib import Path
from pprint import pformat

from midun.lib.bundle.verdict import SENTENCE_OF

_HERE = Path(__file__).resolve().parent
PARTS = (
    "words",
    "container",
    "offline/sm3",
    "offline/curves",
    "offline/der",
    "offline/certificates",
    "offline/tokens",
    "offline/notes",
    "offline/proofs",
    "offline/checking",
    "offline/program",
)
_OWN_IMPORT = re.compile(r"^from midun\.[\w.]+ import (?:\((?:[^)]*)\)|[^\n]*)\n", re.MULTILINE)
_IMPORT = re.compile(r"^(?:import [^\n]+|from (?!midun)[\w.]+ import [^\n]+)\n", re.MULTILINE)
_DOCSTRING = re.compile(r'\A""".*?"""\n', re.DOTALL)
_SENTENCES = re.compile(r"^SENTENCES = \{.*?^\}\n\"\"\".*?\"\"\"\n", re.MULTILINE | re.DOTALL)
_HEAD = '''#!/usr/bin/env python3
"""离线核验秘盾存证证明包。只需要 Python 3.8 或更新版本，不联网，不安装任何东西。

    python3 verify.py 证明包.zip
    python3 verify.py 证明包.zip 原文件 --opening 开启信息.json
    python3 verify.py 证明包.zip --policy 信任策略.txt --tsa-roots 根证书.pem

退出码：0 核验通过；1 核验不通过；2 用法不对或文件读不出；3 日志签名有效但证明尚不齐全。
"""

# SPDX-License-Identifier: Apache-2.0
# Made from the parts of midun.lib.bundle; the formats are docs/formats/bundle.md and what it names.

from __future__ import annotations

'''


@cache
def verify_py() -> bytes:
    """The bytes of `verify.py`; the same for one version of the code."""
    imports: set[str] = set()
    bodies = []
    for part in PARTS:
        source = (_HERE / f"{part}.py").read_text(encoding="utf-8")
        title = source.partition("\n")[0].strip('"')
        source = _OWN_IMPORT.sub("", _DOCSTRING.sub("", source))
        imports.update(line for line in _IMPORT.findall(source) if "__future__" not in line)
        bodies.append(f"# ---- {title}\n\n{_IMPORT.sub('', source).strip()}\n")
    names: dict[str, list[str]] = {}
    for line in imports:
        if line.startswith("from "):
            module, _import, listed = line[5:].partition(" import ")
            names.setdefault(module, []).extend(name.strip() for name in listed.split(","))
    plain = sorted(line for line in imports if line.startswith("import "))
    plain += [f"from {module} import {', '.join(sorted(set(names[module])))}\n" for module in sorted(names)]
    table = f"SENTENCES = {pformat(dict(SENTENCE_OF), sort_dicts=False, width=160)}\n"
    body = _SENTENCES.sub(lambda _found: table, "\n\n".join(bodies), count=1)
    return (_HEAD + "".join(plain) + "\n\n" + body).encode()
