"""The embedded broker's folder can be prepared whatever its random cluster id is."""

import uuid

import pytest

from tocsin.embedded import kafka


def test_a_cluster_id_never_begins_with_a_dash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The storage tool took such an id for an option and the broker could not start."""
    drawn = iter([uuid.UUID(bytes=b"\xfb" * 16), uuid.UUID(bytes=b"\x10" * 16)])
    monkeypatch.setattr(kafka.uuid, "uuid4", lambda: next(drawn))
    assert not kafka._cluster_id().startswith("-")
    assert next(drawn, None) is None
