"""While the rows of one batch are written the next is appended: nothing is taken twice, nothing told before it is kept."""

import hashlib
import secrets
import threading
import time
from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from midun.evidence.engine import door
from midun.evidence.engine.committer import Committer, request_key
from midun.evidence.engine.place import Place
from midun.evidence.engine.runner import Pace, started
from midun.evidence.models import Deposit, DepositRequest
from midun.evidence.numbers import number_at
from midun.evidence.services.tokens import tenant_of
from midun.lib.exchange import Item, Request, Status
from midun.lib.exchange.singles import KNOWN, decode_placed, encode_placed
from tests.evidence.conftest import running
from tests.evidence.test_survival import check_all

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = 12
"""So few commitments that they meet again and again."""

REQUESTS = st.tuples(
    st.sampled_from(["jia", "yi"]),
    st.lists(st.integers(0, WORDS - 1), min_size=1, max_size=6),
    st.sampled_from(["", "", "k1", "k2"]),
)
SINGLES = st.tuples(st.sampled_from(["jia", "yi"]), st.integers(0, WORDS - 1))
BATCHES = st.tuples(st.lists(REQUESTS, max_size=4), st.lists(SINGLES, max_size=6)).filter(any)
ACTS = st.lists(st.one_of(st.just("store"), BATCHES), min_size=1, max_size=10)


def asked(tenant, commitments, key=""):
    body = hashlib.sha256(b"".join(commitments)).digest() if key else b""
    kept = request_key(tenant, key) if key else b""
    return Request(tenant, [Item(1, one) for one in commitments], key=kept, body=body)


class Model:
    """What must come out: first come, first served, as if there were no batches."""

    def __init__(self, log, size):
        self.log, self.size, self.places, self.keys = log, size, {}, {}

    def answer(self, request):
        """Status, and for each commitment its number and whether it was there before."""
        if request.key in self.keys:
            body, found = self.keys[request.key]
            again = [(number, True) for number, _known in found]
            return (Status.ACCEPTED, again) if body == request.body else (Status.KEY_REUSED, [])
        found = []
        for item in request.items:
            at = request.tenant, item.commitment
            found.append((self.places.get(at, number_at(self.log, self.size)), at in self.places))
            if at not in self.places:
                self.places[at] = found[-1][0]
                self.size += 1
        if request.key:
            self.keys[request.key] = request.body, found
        return Status.ACCEPTED, found


def placed_singles(appended):
    """By call: number and whether it was there before; entry and proof are there for what is in the batch."""
    _at, found = decode_placed(b"".join(encode_placed(appended.size, 0, appended.placed))[5:])
    return {call: (number & ~KNOWN, number >= KNOWN) for call, number, _leaf, _piece in found}


def told(answer):
    return answer.status, [(placed.number, placed.duplicate) for placed in answer.placed]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(acts=ACTS)
def test_batches_that_overlap_answer_as_one_after_the_other(log, cast, acts):
    tenants = {"jia": tenant_of(cast.jia).pk, "yi": tenant_of(cast.yi).pk}
    words, salt = [secrets.token_bytes(64) for _ in range(WORDS)], secrets.token_hex(4)
    with started(log, int(time.time())) as sequencer:
        committer, model, waiting = Committer(sequencer, log.number), Model(log.number, sequencer.size), []
        for act in [*acts, *["store"] * len(acts)]:
            if act == "store":
                if waiting:
                    committer.store(waiting.pop(0))
                continue
            requests = [
                asked(tenants[who], [words[at] for at in those], key and key + salt) for who, those, key in act[0]
            ]
            singles = [(call, tenants[who], 1, 0, words[at]) for call, (who, at) in enumerate(act[1])]
            waiting.append(committer.append(requests, time.time(), singles))
            same_key_in_one_batch = {r.key for r in requests if r.key}
            for request, answer in zip(requests, waiting[-1].answers, strict=True):
                expected = model.answer(request)
                if request.key in same_key_in_one_batch and expected[0] is Status.ACCEPTED:
                    assert [number for number, _ in told(answer)[1]] == [number for number, _ in expected[1]]
                else:
                    assert told(answer) == expected
            if singles:
                got, tenants_ = placed_singles(waiting[-1]), dict.fromkeys(single[1] for single in singles)
                for single in sorted(singles, key=lambda one: list(tenants_).index(one[1])):
                    _, [expected] = model.answer(Request(single[1], [Item(1, single[4])]))
                    assert got[single[0]] == expected
        kept = Deposit.objects.unscoped("test").values_list("tenant_id", "commitment", "number")
        stored = {(tenant, bytes(commitment)): number for tenant, commitment, number in kept}
        assert model.places.items() <= stored.items()
        assert len(stored) == sequencer.size


def test_a_crash_between_appending_and_storing_two_batches(log, cast):
    """Rows of both are missing: the next start writes them, and whoever asks again gets the places they had."""
    tenant, words = tenant_of(cast.jia).pk, [secrets.token_bytes(64) for _ in range(30)]
    with started(log, int(time.time())) as sequencer:
        committer = Committer(sequencer, log.number)
        committer.commit([asked(tenant, words[:5])], time.time())
        first = committer.append([asked(tenant, words[:20], "one")], time.time())
        second = committer.append([asked(tenant, words[10:]), asked(tenant, words[:20], "one")], time.time())
    assert Deposit.objects.unscoped("test").count() == 5
    expected = [placed.number for placed in [*first.answers[0].placed[:10], *second.answers[0].placed]]
    assert [placed.number for placed in second.answers[1].placed] == [
        placed.number for placed in first.answers[0].placed
    ]
    with running(log) as problems:
        reply = door.ask(Place.of(log.number).socket, asked(tenant, words, "again"))
    assert problems == []
    assert [(placed.number, placed.duplicate) for placed in reply.answer.placed] == [(n, True) for n in expected]
    assert Deposit.objects.unscoped("test").filter(recovered=True).count() == 25
    assert DepositRequest.objects.unscoped("test").count() == 1, "the first request's key was lost with its rows"


def slowly(monkeypatch):
    """Let writing rows take so long that the next batch is appended meanwhile; gives a list that says when it was."""
    real, overlaps = Committer.store, []

    def store(committer, appended):
        time.sleep(0.05)
        overlaps.append(len(committer._unstored) > 1)
        return real(committer, appended)

    monkeypatch.setattr(Committer, "store", store)
    return overlaps


def test_batches_and_single_deposits_of_the_same_at_once(log, cast, monkeypatch):
    """One tenant's program deposits batches while its pages deposit the same files one by one: each has one place."""
    tenant, words = tenant_of(cast.jia).pk, [secrets.token_bytes(64) for _ in range(120)]
    overlaps, found, gate = slowly(monkeypatch), defaultdict(list), threading.Barrier(7)

    def work(requests):
        gate.wait(20)
        for commitments in requests:
            reply = door.ask(Place.of(log.number).socket, asked(tenant, commitments))
            for one, placed in zip(commitments, reply.answer.placed, strict=True):
                found[one].append((placed, reply.checkpoint))

    batches = [[words[at : at + 40] for at in range(0, 120, 20)], [words[at : at + 40] for at in range(100, -1, -20)]]
    singles = [[[one] for one in words[start::11]] for start in range(5)]
    threads = [threading.Thread(target=work, args=(requests,)) for requests in [*batches, *singles]]
    with running(log, Pace(0.001)) as problems:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert problems == []
    assert sum(overlaps) > 3, "the test did not test what it is for"
    for answers in found.values():
        assert len({placed.number for placed, _ in answers}) == 1
        assert sum(not placed.duplicate for placed, _ in answers) == 1
    assert set(found) == set(words)
    check_all(log, {one: answers[0] for one, answers in found.items()})
