"""Small material that the tests of this folder share: prose, code, a customer table, made without any package."""

import random

from midun.lib.similarity.keys import Key
from midun.lib.similarity.readers.files import read_bytes

KEY = Key(bytes(range(32)))
OTHER = Key(bytes(range(1, 33)))

_LETTERS = [chr(c) for c in range(0x4E10, 0x9000, 23)]
WORDS = ["".join(random.Random(n).choices(_LETTERS, k=2)) for n in range(900)]  # noqa: S311  # no secret


def prose(seed, sentences=120):
    """Sentences that no two seeds share but by their words."""
    pick = random.Random(seed)  # noqa: S311  # no secret
    return "\n".join(
        f"{''.join(pick.choices(WORDS, k=6))}，随后{''.join(pick.choices(WORDS, k=5))}至{pick.randint(10, 999)}。"
        for _ in range(sentences)
    )


def customers(seed, rows=200):
    """A customer table: name, person, telephone, day, amount."""
    pick = random.Random(seed)  # noqa: S311  # no secret
    lines = ["客户名称,联系人,电话,签约日期,金额"]
    for _ in range(rows):
        name = "".join(chr(pick.randint(0x4E00, 0x9000)) for _ in range(5))
        person = "".join(chr(pick.randint(0x4E00, 0x9000)) for _ in range(3))
        lines.append(
            f"{name}公司,{person},138{pick.randint(0, 10**8 - 1):08d},"
            f"20{pick.randint(10, 24)}-{pick.randint(1, 12):02d}-{pick.randint(1, 28):02d},{pick.randint(1000, 10**7)}.{pick.randint(0, 99):02d}"
        )
    return "\n".join(lines)


def code(seed, functions=12):
    """Python functions with arithmetic of their own."""
    pick = random.Random(seed)  # noqa: S311  # no secret
    names = [f"{a}_{b}" for a in ("feed", "heat", "spin", "wash", "cure") for b in ("rate", "time", "load", "gain")]
    out = []
    for n in range(functions):
        a, b, c = pick.sample(names, 3)
        lines = [f"def step_{seed}_{n}({a}, {b}):", f'    """Step {n}."""', f"    {c} = {a} * {pick.randint(2, 99)}"]
        for _ in range(pick.randint(4, 9)):
            x, y, z = pick.choices([a, b, c], k=3)
            operators = pick.sample(["+", "-", "*", "/", "//", "%"], 2)
            lines.append(
                pick.choice(
                    [
                        f"    {x} = {y} {operators[0]} {z} {operators[1]} {pick.randint(2, 999)}",
                        f"    if {x} > {y} {operators[0]} {pick.randint(2, 999)}:\n        {z} {operators[0]}= {x}",
                        f"    for {x} in range({y}, {z} {operators[1]} {pick.randint(2, 99)}):\n        {y} += {x}",
                    ]
                )
            )
        out.append("\n".join([*lines, f"    return {c} {pick.choice('+-*')} {b}"]))
    return "\n\n\n".join(out) + "\n"


def document(text, name):
    """The only document that `text` called `name` reads to."""
    (made,) = read_bytes(text if isinstance(text, bytes) else text.encode(), name)
    return made
