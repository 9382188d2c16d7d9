"""Chinese wording: quotation marks inside quotation marks."""

_INNER = str.maketrans({"“": "‘", "”": "’", "‘": "“", "’": "”"})


def quoted(text: str) -> str:
    """The text in quotation marks, its own ones turned to the other kind (GB/T 15834—2011, 4.8.3.4).

    A name such as “服务月”（演示） becomes “‘服务月’（演示）”, not ““服务月”（演示）”.
    """
    return f"“{text.translate(_INNER)}”"
