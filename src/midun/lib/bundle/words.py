"""The words of every verifier: why a bundle is refused, and what is said of each step.

Plain Python 3.8: `verify.py` and `verify.html` are made from this table (docs/formats/bundle.md).
"""

from __future__ import annotations

SENTENCES = {
    "container-malformed": "不是完整的证明包：压缩包结构不对，可能没有下载完整，或被改动、被重新打包。",
    "container-seal": "证明包被改动：整包摘要与封口不符。请使用最初下载的证明包。",
    "container-too-large": "证明包超过 16 MiB 或 64 个文件，不予读取。",
    "container-member": "证明包中有不该有的文件，或同一文件出现两次。",
    "container-encrypted": "证明包中有加密的文件，不予读取。",
    "container-compressed": "证明包中有压缩存放的文件：证明包只用不压缩的方式存放。请使用最初下载的证明包。",
    "manifest-malformed": "证明包的清单（bundle.json）格式不对。",
    "member-missing": "证明包缺少必需的文件。",
    "member-unlisted": "证明包中有清单（bundle.json）没有列出的文件。",
    "member-changed": "证明包中的文件与清单（bundle.json）所载摘要不符：文件被改动。",
    "manifest-wrong-log": "清单（bundle.json）所载的日志或序号与证明文件不符。",
    "checkpoint-differs": "checkpoint.txt 与证明文件中的检查点不同。",
    "statement-wrong": "来源说明（statement.json）与存证时承诺的内容不同。",
    "token-malformed": "时间戳的格式不对。",
    "token-refused": "时间戳机构的应答不是“已签发”。",
    "token-algorithm": "时间戳使用了本工具不支持的算法。",
    "token-imprint-wrong": "时间戳不是对这个检查点签发的。",
    "token-signature-invalid": "时间戳的签名验证不通过：内容或签名被改动。",
    "token-certificate-wrong": "时间戳的签名证书缺失，或不是时间戳专用证书。",
    "token-expired": "签发时间戳时，其证书不在有效期内。",
    "token-chain-untrusted": "时间戳的证书链不成立，或不通向可信的根证书。",
    "token-renewal": "续期的时间戳晚于原时间戳证书的有效期，或早于原时间戳：时间的证明中断。",
    "opening-unreadable": "开启信息文件无法读取。",
    "unreadable": "文件无法读取。",
}
"""Reason code → sentence for a reader who is no engineer. The reasons of `midun.lib.tlog.errors` stand beside these."""

DEVELOPMENT_POLICY = "2.25.238826541219450219105834160243921867273"
"""TSA policy of the development authority, whose time is not legal time (docs/formats/timestamp.md)."""

SAY = {
    "valid": "核验通过。",
    "valid-development": "核验通过，但时间戳是开发测试用的，不是法定时间，不能作为证据。",
    "valid-accepted-only": "日志签名有效，但证明尚不齐全，缺：{}。",
    "invalid": "核验不通过：{}",
    "absent-witness": "见证方共同签名",
    "absent-time-stamp": "时间戳",
    "none": "无",
    "container": "证明包完整，各文件与清单一致。",
    "policy-own": "使用证明包自带的信任策略，只能说明证明包前后一致；独立核验请使用从别处取得的信任策略。",
    "policy-given": "使用核验人另外提供的信任策略。",
    "log": "日志 {origin} 的签名有效，检查点载有 {size} 条记录。",
    "inclusion": "本存证是其中第 {index} 条（从 0 数起），包含证明成立。",
    "witness": "见证方已共同签名，达到信任策略的要求：{}。",
    "witness-none": "信任策略不要求见证方共同签名（已有：{}）。",
    "witness-missing": "见证方的共同签名不足信任策略要求的数目（已有：{}）。",
    "ml-dsa": "本工具不能核验 ML-DSA-44 签名，未计入：{}。",
    "stamp": "时间戳 {file}：{name} 证明此检查点在北京时间 {at} 已存在。",
    "renewal": "时间戳 {file}：{name} 在北京时间 {at} 为此前的时间戳续期。",
    "development": "这是开发测试用的时间戳，不是法定时间。",
    "no-stamp": "没有时间戳。",
    "roots-own": "时间戳的根证书取自证明包；独立核验请使用从时间戳机构取得的根证书。",
    "opening-none": "未出示开启信息：核验了存证记录，未核验它是哪一份文件。",
    "opening": "开启信息与存证记录相符{}。",
    "in-set": "：文件集（共 {count} 个文件）中的 {path}",
    "file": "出示的文件与存证时完全相同。",
    "file-none": "未出示文件：只核验了开启信息所载的文件摘要。",
    "file-unopened": "出示了文件而未出示开启信息：无法核验文件与存证的关系。",
    "statement": "来源说明与存证时承诺的内容相同；其内容是存证人自己的陈述。",
    "statement-unopened": "来源说明未经核验：须出示开启信息。",
}
"""What is said of each step; `{name}` is put in by `fill`."""


def fill(key: str, value: object = "", **values: object) -> str:
    """A sentence of `SAY` with its places filled: `{}` by `value`, `{name}` by `name`, each read only once."""
    text = SAY[key]
    parts = text.split("{")
    out = [parts[0]]
    for part in parts[1:]:
        name, _brace, rest = part.partition("}")
        out.append(f"{values[name] if name else value}{rest}")
    return "".join(out)
