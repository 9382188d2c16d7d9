"""Proof bundles of deposits (docs/formats/bundle.md): everything that shows a deposit, put together from the log."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from midun.evidence.anchored import Covered, Stamped, teller
from midun.evidence.engine.place import Place
from midun.evidence.models import CheckpointRecord, Deposit, Log, Statement
from midun.evidence.readme import readme
from midun.evidence.receipts import NotInLog, prove
from midun.evidence.verifiers import verify_html, verify_py
from midun.kernel.documents.deposit import DepositCertificate, deposit_certificate_pdf
from midun.lib.bundle.contents import MAX_TOKENS, Bundle, Token
from midun.lib.timestamp.messages import Response
from midun.lib.tlog.checkpoint import parse_checkpoint
from midun.lib.tlog.commitment import parse_entry
from midun.lib.tlog.note import parse_note
from midun.lib.tlog.proof import Proof

_BEIJING = ZoneInfo("Asia/Shanghai")
_STATED = 600
_STATEMENT = {
    "maker": "形成人",
    "system": "形成的系统或设备",
    "made": "形成时间",
    "exported": "取得方式",
    "note": "备注",
}
"""The fields of docs/formats/statement.md."""
_NOT_LEGAL = "含有开发测试用的时间戳或本平台自己的见证方：不是法定时间，也不是独立见证，不能作为证据使用。"


def bundle_of(deposit: Deposit, *, at: datetime, site: str, papers: bool = True) -> bytes:
    """The bundle at the deposit's present stage; `site` is the platform's address (https://…), for the certificate.

    Without `papers` it holds what programs verify, and neither certificate nor verifiers.

    Raises `NotInLog`.
    """
    log = Log.objects.unscoped("the log of a deposit").get(number=deposit.log_number)
    note, covered = _newest(deposit)
    proof = prove(Place.of(deposit.log_number), deposit.index, note)
    stamps = list(covered.stamps)[:MAX_TOKENS]
    statement = Statement.objects.unscoped("shown with its deposit").filter(deposit=deposit).first()
    for_people: dict[str, bytes] = {}
    if papers:
        for_people = {
            "certificate.pdf": _certificate(deposit, proof, covered, statement, at=at, site=site),
            "verify.py": verify_py(),
            "verify.html": verify_html(),
            "README.txt": readme(stamps),
        }
    return Bundle(
        deposit=deposit.uuid,
        created=at,
        proof=proof.encode(),
        policy=(covered.policy or teller().policy(log)).encode(),
        tokens=tuple(_token(stamp) for stamp in stamps),
        statement=statement.text.encode() if statement else None,
        papers=for_people,
    ).encode()


def _newest(deposit: Deposit) -> tuple[bytes, Covered]:
    """The first final checkpoint over the deposit; else the newest that is kept; else the published one."""
    records = CheckpointRecord.objects.unscoped("what covers a deposit").filter(
        log_id=deposit.log_number, size__gt=deposit.index
    )
    record = records.filter(final_at__isnull=False).order_by("size").first() or records.order_by("-size").first()
    if record is not None:
        return bytes(record.note), teller().covered(record)
    note = Place.of(deposit.log_number).checkpoint()
    if note is None:
        raise NotInLog(f"no checkpoint of log {deposit.log_number}")
    return note, Covered()


def _token(stamp: Stamped) -> Token:
    return Token(Response(0, "", frozenset(), stamp.token).encode(), stamp.chain.encode())


def _certificate(
    deposit: Deposit, proof: Proof, covered: Covered, statement: Statement | None, *, at: datetime, site: str
) -> bytes:
    head, entry = parse_checkpoint(parse_note(proof.checkpoint).text), parse_entry(proof.extra or b"")
    enterprise = deposit.tenant.enterprise
    rows = [
        ("存证人", enterprise.name if enterprise else "本平台", False),
        ("标注", deposit.label, False),
        ("存证对象", deposit.get_kind_display(), False),
        ("受理时间", f"{_time(deposit.accepted_at)}（平台时钟）", False),
        ("自报时间", f"{_time(datetime.fromtimestamp(entry.time, UTC))}（不是证明）" if entry.time else "", False),
        ("日志", head.origin, True),
        ("序号", f"{deposit.index}（从 0 数起）", False),
        ("检查点", f"{head.size} 条", False),
        ("检查点树根", head.root.hex(), True),
        ("SHA-256 承诺值", entry.commitment.sha256.hex(), True),
        ("SM3 承诺值", entry.commitment.sm3.hex(), True),
    ]
    fragment = urlencode({"deposit": str(deposit.uuid), "size": head.size, "root": head.root.hex()})
    shown = DepositCertificate(
        number=str(deposit.uuid),
        made_at=_time(at),
        platform="企业商业秘密保护公共服务平台",
        address=f"{site}/verify/",
        qr=f"{site}/verify/#{fragment}",
        deposit=[row for row in rows if row[1]],
        stamps=[_stamp_row(number, stamp) for number, stamp in enumerate(covered.stamps[:MAX_TOKENS], 1)],
        confirmations=[
            (one.title + ("（本平台，开发用）" if one.development else ""), one.role_title, _time(one.at))
            for one in covered.confirmations
        ],
        statement=_statement_rows(statement.text) if statement else (),
        warnings=_warnings(covered),
    )
    return deposit_certificate_pdf(shown, at=at)


def _stamp_row(number: int, stamp: Stamped) -> tuple[str, str, str, str]:
    title = stamp.title + ("（开发用，非法定时间）" if stamp.development else "")
    return f"{number:02}.tsr", title, _time(stamp.time), f"{stamp.valid_until.astimezone(_BEIJING):%Y-%m-%d}"


def _warnings(covered: Covered) -> list[str]:
    names = {"witness": "见证方的共同签名", "time-stamp": "时间戳"}
    said = []
    if covered.missing:
        absent = "、".join(names.get(name, name) for name in covered.missing)
        said.append(f"证明尚不齐全，缺：{absent}。请在齐备后重新下载证明包。")
    if covered.development:
        said.append(_NOT_LEGAL)
    return said


def _statement_rows(text: str) -> Sequence[tuple[str, str, bool]]:
    """The statement by its fields, where it is one; else its text."""
    try:
        fields = json.loads(text)
        pairs = [(label, str(fields[key])) for key, label in _STATEMENT.items() if key in fields]
    except (ValueError, TypeError):
        pairs = []
    return [(key, value[:_STATED], False) for key, value in pairs or [("内容", text)]]


def _time(at: datetime) -> str:
    return f"{at.astimezone(_BEIJING):%Y-%m-%d %H:%M:%S}"
