"""The one error of everything that reads or verifies: a named reason, a sentence for people, a detail for engineers."""

from enum import StrEnum


class Reason(StrEnum):
    """Why something was refused. The value is stable and stands in reports; `sentence` says it in words."""

    NOT_UTF8 = "not-utf8"
    CONTROL_CHARACTER = "control-character"
    TOO_LARGE = "too-large"
    NOTE_MALFORMED = "note-malformed"
    KEY_MALFORMED = "key-malformed"
    KEY_UNKNOWN_TYPE = "key-unknown-type"
    SIGNATURE_INVALID = "signature-invalid"
    SIGNATURE_MISSING = "signature-missing"
    SIGNATURE_TWICE = "signature-twice"
    TIME_INVALID = "time-invalid"
    CHECKPOINT_MALFORMED = "checkpoint-malformed"
    CHECKPOINT_EXTENSION = "checkpoint-extension"
    ORIGIN_WRONG = "origin-wrong"
    POLICY_MALFORMED = "policy-malformed"
    POLICY_LOG_UNKNOWN = "policy-log-unknown"
    POLICY_QUORUM_MISSING = "policy-quorum-missing"
    PROOF_MALFORMED = "proof-malformed"
    PROOF_LENGTH = "proof-length"
    INCLUSION_WRONG = "inclusion-wrong"
    CONSISTENCY_WRONG = "consistency-wrong"
    INDEX_BEYOND_TREE = "index-beyond-tree"
    ROOT_WRONG = "root-wrong"
    PATH_MALFORMED = "path-malformed"
    TILE_LENGTH = "tile-length"
    TILE_MISSING = "tile-missing"
    BUNDLE_MALFORMED = "bundle-malformed"
    ENTRY_TOO_LARGE = "entry-too-large"
    ENTRY_MALFORMED = "entry-malformed"
    ENTRY_WRONG = "entry-wrong"
    OPENING_MALFORMED = "opening-malformed"
    COMMITMENT_WRONG = "commitment-wrong"
    MANIFEST_WRONG = "manifest-wrong"
    FILE_WRONG = "file-wrong"
    FILE_NAME = "file-name"
    FILE_CHANGING = "file-changing"
    WITNESS_UNREACHABLE = "witness-unreachable"
    WITNESS_REFUSED = "witness-refused"
    WITNESS_LIED = "witness-lied"

    @property
    def sentence(self) -> str:
        """What it means, in Chinese, for a reader who is no engineer."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.NOT_UTF8: "文件不是有效的 UTF-8 文本。",
    Reason.CONTROL_CHARACTER: "文件含有不允许的控制字符。",
    Reason.TOO_LARGE: "文件超过允许的大小或行数。",
    Reason.NOTE_MALFORMED: "签名文件的格式不对。",
    Reason.KEY_MALFORMED: "公钥的写法不对，或与其编号不符。",
    Reason.KEY_UNKNOWN_TYPE: "公钥的类型不在支持之列。",
    Reason.SIGNATURE_INVALID: "签名验证不通过：内容或签名被改动。",
    Reason.SIGNATURE_MISSING: "没有可信密钥的签名。",
    Reason.SIGNATURE_TWICE: "同一密钥签名出现两次。",
    Reason.TIME_INVALID: "签名所载时间无效。",
    Reason.CHECKPOINT_MALFORMED: "检查点的格式不对。",
    Reason.CHECKPOINT_EXTENSION: "检查点含有附加行，本平台不接受。",
    Reason.ORIGIN_WRONG: "检查点不属于这个日志。",
    Reason.POLICY_MALFORMED: "信任策略文件的格式不对。",
    Reason.POLICY_LOG_UNKNOWN: "签发检查点的日志不在信任策略中。",
    Reason.POLICY_QUORUM_MISSING: "见证方的共同签名不足信任策略要求的数目。",
    Reason.PROOF_MALFORMED: "证明文件的格式不对。",
    Reason.PROOF_LENGTH: "证明中的哈希个数不对。",
    Reason.INCLUSION_WRONG: "包含证明与检查点不符：内容、序号或证明被改动，或不在此日志中。",
    Reason.CONSISTENCY_WRONG: "一致性证明不成立：日志的两个状态不是同一历史。",
    Reason.INDEX_BEYOND_TREE: "序号超出日志的大小。",
    Reason.ROOT_WRONG: "重新计算的树根与检查点不符。",
    Reason.PATH_MALFORMED: "文件名不是日志的文件名。",
    Reason.TILE_LENGTH: "树块文件的长度不对。",
    Reason.TILE_MISSING: "缺少树块文件。",
    Reason.BUNDLE_MALFORMED: "记录包文件的格式不对。",
    Reason.ENTRY_TOO_LARGE: "单条记录超过 65535 字节。",
    Reason.ENTRY_MALFORMED: "存证记录的格式不对。",
    Reason.ENTRY_WRONG: "存证记录与所出示的开启信息不符。",
    Reason.OPENING_MALFORMED: "开启信息文件的格式不对。",
    Reason.COMMITMENT_WRONG: "承诺值不符：文件、盐值或登记信息与存证时不同。",
    Reason.MANIFEST_WRONG: "该文件不在所存证的文件清单中，或清单证明被改动。",
    Reason.FILE_WRONG: "文件的内容与存证时不同。",
    Reason.FILE_NAME: "文件名不是有效的 UTF-8，或过长，不能列入清单。",
    Reason.FILE_CHANGING: "计算摘要时文件正在被改动，请关闭使用它的程序后重试。",
    Reason.WITNESS_UNREACHABLE: "见证方没有应答。",
    Reason.WITNESS_REFUSED: "见证方拒绝签名。",
    Reason.WITNESS_LIED: "见证方的应答不可信：签名无效或内容不符。",
}


class Refused(ValueError):
    """What was read does not hold. `reason` names why, `detail` says where (English, for engineers)."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail
