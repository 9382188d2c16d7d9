"""Sending one-time links by mail after the answer, from memory.

How long a mail server takes must not tell whether an address is known, so it happens after the answer. A link that
opens an account must not lie in the table of jobs, so it does not go through the queue: what a dying process loses is
asked for again.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor

from django.core.mail import EmailMessage
from django.db import transaction

_log = logging.getLogger(__name__)
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")
_sent: list[Future[None]] = []


def post(message: EmailMessage) -> None:
    """Send `message` in the background once the transaction stands; a failure is logged, without the text."""
    transaction.on_commit(lambda: _sent.append(_pool.submit(_send, message)), robust=True)


def wait() -> None:
    """Wait until everything posted so far has left (the end of a command or of a test)."""
    while _sent:
        _sent.pop().result()


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except OSError:
        _log.exception("mail to %d people was not sent", len(message.recipients()))
