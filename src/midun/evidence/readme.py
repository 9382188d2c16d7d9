"""README.txt of a proof bundle: how to check it, step by step, also without our tools."""

from collections.abc import Sequence

from midun.evidence.anchored import Stamped
from midun.lib.timestamp.token import parse_token

_HEAD = """存证证明包
==========

这个压缩包证明一次存证。请保存原样的压缩包，不要只保存解压后的文件。
存证的原文件和开启信息不在包里，由存证人保存，核验时一并出示。

证明：该数据在时间戳所载时间已经存在，此后没有改动。
不证明：谁是作者、权利归谁、内容是否秘密、内容是否真实。


一、用浏览器核验（不联网）
  1. 解压出 verify.html，用浏览器打开。
  2. 把证明包（.zip）、开启信息（.json）、原文件拖进页面。

二、用 Python 核验（3.8 或更新，不联网，不安装任何东西）
  解压出 verify.py，然后：
    python3 verify.py 证明包.zip
    python3 verify.py 证明包.zip 原文件 --opening 开启信息.json
  独立核验请用从别处取得的信任策略和时间戳根证书：
    python3 verify.py 证明包.zip --policy 策略.txt --tsa-roots 根证书.pem
  退出码：0 通过；1 不通过；2 用法不对或文件读不出；3 签名有效但尚不齐全。

三、用 OpenSSL 核验时间戳
  解压证明包，在解压出的文件夹里运行（时间戳是对 checkpoint.txt 盖的）：
"""
_TAIL = """
  每条命令应显示 Verification: OK。-attime 是时间戳所载的时刻（秒），使证书
  过期以后仍能核验。SM2 时间戳 OpenSSL 目前不能核验，请用前两种方法。
  要独立核验，请把 -CAfile 换成从时间戳机构取得的根证书。
  包里没有吊销列表，上述方法都不检查证书是否被吊销：采信前请向时间戳机构
  查询，因密钥泄露而吊销的，不能单凭该时间戳认定时间。

四、包里有什么
  proof.tlog-proof   日志的包含证明与签名的检查点（C2SP tlog-proof 格式）
  checkpoint.txt     检查点原文：日志名、条数、树根
  timestamps/        RFC 3161 时间戳及其证书
  policy.txt         信任策略：日志与见证方的公钥（C2SP tlog-policy 格式）
  statement.json     来源说明（存证人出示时才有，是其自己的陈述）
  certificate.pdf    供阅读的证明书
  bundle.json        清单与摘要
"""


def readme(stamps: Sequence[Stamped]) -> bytes:
    """The text, with a command for every token OpenSSL can check."""
    commands = []
    for number, stamp in enumerate(stamps, 1):
        commands += _command(number, stamp)
    return (_HEAD + "\n".join(commands or ["    （这个证明包里还没有时间戳。）"]) + "\n" + _TAIL).encode()


def _command(number: int, stamp: Stamped) -> list[str]:
    name, imprint = f"timestamps/{number:02}", parse_token(stamp.token).info.imprint
    if imprint.algorithm.name == "sm3":
        return [f"    （{name}.tsr 是 SM2 时间戳）"]
    at = int(stamp.time.timestamp())
    return [
        f"    openssl ts -verify -in {name}.tsr -data checkpoint.txt \\",
        f"      -CAfile {name}.pem -untrusted {name}.pem -attime {at}",
    ]
