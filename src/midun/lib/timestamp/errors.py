"""The one error of everything that reads or verifies a time-stamp: a named reason, a sentence, a detail."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a time-stamp was refused. The value is stable and stands in reports; `sentence` says it in words."""

    DER_MALFORMED = "timestamp-der-malformed"
    TOO_LARGE = "timestamp-too-large"
    TOKEN_MALFORMED = "timestamp-token-malformed"  # noqa: S105  # a name, no secret
    RESPONSE_MALFORMED = "timestamp-response-malformed"
    REQUEST_MALFORMED = "timestamp-request-malformed"
    NOT_GRANTED = "timestamp-not-granted"
    ALGORITHM_UNKNOWN = "timestamp-algorithm-unknown"
    ALGORITHM_BROKEN = "timestamp-algorithm-broken"
    IMPRINT_WRONG = "timestamp-imprint-wrong"
    SIGNATURE_WRONG = "timestamp-signature-wrong"
    SIGNER_MISSING = "timestamp-signer-missing"
    SIGNER_WRONG = "timestamp-signer-wrong"
    CERTIFICATE_MALFORMED = "timestamp-certificate-malformed"
    CERTIFICATE_PURPOSE = "timestamp-certificate-purpose"
    CERTIFICATE_TIME = "timestamp-certificate-time"
    CHAIN_UNTRUSTED = "timestamp-chain-untrusted"
    NONCE_WRONG = "timestamp-nonce-wrong"
    POLICY_WRONG = "timestamp-policy-wrong"
    TIME_WRONG = "timestamp-time-wrong"
    RENEWAL_LATE = "timestamp-renewal-late"
    RENEWAL_ORDER = "timestamp-renewal-order"

    @property
    def sentence(self) -> str:
        """What it means, in Chinese, for a reader who is no engineer."""
        return _SENTENCES[self]


_SENTENCES = {
    Reason.DER_MALFORMED: "时间戳文件的编码不合规范（DER），文件被改动或不完整。",
    Reason.TOO_LARGE: "时间戳文件超过允许的大小。",
    Reason.TOKEN_MALFORMED: "文件不是 RFC 3161 时间戳，或内容不完整。",
    Reason.RESPONSE_MALFORMED: "时间戳机构的应答不是 RFC 3161 应答。",
    Reason.REQUEST_MALFORMED: "时间戳请求的格式不对。",
    Reason.NOT_GRANTED: "时间戳机构拒绝签发。",
    Reason.ALGORITHM_UNKNOWN: "时间戳使用了不支持的算法。",
    Reason.ALGORITHM_BROKEN: "时间戳使用的算法已被宣布不再可靠，且未在此之前续期。",
    Reason.IMPRINT_WRONG: "时间戳盖的不是这份内容：摘要不符。",
    Reason.SIGNATURE_WRONG: "时间戳的签名验证不通过：时间戳被改动或不是该机构签发。",
    Reason.SIGNER_MISSING: "缺少签发时间戳的证书。",
    Reason.SIGNER_WRONG: "时间戳指明的证书与签名所用证书不同。",
    Reason.CERTIFICATE_MALFORMED: "时间戳的证书格式不对。",
    Reason.CERTIFICATE_PURPOSE: "证书的用途不允许签发时间戳，或不允许签发下级证书。",
    Reason.CERTIFICATE_TIME: "证书在该时刻不在有效期内。",
    Reason.CHAIN_UNTRUSTED: "证书链不能追溯到您信任的根证书。",
    Reason.NONCE_WRONG: "时间戳应答与请求不对应（随机数不符）。",
    Reason.POLICY_WRONG: "时间戳的签发策略与要求的不同。",
    Reason.TIME_WRONG: "时间戳所载时间与签发时的时间相差过大。",
    Reason.RENEWAL_LATE: "续期晚于原时间戳证书的有效期，时间的证明中断。",
    Reason.RENEWAL_ORDER: "续期时间戳的时间早于被续期的时间戳。",
}


class Refused(ValueError):
    """What was read does not hold. `reason` names why, `detail` says where (English, for engineers)."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason.value}: {detail}" if detail else reason.value)
        self.reason = reason
        self.detail = detail
