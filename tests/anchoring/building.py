"""A log in memory with what anchoring needs of it, and authorities that misbehave on demand."""

from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

from django.conf import settings

from midun.anchoring import local
from midun.anchoring.configuration import FILE, anchors
from midun.anchoring.rounds import Head
from midun.evidence.models import Log
from midun.lib.timestamp.authority import Authority
from midun.lib.timestamp.issuing import development_identity
from midun.lib.timestamp.keys import KeyKind
from midun.lib.timestamp.pem import certificates_to_pem
from midun.lib.tlog.keys import Algorithm, Signer
from tests.conftest import AT
from tests.lib.tlog.building import KEY, ORIGIN, in_memory

NOW = int(AT.timestamp())


class Tree:
    """A growing log. `head()` is what a round sees; `published` collects what the round published."""

    def __init__(self, folder):
        self.log = Log.objects.unscoped("test").create(number=1, origin=ORIGIN, keys=KEY.verifier.vkey, opened_at=AT)
        self.sequencer = in_memory(folder).start(NOW)
        self.published = []

    def grow(self, entries=3):
        now = max(NOW, self.sequencer.time)
        self.sequencer.commit([f"{self.sequencer.size}-{n}".encode() for n in range(entries)], now)
        return self

    def head(self):
        return Head(
            self.log,
            self.sequencer.checkpoint,
            self.sequencer.nodes,
            lambda size, lines: self.published.append((size, lines)),
        )


def configure(text):
    path = Path(settings.MIDUN_HOME) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return anchors()


def local_witness(name, **more):
    lines = {"name": name, "key": local.witness_signer(name).verifier.vkey, "url": "local", **more}
    return "- {" + ", ".join(f'{key}: "{value}"' for key, value in lines.items()) + "}\n"


def two_witnesses_and_an_authority(every=10):
    witnesses = local_witness("w1", title="甲见证") + local_witness("w2", title="乙公证处", role="notary")
    authority = f"- {{name: dev, title: 开发时间戳, url: local, every: {every}}}\n"
    return configure(f"witnesses:\n{witnesses}quorum: 2\nauthorities:\n{authority}")


class Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments):
        pass


@contextmanager
def serving(application):
    """A WSGI application on a free port of this machine; gives its address."""
    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as listening:
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_port}"
        finally:
            listening.shutdown()
            thread.join()


class TimeStampServer:
    """An authority over HTTP, honest until told otherwise; `seen` are the environments of its requests."""

    def __init__(self, at=AT, kind="p-256", lifetime=timedelta(days=400)):
        self.authority = Authority(development_identity(KeyKind(kind), at, lifetime))
        self.at = at
        self.answer = None
        self.seen = []

    def __call__(self, environ, start_response):
        self.seen.append(environ)
        body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        status, kind, data = "200 OK", "application/timestamp-reply", self.authority.respond(body, self.at)
        if self.answer is not None:
            status, kind, data = self.answer(data)
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(data)))])
        return [data]

    def row(self, url, name="tsa", more=""):
        """Its line of the configuration."""
        path = Path(settings.MIDUN_HOME) / "keys" / f"{name}.pem"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(certificates_to_pem([self.authority.identity.root]), encoding="utf-8")
        return f"- {{name: {name}, url: '{url}', roots: {name}.pem, every: 10{more}}}\n"


def signer(name="witness.example/n"):
    return Signer.generate(name, Algorithm.ED25519_COSIGNATURE)
