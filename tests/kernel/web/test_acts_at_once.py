"""Two acts that wait for each other: the database gives one up, and it is done again from the start."""

import threading
from contextlib import suppress

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory

from midun.kernel.orgs.actor import VISITOR
from midun.kernel.web.page import page
from midun.kernel.workflow.models import CalendarYear

pytestmark = pytest.mark.django_db(transaction=True)


def lock_and_mark(year, word):
    row = CalendarYear.objects.unscoped("test").select_for_update().get(year=year)
    row.source += word
    row.save(update_fields=["source"])


def test_both_acts_are_done_and_none_twice():
    for year in (1990, 1991):
        CalendarYear.objects.create(year=year, source="")
    meeting = threading.Barrier(2)
    tries = []

    @page(public=True, writes=True)
    def act(request, first, second, word):
        tries.append(word)
        lock_and_mark(first, word)
        if len(tries) <= 2:
            with suppress(threading.BrokenBarrierError):  # SQLite lets only one in, and it goes on alone
                meeting.wait(timeout=1)
        lock_and_mark(second, word)
        return HttpResponse()

    def post(*arguments):
        request = RequestFactory().post("/")
        request.user, request.actor = AnonymousUser(), VISITOR
        try:
            answers.append(act(request, *arguments).status_code)
        finally:
            connection.close()

    answers = []
    people = [threading.Thread(target=post, args=a) for a in ((1990, 1991, "甲"), (1991, 1990, "乙"))]
    for person in people:
        person.start()
    for person in people:
        person.join(timeout=30)
    assert answers == [200, 200]
    if connection.vendor == "postgresql":
        assert len(tries) == 3
    for year in (1990, 1991):
        assert sorted(CalendarYear.objects.unscoped("test").get(year=year).source) == ["乙", "甲"]
