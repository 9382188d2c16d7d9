"""The unified social credit code (统一社会信用代码, GB 32100-2015): what people type, and what is wrong with it.

Position 1 registering authority, 2 kind of body, 3-8 division code, 9-17 organisation code (GB 11714, its own check
character last), 18 check character. `web/static/midun/js/uscc.js` tells the browser the same and must stay equal.
"""

import re
import unicodedata

LENGTH = 18
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

LOOKALIKES = {"I": "1", "O": "0", "S": "5", "Z": "2"}
FORMER_NUMBERS = {9: "组织机构代码", 15: "原工商注册号或税务登记号"}

# Blanks, control and zero-width characters, and every dash a document may have put between the groups.
NOISE = re.compile("[\\x00-\\x20\\x7f-\\xa0\\u2000-\\u2015\\u2028-\\u202f\\u2060\\u2212\\ufeff-]")


def normalise(text: str) -> str:
    """Bring the code to the form it is stored in: half-width capitals without separators."""
    return NOISE.sub("", unicodedata.normalize("NFKC", text)).upper()


def problem(text: str) -> str | None:
    """Say what is wrong with the code, in the words the user reads; None when it is right."""
    code = normalise(text)
    return length_problem(code) or character_problem(code) or check_problem(code)


def length_problem(code: str) -> str | None:
    """Say that the code is missing, too short, too long, or a number of the time before."""
    if not code:
        return "请填写统一社会信用代码"
    if len(code) == LENGTH:
        return None
    if len(code) in FORMER_NUMBERS:
        return f"统一社会信用代码应为 18 位，现为 {len(code)} 位；这可能是{FORMER_NUMBERS[len(code)]}"
    return f"统一社会信用代码应为 18 位，现为 {len(code)} 位"


def character_problem(code: str) -> str | None:
    """Name the first character that cannot stand where it stands."""
    for position, character in enumerate(code, start=1):
        if character in LOOKALIKES:
            return f"第 {position} 位不能是字母“{character}”，是否为数字“{LOOKALIKES[character]}”？"
        if character not in ALPHABET:
            return f"第 {position} 位“{character}”不是统一社会信用代码使用的字符"
        if position in range(3, 9) and character not in "0123456789":
            return f"第 {position} 位“{character}”应为数字：第 3—8 位是登记机关的行政区划代码"
    return None


def check_problem(code: str) -> str | None:
    """Compare both check characters; the inner one narrows down where the slip is."""
    expected = organisation_check(code[8:16])
    if code[16] != expected:
        return f"第 17 位“{code[16]}”与第 9—16 位不符，按后者应为“{expected}”，请核对第 9—17 位"
    expected = check(code[:17])
    if code[17] != expected:
        return f"第 18 位校验码“{code[17]}”不符，按前 17 位应为“{expected}”，请逐位核对"
    return None


def organisation_check(body: str) -> str:
    """Check character of an organisation code, from its first eight characters."""
    # GB 11714 counts all 26 letters from A = 10, unlike the credit code's own alphabet.
    total = sum(int(character, 36) * weight for character, weight in zip(body, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-total % 11]


def check(body: str) -> str:
    """Check character of a credit code, from its first seventeen characters."""
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(body, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]
