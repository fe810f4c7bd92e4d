"""Journal entries, batches and events as rows."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import wire
from schemas.areas import areas
from schemas.entry import Entry, decode_entry
from schemas.verdicts import Verdict
from sinks import aggregates, alert_history, line_list, verdicts
from sinks.placed import Placed
from tests.sinks.made import Journal, Links, report


def entries_of(*values: bytes) -> list[Entry]:
    return [decode_entry(value) for value in values]


@pytest.mark.parametrize(
    ("code", "county", "prefecture", "province"),
    [
        ("420106", "420106", "420100", "420000"),
        ("420100", "420100u", "420100", "420000"),
        ("4201", "420100u", "420100", "420000"),
        ("420000", "420000u", "", "420000"),
        ("000000", "000000u", "", ""),
        ("710000", "710000u", "", "710000"),
    ],
)
def test_areas_by_level(code: str, county: str, prefecture: str, province: str) -> None:
    frame = line_list.RECORDS.rows(entries_of(Journal("c", "id", 0).reports([1], residence_area=code)), [7])
    assert frame.select(pl.col("county", "prefecture", "province").cast(pl.String)).row(0) == (
        county,
        prefecture,
        province,
    )


def test_every_area_has_its_ancestors() -> None:
    table = areas()
    codes = [str(code) for code in table.code]
    journal = Journal("c", "id", 0)
    value = journal.entry([(Verdict.ACCEPTED, report(i, residence_area=c), None) for i, c in enumerate(codes)])
    frame = line_list.RECORDS.rows(entries_of(value), [0])
    for node, row in enumerate(frame.select("county", "prefecture", "province").iter_rows()):
        chain = {}
        while node >= 0:
            chain[int(table.level[node])] = str(table.code[node])
            node = int(table.parent[node])
        deepest = chain[max(chain)]
        assert row == (chain.get(3, deepest + "u"), chain.get(2, ""), chain.get(1, ""))


def test_line_list_says_what_replaces_what_and_where_it_came_from() -> None:
    journal = Journal("c", "id", 2)
    first = journal.reports([1, 2])
    second = journal.entry(
        [
            (Verdict.DUPLICATE, None, None),
            (Verdict.ACCEPTED, report(3), None),
            (Verdict.ACCEPTED, report(2, revision=2, action="RETRACT"), report(2)),
        ]
    )
    frame = line_list.RECORDS.rows(entries_of(first, second), [10, 12])
    assert frame.select("report_id", "replaces", "retracted", "_partition", "_offset", "_entry", "_row").rows() == [
        ("R00000001", False, False, 2, 0, 10, 0),
        ("R00000002", False, False, 2, 1, 10, 1),
        ("R00000003", False, False, 2, 3, 12, 0),
        ("R00000002", True, True, 2, 4, 12, 1),
    ]


def test_the_report_day_is_chinas() -> None:
    late = 1_580_054_400_000  # 2020-01-26 16:00 UTC, midnight in Shanghai
    value = Journal("c", "id", 0).entry(
        [(Verdict.ACCEPTED, report(1, reported_at=at), None) for at in (late - 1, late)]
    )
    assert [str(d) for d in line_list.RECORDS.rows(entries_of(value), [0])["report_day"]] == [
        "2020-01-26",
        "2020-01-27",
    ]


judgement = st.sampled_from(list(Verdict))


@given(st.lists(st.lists(judgement, max_size=6), min_size=1, max_size=6), st.integers(0, 5))
def test_rows_do_not_depend_on_how_entries_are_put_together(flushes: list[list[Verdict]], cut: int) -> None:
    journal, number = Journal("c", "id", 1), iter(range(1000))
    values = [
        journal.entry([(v, report(next(number)) if v == Verdict.ACCEPTED else None, None) for v in flush])
        for flush in flushes
    ]
    entries = entries_of(*values)
    offsets = list(range(len(entries)))
    for make in (lambda part, at: verdicts.rows(part), line_list.RECORDS.rows):
        whole: pl.DataFrame = make(entries, offsets)
        parts = [make(entries[:cut], offsets[:cut])] if entries[:cut] else []
        parts += [make(entries[cut:], offsets[cut:])] if entries[cut:] else []
        plain = [
            p.with_columns(pl.col(name).cast(pl.String) for name, kind in p.schema.items() if isinstance(kind, pl.Enum))
            for p in [whole, *parts]
        ]
        assert pl.concat(plain[1:]).equals(plain[0])
    judged = verdicts.rows(entries)
    assert judged["offset"].to_list() == list(range(journal.to_offset))
    assert judged["verdict"].to_list() == [v.name.lower() for flush in flushes for v in flush]
    noted = judged.filter(pl.col("reason") != "")
    assert set(noted["verdict"].cast(pl.String)) <= {"rejected"}
    assert noted.height == sum(v == Verdict.REJECTED for flush in flushes for v in flush)


def test_an_unknown_sender_is_empty() -> None:
    frame = verdicts.rows(
        entries_of(Journal("c", "id", 0).entry([(Verdict.VOID, None, None), (Verdict.DUPLICATE, None, None)]))
    )
    assert frame["sender"].to_list() == ["", "420100001"]


def placed(value: bytes) -> Placed:
    return Placed("id", 1, 5, wire.decode(value)[1])


def test_aggregate_rows_are_numbered_within_their_batch() -> None:
    rows: list[dict[str, Any]] = [
        {"signal": "measles.cases", "area": f"42010{i}", "level": "county", "count": i, "w8_alarm": bool(i)}
        for i in range(3)
    ]
    links = Links("id", 1)
    frame = aggregates.rows([placed(links.batch(rows, [("c", 0, 9)])), placed(links.batch(rows[:1], [("c", 0, 10)]))])
    assert frame["_row"].to_list() == [0, 1, 2, 0]
    assert frame["w8_alarm"].to_list() == [False, True, True, False]
    assert frame["marker_id"].n_unique() == 2
    assert set(aggregates.TABLE.column_names) <= set(frame.columns)


def test_an_alert_event_keeps_its_evidence() -> None:
    frame = alert_history.rows([placed(Links("id", 1).event("a1", 1))])
    row = frame.row(0, named=True)
    assert row["evidence.method"] == ["w8", "c1"]
    assert row["evidence.score"] == [None, None]
    assert [[str(day) for day in days] for days in row["evidence.alarm_days"]] == [["2020-01-26", "2020-01-27"], []]
    assert row["marker"] == "case-reports/0=5"
    assert tuple(frame.columns) == alert_history.TABLE.column_names
