"""Every record of the demo is one that a sender could send, once, and when its time has come."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pytest

from schemas.sources import sources
from streams.publisher import Publisher
from tocsin.demo.days import END
from tocsin.demo.merge import releases
from tocsin.replay import Released


@pytest.fixture(scope="module")
def released() -> list[Released]:
    return list(releases())


def test_moments_ascend_and_end_with_the_demo(released: list[Released]) -> None:
    moments = [item.moment for item in released]
    assert moments == sorted(moments)
    assert moments[-1] <= END.timestamp() * 1000


def test_no_revision_of_an_identity_comes_twice(released: list[Released]) -> None:
    seen = Counter(
        (
            item.source,
            item.record["issuer"],
            item.record[sources()[item.source].key],
            item.record.get("revision", 1),
        )
        for item in released
    )
    assert [identity for identity, times in seen.items() if times > 1] == []


def test_every_record_passes_the_checks_of_its_source(released: list[Released]) -> None:
    own = defaultdict(list)
    for item in released:
        own[item.source].append(item)
    for name, items in own.items():
        publisher = Publisher("unused:1", source=sources()[name])
        typed = [publisher._complete(item.record) for item in items]
        faults = publisher._checked(typed, np.array([item.moment for item in items], dtype=np.int64))
        assert faults.rows() == []


def test_the_same_seed_gives_the_same_demo(released: list[Released]) -> None:
    made_up = [item for item in released if item.source != "case-reports"]
    again = [item for item in releases() if item.source != "case-reports"]
    assert made_up == again
