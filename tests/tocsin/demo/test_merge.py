"""Every record of the demo is one that a sender could send, once, and when its time has come."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pytest

from schemas.sources import LAB_RESULTS, Source, sources
from streams.publisher import Publisher
from tocsin.demo import laboratory, typings, unchecked
from tocsin.demo.days import END
from tocsin.demo.merge import sound
from tocsin.replay import Released


@pytest.fixture(scope="module")
def released() -> list[Released]:
    return list(sound())


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


def _faults(source: Source, records: list[dict[str, Any]], moments: list[int]) -> list[tuple[int, str, str]]:
    publisher = Publisher("unused:1", source=source)
    typed = [publisher._complete(record) for record in records]
    return publisher._checked(typed, np.array(moments, dtype=np.int64)).rows()


def test_every_record_passes_the_checks_of_its_source(released: list[Released]) -> None:
    own = defaultdict(list)
    for item in released:
        own[item.source].append(item)
    for name, items in own.items():
        assert _faults(sources()[name], [dict(i.record) for i in items], [i.moment for i in items]) == []


def test_faulty_records_are_refused_for_their_fault_and_no_other() -> None:
    assert {fault.reason for _, fault, _ in unchecked.faulty()} == {fault.reason for fault in unchecked._FAULTS}
    for source in {fault.source for _, fault, _ in unchecked.faulty()}:
        own = [each for each in unchecked.faulty() if each[1].source == source]
        assert _faults(source, [record for *_, record in own], [int(told.timestamp() * 1000) for told, *_ in own]) == [
            (row, fault.reason, fault.field) for row, (_, fault, _) in enumerate(own)
        ]
    (told, record), *more = laboratory.impossible()
    assert more == []
    assert _faults(LAB_RESULTS, [record], [int(told.timestamp() * 1000)]) == [
        (0, "resulted_before_received", "resulted_at")
    ]


def test_what_is_not_faulty_among_the_unchecked_was_sent_before() -> None:
    sent = [record for _, record in typings.results()]
    again = [r for _, source, r in unchecked.records() if source == LAB_RESULTS and r["result_id"].count("-") > 1]
    assert 5 < len(again) < 50
    assert all(record in sent for record in again)
