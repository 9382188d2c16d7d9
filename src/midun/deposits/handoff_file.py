"""The file for a notary: list, check record to fill in, proofs, instructions; nothing the platform does not know."""

import io
import json
import zipfile
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.utils.timezone import localtime

from midun.deposits.models import HandOff
from midun.deposits.stages import Stage, Stages, covering, name_of
from midun.evidence.bundles import bundle_of
from midun.evidence.models import Deposit, Log
from midun.evidence.receipts import receipt_of
from midun.kernel.documents.sheet import Box, RecordSheet, sheet_pdf
from midun.lib.sheets import Column, Sheet, write_xlsx

MOST_BUNDLES = 30
"""Each bundle takes a fraction of a second to make (its certificate is typeset)."""

STEPS = (
    "核对企业统一社会信用代码、移交人身份，与下表“账号身份”一致。",
    "由企业当面出示原文件和开启信息文件（文件名含清单中的“短码”），不经企业之外的人转手。",
    "在公证机构自己的计算机上，用证明包中的 verify.py 或 verify.html（可断网）核验：证明包 + 开启信息 + 原文件。",
    "记下核验程序给出的结论原文、日志序号、时间戳时间；与清单逐项核对。",
    "另取日志公钥和见证方公钥（不用企业提供的），核对证明包所用信任策略。",
    "结果填入本表，签名、加盖公章。",
)


def handoff_zip(handoff: HandOff, *, at: datetime) -> bytes:
    """The file. Members have fixed names and times, so that two downloads differ only where the proofs grew."""
    deposits, stages = handoff.listed(), Stages()
    rows = [(deposit, stages.of(deposit)) for deposit in deposits]
    members = {
        "00-说明.txt": _readme(handoff, rows).encode("utf-8-sig"),
        "01-移交清单.xlsx": write_xlsx([_sheet(rows)], at=at),
        "02-核验记录.pdf": sheet_pdf(_record(handoff, rows), at=at),
        "03-日志公钥.txt": _keys(deposits).encode(),
    }
    checkpoint = handoff.checkpoint()
    if checkpoint is not None:
        members["04-检查点.txt"] = bytes(checkpoint.note)
    members |= proofs_of(deposits, at=at)
    packed = io.BytesIO()
    when = localtime(handoff.created_at).timetuple()[:6]
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, when), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def proofs_of(deposits: Sequence[Deposit], *, at: datetime) -> dict[str, bytes]:
    """The receipt of each deposit at its present stage, and its bundle unless there are too many to make at once."""
    found = {}
    for one in deposits:
        name = f"{one.index:08}-{one.uuid}"
        receipt = json.dumps(receipt_of(one).data(), ensure_ascii=False, indent=1)
        found[f"回执/{name}.json"] = receipt.encode()
        if len(deposits) <= MOST_BUNDLES:
            found[f"证明包/{name}.zip"] = bundle_of(one, at=at, site=settings.MIDUN_BASE_URL)
    return found


def _when(value: datetime | None) -> str:
    return f"{localtime(value):%Y-%m-%d %H:%M:%S}" if value else ""


def _sheet(rows: Sequence[tuple[Deposit, Stage]]) -> Sheet:
    columns = [
        Column("序", kind="integer", width=6),
        Column("标注", width=24),
        Column("短码", width=12),
        Column("类型", width=12),
        Column("存证编号", width=40),
        Column("日志序号", kind="integer", width=12),
        Column("受理时间（平台时钟）", width=22),
        Column("证明", width=24),
        Column("证明完备时间", width=22),
        Column("检查点条数", kind="integer", width=12),
        Column("SHA-256 承诺值", width=68),
        Column("SM3 承诺值", width=68),
    ]
    data = []
    for number, (deposit, stage) in enumerate(rows, 1):
        kept = covering(deposit)
        data.append(
            (
                number,
                name_of(deposit),
                deposit.sha256.hex()[:8],
                deposit.get_kind_display(),
                str(deposit.uuid),
                deposit.index,
                _when(deposit.accepted_at),
                stage.words,
                _when(kept.final_at) if kept else "",
                kept.size if kept else None,
                deposit.sha256.hex(),
                deposit.sm3.hex(),
            )
        )
    return Sheet("移交清单", columns, data)


def _record(handoff: HandOff, rows: Sequence[tuple[Deposit, Stage]]) -> RecordSheet:
    enterprise, by = handoff.enterprise, handoff.created_by
    listed = "\n".join(
        f"{n}. {name_of(d)}　序号 {d.index}　短码 {d.sha256.hex()[:8]}" for n, (d, _) in enumerate(rows, 1)
    )
    return RecordSheet(
        title="电子数据存证核验记录",
        left=f"移交编号 {handoff.uuid}",
        right=f"移交时间 {_when(handoff.created_at)}",
        rows=(
            (Box("企业", enterprise.name), Box("统一社会信用代码", enterprise.credit_code or "")),
            (
                Box("账号身份", f"{by.name if by else ''}（平台账号 {by.username if by else ''}）"),
                Box("身份证件核对", "", 10),
            ),
            (Box("公证机构", handoff.notary.name if handoff.notary else "", 10), Box("用途", handoff.purpose)),
            (Box("移交的存证", listed),),
            *((Box(f"第 {n} 步", f"{step}\n□ 已完成　时间：　　　　　　结果："),) for n, step in enumerate(STEPS, 1)),
            (Box("核验结论", "□ 相符　□ 不符　说明：", 28),),
            (Box("核验人", "", 20, "签名"), Box("公证机构", "", 20, "盖章")),
        ),
        notes=(
            "存证证明文件在时间戳所载时间之前已经存在、此后未改动，并由上列账号提交；不证明作者、权属、秘密性和价值。",
            "“受理时间”是平台自己的时钟，时间以证明包中时间戳机构签发的时间为准。",
        ),
    )


def _keys(deposits: Sequence[Deposit]) -> str:
    numbers = {deposit.log_number for deposit in deposits}
    logs = Log.objects.unscoped("public").filter(number__in=numbers).order_by("number")
    return "".join(f"# {log.origin}\n{log.keys}\n" for log in logs)


def _readme(handoff: HandOff, rows: Sequence[tuple[Deposit, Stage]]) -> str:
    waiting = sum(not stage.is_final for _, stage in rows)
    lines = [
        f"{handoff.enterprise.name} 移交公证的存证，共 {len(rows)} 条",
        f"用途：{handoff.purpose}",
        "",
        "01-移交清单.xlsx　　每条存证的编号、日志序号、承诺值、时间",
        "02-核验记录.pdf　　 打印后逐项填写、签章",
        "03-日志公钥.txt　　 平台日志的公钥，请与平台公示页 /log/policy 核对",
        "04-检查点.txt　　　 证明完备后才有：公证机构可用自己的密钥对它共同签名",
        "回执/　　　　　　　 每条存证的回执：日志签名、包含证明、时间戳",
        "证明包/　　　　　　 每条存证的证明包：证明书、时间戳、离线核验程序"
        if len(rows) <= MOST_BUNDLES
        else f"超过 {MOST_BUNDLES} 条，证明包由企业逐条下载后一并提供。",
        "",
        "这里没有原文件、文件名、文件指纹，也没有开启信息：它们只在企业手里，由企业当面出示。",
        "",
        "核验步骤：",
        *(f"{number}. {step}" for number, step in enumerate(STEPS, 1)),
    ]
    if waiting:
        lines += ["", f"注意：其中 {waiting} 条尚缺见证或时间戳，证明未完备；完备后请重新下载本文件。"]
    return "\n".join(lines) + "\n"
