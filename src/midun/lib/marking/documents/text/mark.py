"""Writing a copy id into a text, and reading it back: blindly, or against the ids of a registry.

Bounds. For a text that carries no mark of the key, or the mark of another id, each distinct question is answered as
asked with probability 1/2 independently (HMAC is a pseudo-random function; two messages differ, so the inner product
of their difference with a random vector is a fair coin). The tail of the binomial, times the ids tried, times the
subsets of channels tried, bounds the probability of naming anybody. Blind reading rests on the 40-bit MAC.
"""

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from midun.lib.marking.code.message import FALSE_ACCEPT, MESSAGE_BITS, pack, unpack
from midun.lib.marking.documents.text import prose, source
from midun.lib.marking.documents.text.carriers import Carrier, Channel, answer, questions
from midun.lib.marking.errors import Reason, Refused
from midun.lib.marking.keys import MarkKey

INVISIBLE = frozenset({Channel.HIDDEN, Channel.LINE})
VISIBLE = frozenset({Channel.SPACING, Channel.WIDTH})
DEFAULT = INVISIBLE | VISIBLE
EVERYTHING = DEFAULT | {Channel.WORDING}
SUBSETS = (
    frozenset({Channel.HIDDEN, Channel.LINE}),
    EVERYTHING,
    frozenset({Channel.SPACING, Channel.WIDTH, Channel.WORDING}),
    frozenset({Channel.SPACING, Channel.WORDING}),
    frozenset({Channel.WORDING}),
)
"""Channels are lost together; these are the groups that remain. A text without wording marks fails the fifth only."""

LEAST_BITS = 50
"""Fewer bits than this cannot name one of a thousand ids at 1e-9, so a text that holds fewer is not marked."""

LIMIT = 1e-9
_TRIES = 12
_SPARE = 8
_CHUNK, _ENOUGH = 256, 1024
_NEVER = 1.0
_READS_BACK = 0.98


@dataclass(frozen=True)
class Found:
    """An id and the bound on the probability that a text without it would have given it. `bits` of `of` agreed."""

    copy_id: bytes
    probability: float
    bits: int
    of: int
    blind: bool


def find(text: str, suffix: str, channels: frozenset[Channel]) -> list[Carrier]:
    """All carriers, by the kind of file the suffix names."""
    if source.known(suffix):
        return source.carriers(text, suffix, channels)
    return prose.carriers(text, channels)


def embed(
    text: str, copy_id: bytes, key: MarkKey, *, suffix: str = ".txt", channels: frozenset[Channel] = DEFAULT
) -> str:
    """The text with the id. Wording varies only if `channels` names WORDING.

    Raises:
        Refused: MARKED, it already carries a mark; NO_CARRIER, fewer than 50 bits of room; NOT_VERIFIED, what was
            written does not read back.

    """
    places = find(text, suffix, channels)
    if any(one.channel in INVISIBLE and one.seen is not None for one in places):
        raise Refused(Reason.MARKED, "文件中已有密标（或同样的不可见字符），请用未加密标的原件制作副本。")
    secret = key.derive("text")
    message = _message(copy_id, key)
    bits = {question for one in places for question in questions(one, secret)}
    if len(bits) < LEAST_BITS:
        raise Refused(Reason.NO_CARRIER, f"文件太短：只能放下 {len(bits)} 位，至少需要 {LEAST_BITS} 位，无法可靠追溯。")
    out, done = [], 0
    for one in places:
        out += [text[done : one.start], one.forms[_form(one, secret, message)]]
        done = one.end
    marked = "".join(out) + text[done:]
    _check(text, marked, copy_id, key, suffix, channels, len(bits))
    return marked


def form_of(carrier: Carrier, copy_id: bytes, key: MarkKey) -> int:
    """Which of its forms a carrier takes for an id."""
    return _form(carrier, key.derive("text"), _message(copy_id, key))


def _form(carrier: Carrier, secret: bytes, message: int) -> int:
    form = 0
    for question in questions(carrier, secret):
        form = form << 1 | answer(question, message)
    return form


def _check(
    text: str, marked: str, copy_id: bytes, key: MarkKey, suffix: str, channels: frozenset[Channel], bits: int
) -> None:
    """The mark reads back, and nothing but carriers changed."""
    observed = observe(marked, key, suffix)
    message = _message(copy_id, key)
    right = sum(
        answer(question, message) == bit
        for channel, question, bit in zip(observed.channels, observed.questions, observed.answers, strict=True)
        if channel in channels
    )
    same_words = prose.plain(text) == prose.plain(marked)
    if right < bits * _READS_BACK or not same_words or not source.same_program(text, marked, suffix):
        raise Refused(Reason.NOT_VERIFIED, "写入的密标读不回来，没有生成副本；请把文件另存为 UTF-8 纯文本后再试。")


def _message(copy_id: bytes, key: MarkKey) -> int:
    return int.from_bytes(np.packbits(pack(copy_id, key)).tobytes(), "big")


@dataclass(frozen=True)
class Observed:
    """Distinct questions, as an array of shape (n, 2) of 64-bit words, with the answers read and their channels."""

    words: np.ndarray
    answers: np.ndarray
    channels: tuple[Channel, ...]
    questions: tuple[int, ...]

    @property
    def step(self) -> int:
        """Every how many-th answer is compared with a registry: a thousand decide, more only take time."""
        return max(1, len(self.answers) // _ENOUGH)

    def of(self, channels: Iterable[Channel]) -> "Observed":
        """Only those channels."""
        keep = [place for place, channel in enumerate(self.channels) if channel in set(channels)]
        return Observed(
            self.words[keep],
            self.answers[keep],
            tuple(self.channels[place] for place in keep),
            tuple(self.questions[place] for place in keep),
        )


def observe(text: str, key: MarkKey, suffix: str = ".txt") -> Observed:
    """What a text answers to the questions of a key; a question answered both ways equally often is left out.

    A source file is read leniently: an excerpt need not be a whole program.
    """
    secret = key.derive("text")
    votes: dict[tuple[Channel, int], int] = Counter()
    for one in source.seen(text) if source.known(suffix) else prose.carriers(text, EVERYTHING):
        if one.seen is None:
            continue
        asked = questions(one, secret)
        for place, question in enumerate(asked):
            bit = one.seen >> len(asked) - 1 - place & 1
            votes[one.channel, question] += 2 * bit - 1
    decided = [(channel, question, vote > 0) for (channel, question), vote in votes.items() if vote]
    words = np.array([_words(question) for _, question, _ in decided], np.uint64).reshape(-1, 2)
    return Observed(
        words,
        np.array([bit for _, _, bit in decided], bool),
        tuple(channel for channel, _, _ in decided),
        tuple(question for _, question, _ in decided),
    )


def _words(number: int) -> tuple[int, int]:
    return number >> 64, number & (1 << 64) - 1


def tail(successes: int, trials: int) -> float:
    """P(X ≥ successes) for X binomial(trials, 1/2), exactly summed."""
    if successes <= 0:
        return 1.0
    total = sum(math.comb(trials, number) for number in range(successes, trials + 1))
    return math.exp(math.log(total) - trials * math.log(2)) if total else 0.0


def identify(observed: Observed, ids: Sequence[bytes], key: MarkKey, limit: float = LIMIT) -> Found | None:
    """The id of the registry that the text carries, if the probability of such agreement by chance is within `limit`.

    The bound counts every id and every subset of channels tried.
    """
    if not ids:
        return None
    messages = np.array([_words(_message(one, key)) for one in ids], np.uint64)
    best: Found | None = None
    for subset in SUBSETS:
        part = observed.of(subset)
        if not len(part.answers):
            continue
        agreed = np.concatenate([_agreed(some, part) for some in np.array_split(messages, -(-len(messages) // _CHUNK))])
        first = int(np.argmax(agreed))
        count, trials = int(agreed[first]), -(-len(part.answers) // part.step)
        probability = min(1.0, tail(count, trials) * len(ids) * len(SUBSETS))
        if probability < (best.probability if best else _NEVER):
            best = Found(ids[first], probability, count, trials, blind=False)
    return best if best and best.probability <= limit else None


def _agreed(messages: np.ndarray, observed: Observed) -> np.ndarray:
    """For each message the number of answers that are its own."""
    words, answers = observed.words[:: observed.step], observed.answers[:: observed.step]
    both = (messages[:, :1] & words[:, 0]) ^ (messages[:, 1:] & words[:, 1])
    return np.asarray(((np.bitwise_count(both) & 1) == answers).sum(axis=1))


def decode(observed: Observed, key: MarkKey) -> Found | None:
    """The id without a registry, from 120 or more bits of which almost all are right; else nothing.

    At most 24 linear systems are solved, each accepted by chance with probability 2^-40.
    """
    chance = random.Random(0)  # noqa: S311  # which equations to take is no secret, and every run must agree
    tries = 0
    for subset in SUBSETS[:2]:
        part = observed.of(subset)
        rows = list(zip(part.questions, (int(bit) for bit in part.answers), strict=True))
        if len(rows) < MESSAGE_BITS + _SPARE:
            continue
        for _ in range(_TRIES):
            chance.shuffle(rows)
            tries += 1
            message = _solve(rows)
            if message is None:
                continue
            bits = np.unpackbits(np.frombuffer(message.to_bytes(MESSAGE_BITS // 8, "big"), np.uint8))
            copy_id = unpack(bits, key)
            if copy_id is not None:
                right = sum(answer(question, message) == bit for question, bit in rows)
                return Found(copy_id, tries * FALSE_ACCEPT, right, len(rows), blind=True)
    return None


def _solve(rows: Sequence[tuple[int, int]]) -> int | None:
    """The message that satisfies the first independent equations (Gauss-Jordan over GF(2)); nothing below full rank."""
    reduced: dict[int, int] = {}
    for question, bit in rows:
        row = question << 1 | bit
        while row >> 1:
            lead = row.bit_length()
            if lead not in reduced:
                reduced[lead] = row
                break
            row ^= reduced[lead]
        if len(reduced) == MESSAGE_BITS:
            break
    if len(reduced) < MESSAGE_BITS:
        return None
    message = 0
    for lead in sorted(reduced):
        row = reduced[lead]
        known = row >> 1 & ((1 << lead - 2) - 1)
        bit = row & 1 ^ answer(known, message)
        message |= bit << lead - 2
    return message
