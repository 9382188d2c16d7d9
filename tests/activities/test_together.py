"""Two people at the same moment: one wins, the other is told, nothing is lost and nothing counts twice."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from midun.activities import codes
from midun.activities.kinds import Method
from midun.activities.models import Activity, Certificate
from midun.activities.people import Person
from midun.activities.services import certificates, events, own, participants, sign_in
from midun.kernel.orgs.services import Stale
from midun.kernel.statistics import recount
from midun.kernel.trail.services import verify
from tests.activities.factories import AT, entries, event, opened, people

pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts):
    """Run the acts in threads of their own, started at the same moment; what each returned or raised."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(index, act):
        try:
            gate.wait(10)
            found[index] = act()
        except Exception as error:  # noqa: BLE001  # handed to the test, which looks at it
            found[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def in_order():
    """The trail is whole, and the kept counts equal their records."""
    assert list(verify()) == []
    assert [d for node in recount.kept_nodes() for d in recount.differences(node)] == []


def arrive(door, person, ticket="", at=AT):
    return lambda: sign_in.sign_in(token=door.token, person=person, ticket=ticket, at=at)


def test_one_person_who_taps_twice_is_entered_once(cast):
    made = event(cast.district_officer)
    door, [person] = opened(made, cast.district_officer), people("吴敏")
    found = together(*(arrive(door, person) for _ in range(4)))
    assert sorted(done.again for done in found) == [False, True, True, True]
    assert len({done.participation.pk for done in found}) == 1
    assert len(entries(made)) == 1
    in_order()


def test_a_crowd_gets_a_number_each(cast):
    made = event(cast.district_officer)
    door = opened(made, cast.district_officer)
    crowd = people(*(f"人{n}" for n in range(6)))
    found = together(*(arrive(door, person) for person in crowd))
    assert not any(done.again for done in found)
    assert [p.number for p in entries(made)] == [1, 2, 3, 4, 5, 6]
    in_order()


def test_one_scan_used_by_two_enters_one(cast):
    made = event(cast.district_officer)
    door = opened(made, cast.district_officer, rotating=True)
    ticket = codes.ticket(door.token, AT)
    one, other = people("本人", "代签")
    found = together(arrive(door, one, ticket), arrive(door, other, ticket))
    assert sum(isinstance(done, sign_in.TicketSpent) for done in found) == 1
    assert len(entries(made)) == 1


def test_who_arrives_as_the_event_is_voided_is_never_counted(cast):
    made = event(cast.district_officer)
    door = opened(made, cast.district_officer)
    actor = cast.actor("district_officer")
    done, voided = together(
        arrive(door, people("吴敏")[0]),
        lambda: events.void(made, version=1, reason="未办", actor=actor, at=AT + timedelta(seconds=1)),
    )
    assert voided is None
    assert isinstance(done, sign_in.SignedIn | sign_in.SignInClosed)
    assert not any(p.counts for p in entries(made))
    in_order()


def test_of_two_editors_one_wins_and_the_other_is_told(cast):
    made = event(cast.district_officer, place="一楼")

    def edit(who, place):
        actor = cast.actor(who)
        return lambda: events.change(made, version=1, actor=actor, at=AT, fields={"place": place})

    found = together(edit("district_officer", "二楼"), edit("district_officer_2", "三楼"))
    assert [type(done) for done in sorted(found, key=repr)] in ([type(None), Stale], [Stale, type(None)])
    now = Activity.objects.unscoped("test").get(pk=made.pk)
    assert (now.version, now.place in ("二楼", "三楼")) == (2, True)
    in_order()


def test_the_same_list_from_two_officers_is_entered_once(cast):
    made = event(cast.district_officer)
    persons = people("张三", "李四", "王五")

    def enter(who):
        actor = cast.actor(who)
        return lambda: participants.add_people(made, people=persons, method=Method.PASTE, actor=actor, at=AT)

    found = together(enter("district_officer"), enter("district_officer_2"))
    assert sorted((added.new, added.known) for added in found) == [(0, 3), (3, 0)]
    assert [p.number for p in entries(made)] == [1, 2, 3]
    in_order()


def test_certificates_issued_twice_at_once_are_issued_once(cast):
    first, second = (event(cast.district_officer, hours=2, title=title) for title in ("甲场", "乙场"))
    for made in (first, second):
        actor = cast.actor("district_officer")
        participants.add_people(made, people=people("张三", "李四"), method=Method.PASTE, actor=actor, at=AT)

    def issue(made, who):
        actor = cast.actor(who)
        return lambda: certificates.issue(made, participations=None, actor=actor, at=AT)

    found = together(
        issue(first, "district_officer"), issue(first, "district_officer_2"), issue(second, "district_officer")
    )
    assert sorted(len(made) for made in found) == [0, 2, 2]
    numbers = sorted(Certificate.objects.unscoped("test").values_list("number", flat=True))
    assert numbers == [f"ZS-2025-00000{n}" for n in range(1, 5)]
    assert len(set(Certificate.objects.unscoped("test").values_list("key_id", flat=True))) == 1
    in_order()


def test_taking_in_what_another_matches_is_no_harm(cast):
    made = event(cast.district_officer)
    door = opened(made, cast.district_officer)
    code = "91110108MA01234537"
    for n in range(2):
        person = Person(f"人{n}", "新来科技有限公司", code, f"1380000100{n}")
        sign_in.sign_in(token=door.token, person=person, ticket="", at=AT)
    actors = [cast.actor("district_officer"), cast.actor("district_officer_2")]
    found = together(*(lambda actor=actor: participants.take_in(made, actor=actor, at=AT) for actor in actors))
    assert sorted(found) == [0, 1]
    assert len({p.enterprise_id for p in entries(made)}) == 1
    in_order()


def test_voiding_twice_tells_the_second(cast):
    made = event(cast.district_officer)
    actors = [cast.actor("district_officer"), cast.actor("district_officer_2")]
    found = together(
        *(lambda actor=actor: events.void(made, version=1, reason="未办", actor=actor, at=AT) for actor in actors)
    )
    assert sum(done is None for done in found) == 1
    assert sum(isinstance(done, Stale | own.Voided) for done in found) == 1
