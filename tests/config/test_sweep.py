"""What belongs to nothing is tidied away, and nothing else."""

import os
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session

from midun.config.jobs import sweep
from midun.kernel.files import store
from midun.kernel.files.models import Attachment
from midun.kernel.files.services import attach
from tests.kernel.files.test_files import picture

pytestmark = pytest.mark.django_db


def aged(path, moment):
    os.utime(path, (moment.timestamp(), moment.timestamp()))
    return path


def test_it_works(cast, at):
    actor, long_ago = cast.actor("district_officer"), at - timedelta(days=40)
    kept = attach(owner=cast.jia, data=picture(), name="x.jpg", kind=Attachment.Kind.PHOTO, actor=actor, at=at)
    aged(store.path_of(kept.blob_id), long_ago)
    store.thumbnail(kept.blob_id, width=100)
    (small,) = (store._thumbnails()).rglob("*.jpg")
    aged(small, long_ago)
    orphan = aged(store.path_of(store.put(b"an upload that was rolled back")), long_ago)
    half = orphan.with_name(".new-abc")
    half.write_bytes(b"an upl")
    aged(half, long_ago)
    fresh = aged(store.path_of(store.put(b"an upload that is under way")), at)
    Session.objects.create(session_key="old", session_data="", expire_date=long_ago)
    sweep(at=at)
    assert store.get(kept.blob_id)
    assert (orphan.exists(), half.exists(), small.exists(), fresh.exists()) == (False, False, False, True)
    assert not Session.objects.filter(session_key="old").exists()


def test_bytes_put_again_are_new_again(cast, at):
    """Between the bytes and the row that names them the sweep must not take them."""
    path = aged(store.path_of(store.put(b"twice")), at - timedelta(days=40))
    store.put(b"twice")
    sweep(at=at)
    assert path.exists()
