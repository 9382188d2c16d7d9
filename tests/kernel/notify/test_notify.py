"""A notice reaches each membership once, with the act or not at all; by e-mail as well where that is configured."""

import socketserver
import threading
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest
from django.db import transaction

from midun.kernel.jobs.models import Job
from midun.kernel.jobs.work import work_once
from midun.kernel.notify.models import Notice
from midun.kernel.notify.services import mark_read, send

pytestmark = pytest.mark.django_db


class Mailbox(socketserver.ThreadingTCPServer):
    """A mail server that takes everything, or refuses everything while `closed`."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        self.closed, self.letters = False, []
        super().__init__(("127.0.0.1", 0), Conversation)


class Conversation(socketserver.StreamRequestHandler):
    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def handle(self):
        if self.server.closed:
            self.say("421 closed")
            return
        self.say("220 ready")
        for line in self.rfile:
            word = line.strip().upper().split(b" ")[0]
            if word == b"DATA":
                self.say("354 go on")
                body = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    body += part
                self.server.letters.append(message_from_bytes(body))
            self.say("221 bye" if word == b"QUIT" else "250 ok")
            if word == b"QUIT":
                return


@pytest.fixture
def mailbox(settings):
    with Mailbox() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.MIDUN_EMAIL_NOTICES = True
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.DEFAULT_FROM_EMAIL = "noreply@example.gov.cn"
        settings.MIDUN_BASE_URL = "https://midun.example.gov.cn"
        yield server
        server.shutdown()


def tell(cast, at, *names, text="请审核统计表", key="form-1"):
    to = [cast.memberships[name] for name in names]
    return send(kind=Notice.Kind.TODO, to=to, text=text, url="/reporting/forms/1/", key=key, at=at)


def of(cast, name):
    return Notice.objects.visible_to(cast.actor(name))


def test_it_works(cast, at):
    assert tell(cast, at, "city_officer", "city_leader", "city_officer") == 2
    assert tell(cast, at, "city_officer", "district_officer") == 1
    assert [of(cast, name).count() for name in ("city_officer", "city_leader", "district_officer")] == [1, 1, 1]
    assert tell(cast, at, "city_officer", key="form-2") == 1


def test_an_outsider_sees_none_of_it(cast, at):
    tell(cast, at, "city_officer")
    for name in ("city_leader", "district_officer", "auditor", "system_admin"):
        assert not of(cast, name).exists()


def test_it_is_undone_with_the_act(cast, at, mailbox):
    with pytest.raises(RuntimeError), transaction.atomic():
        tell(cast, at, "city_officer")
        raise RuntimeError
    assert not Notice.objects.unscoped("test").exists()
    assert not Job.objects.filter(name="notify.mail").exists()


def test_only_ones_own_notices_are_marked_as_read(cast, at):
    tell(cast, at, "city_officer", "city_leader")
    foreign = of(cast, "city_leader").get()
    assert mark_read(actor=cast.actor("city_officer"), at=at, notice_id=foreign.pk) == 0
    assert mark_read(actor=cast.actor("city_officer"), at=at) == 1
    assert of(cast, "city_leader").unread().exists()


def test_a_long_text_is_cut_not_refused(cast, at):
    tell(cast, at, "city_officer", text="长" * 1000)
    assert len(of(cast, "city_officer").get().text) == 300


def test_it_is_mailed_by_a_job(cast, at, mailbox):
    tell(cast, at, "city_officer", "city_leader", text="第一行\n第二行")
    assert mailbox.letters == []
    work_once(clock=lambda: at)
    assert sorted(letter["To"] for letter in mailbox.letters) == ["city_leader@example.cn", "city_officer@example.cn"]
    letter = mailbox.letters[0]
    assert str(make_header(decode_header(letter["Subject"]))) == "【秘盾】第一行 第二行"
    assert "https://midun.example.gov.cn/reporting/forms/1/" in letter.get_payload(decode=True).decode()
    work_once(clock=lambda: at)
    assert len(mailbox.letters) == 2


def test_a_mail_server_that_is_down_is_tried_again(cast, at, mailbox):
    mailbox.closed = True
    tell(cast, at, "city_officer")
    work_once(clock=lambda: at)
    waiting = Job.objects.get(name="notify.mail")
    assert (waiting.done_at, waiting.attempts) == (None, 1)
    assert of(cast, "city_officer").exists()
    mailbox.closed = False
    work_once(clock=lambda: waiting.run_at)
    assert len(mailbox.letters) == 1


def test_what_was_read_meanwhile_and_who_has_no_address_get_no_mail(cast, at, mailbox):
    cast.city_leader.user.email = ""
    cast.city_leader.user.save()
    tell(cast, at, "city_officer", "city_leader")
    mark_read(actor=cast.actor("city_officer"), at=at)
    work_once(clock=lambda: at)
    assert mailbox.letters == []
