"""Grades, handling codes and the words for them (docs/formats/label.md)."""

from dataclasses import dataclass
from enum import StrEnum


class Scheme(StrEnum):
    """Whose words grade the secret."""

    GRADED = "graded"
    SOE = "soe"
    COMPANY = "company"


@dataclass(frozen=True)
class Grade:
    """A grade of a scheme; `low` and `high` bound its rank, because 普通商密 spans two grades of other schemes."""

    scheme: Scheme
    code: str
    word: str
    low: int
    high: int

    @property
    def printed(self) -> str:
        """What stands on the document: never a bare word of the State Secrets Law."""
        return f"商业秘密·{self.word}" if self.scheme is Scheme.COMPANY else self.word

    @property
    def warning(self) -> str | None:
        """What the user must read before a grade with a state-secret word is set."""
        if self.scheme is not Scheme.COMPANY or self.code == "internal":
            return None
        return (
            f"“{self.word}”是国家秘密的法定密级用语，用于商业秘密容易被误认。建议改用“核心、重要、一般”；"
            f"确需使用的，标识和文件上将写作“{self.printed}”。"
        )

    def weaker_than(self, before: "Grade") -> bool:
        """Whether going from `before` to this one may lower the protection."""
        return self != before and before.high > self.low


GRADES = {
    (grade.scheme, grade.code): grade
    for grade in (
        Grade(Scheme.GRADED, "core", "核心", 3, 3),
        Grade(Scheme.GRADED, "important", "重要", 2, 2),
        Grade(Scheme.GRADED, "general", "一般", 1, 1),
        Grade(Scheme.SOE, "core", "核心商密", 3, 3),
        Grade(Scheme.SOE, "ordinary", "普通商密", 1, 2),
        Grade(Scheme.COMPANY, "top", "绝密", 3, 3),
        Grade(Scheme.COMPANY, "high", "机密", 2, 2),
        Grade(Scheme.COMPANY, "secret", "秘密", 1, 1),
        Grade(Scheme.COMPANY, "internal", "内部", 0, 0),
    )
}
WORDS = {grade.word: grade for grade in GRADES.values()}

HANDLING = {
    "no-copy": "不得复制",
    "no-forward": "不得转发",
    "no-print": "不得打印",
    "no-photo": "不得拍照录屏",
    "no-external": "不得带出本单位",
    "no-cloud": "不得上传互联网或第三方云",
    "no-ai": "不得输入外部人工智能服务",
    "encrypt-stored": "加密存储",
    "encrypt-sent": "加密传输",
    "marked-copies": "只发带密标的副本",
    "return": "用后归还",
    "destroy": "到期销毁",
}
