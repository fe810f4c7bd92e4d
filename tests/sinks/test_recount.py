"""The recount agrees where the pipeline counted right, and names the place where it did not."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from catalogue.loader import load
from schemas.areas import LEVELS, areas
from schemas.topics import PARTITIONS
from schemas.verdicts import Verdict
from sinks.recount import NotComparable, moved, recount
from tests.sinks.made import NOON, report
from tests.sinks.world import World

Start = Callable[[], None]
SIGNALS = list(load().signals.values())
PARTITION_OF = {signal.id: signal.disease_number % PARTITIONS for signal in SIGNALS}
DAY_MS = 86_400_000


def counted(reports: list[dict[str, Any]]) -> Counter[tuple[str, str, str, dt.date]]:
    """What detection should say of clinical and confirmed reports, by loops."""
    table, cells = areas(), Counter[tuple[str, str, str, dt.date]]()
    for fields in reports:
        day = dt.datetime.fromtimestamp(fields["reported_at"] / 1000, dt.timezone(dt.timedelta(hours=8))).date()
        node = table.index(fields["residence_area"])
        names = [(LEVELS[int(table.level[node])], str(table.code[node]))]
        if names[0][0] != "county":
            names.append(("county", f"{table.code[node]}u"))
        while (node := int(table.parent[node])) >= 0:
            names.append((LEVELS[int(table.level[node])], str(table.code[node])))
        for level, area in names:
            cells[f"{fields['disease']}.cases", level, area, day] += 1
    return cells


@pytest.fixture
def counted_world(world: World, sink: Start) -> World:
    """Reports of three diseases at four depths of area, one corrected, one retracted, and their true aggregates."""
    stand = [
        report(n, disease=disease, residence_area=area, reported_at=NOON + n % 3 * DAY_MS + n % 2 * 15 * 3_600_000)
        for n, (disease, area) in enumerate(
            (disease, area)
            for disease in ("covid19", "measles", "dengue")
            for area in ("420106", "420100", "110105", "370000", "420106", "000000")
        )
    ]
    journal = world.journals[1]
    wrong = report(90, disease="rubella", residence_area="310115")
    right = report(90, revision=2, disease="measles", residence_area="420106")
    gone = report(91, disease="covid19")
    suspected = report(92, disease="dengue", classification="SUSPECTED")
    world.journal(0, world.journals[0].entry([(Verdict.ACCEPTED, fields, None) for fields in stand]))
    world.journal(
        1,
        journal.entry([(Verdict.ACCEPTED, fields, None) for fields in (wrong, gone, suspected)]),
        journal.entry(
            [
                (Verdict.ACCEPTED, right, wrong),
                (Verdict.ACCEPTED, {**gone, "revision": 2, "action": "RETRACT"}, gone),
            ]
        ),
    )
    cells = counted([*stand, right])
    source = world.topics.case_reports
    for p in range(PARTITIONS):
        rows = [
            {"signal": s, "level": level, "area": area, "day": day, "count": n, "count_7d": n}
            for (s, level, area, day), n in cells.items()
            if PARTITION_OF[s] == p
        ]
        batch = world.aggregates[p].batch(rows, [(source, 0, len(stand)), (source, 1, 5)])
        world.send(world.topics.aggregates, p, batch)
    sink()
    world.until_progress("line_list", {0: len(stand), 1: 5})
    world.until_progress("aggregates", dict.fromkeys(range(PARTITIONS), 1))
    return world


def test_equal_counts_agree(counted_world: World) -> None:
    found = recount(counted_world.client, counted_world.address.database, SIGNALS)
    assert found.agrees, found.differences
    assert found.reports == 20
    assert found.cells == counted_world.rows("SELECT count() FROM {db}.aggregates")[0][0] > 50
    assert not moved(counted_world.client, counted_world.address.database, found)


def test_later_reports_are_left_out_until_aggregates_speak_of_them(counted_world: World) -> None:
    counted_world.journal(0, counted_world.journals[0].reports([500, 501]))
    counted_world.until("SELECT count() FROM {db}.line_list", 22)
    found = recount(counted_world.client, counted_world.address.database, SIGNALS)
    assert found.agrees
    assert found.reports == 20


@pytest.mark.parametrize("count", [0, 7])
def test_a_wrong_count_is_named(counted_world: World, count: int) -> None:
    (row,) = counted_world.rows(
        "SELECT toString(area), toString(day), count FROM {db}.aggregates "
        "WHERE signal = 'measles.cases' AND level = 'prefecture' AND area = '420100' ORDER BY day LIMIT 1"
    )
    p = PARTITION_OF["measles.cases"]
    day = dt.date.fromisoformat(row[1])
    wrong = {"signal": "measles.cases", "level": "prefecture", "area": "420100", "day": day, "count": count}
    source = counted_world.topics.case_reports
    batch = counted_world.aggregates[p].batch([wrong], [(source, 0, 18), (source, 1, 5)])
    counted_world.send(counted_world.topics.aggregates, p, batch)
    counted_world.until_progress("aggregates", {q: 1 + (q == p) for q in range(PARTITIONS)})
    found = recount(counted_world.client, counted_world.address.database, SIGNALS)
    assert found.different == 1
    (difference,) = found.differences
    assert (difference.what, difference.signal, difference.area) == ("count", "measles.cases", "420100")
    assert (difference.day, difference.recounted, difference.stated) == (day, row[2], count)


def test_a_row_too_many_in_the_line_list_is_named(counted_world: World) -> None:
    database = counted_world.address.database
    table = f"{database}.line_list_revisions"
    changed = "* REPLACE ('R99999999' AS report_id, 0 AS _offset)"
    counted_world.client.command(f"INSERT INTO {table} SELECT {changed} FROM {table} WHERE _partition = 0 LIMIT 1")
    found = recount(counted_world.client, database, SIGNALS)
    assert {d.what for d in found.differences} == {"count"}
    assert found.different == len({d.level for d in found.differences}) >= 2


def test_a_row_whose_flag_was_lost_shows_in_the_identities(counted_world: World) -> None:
    table = f"{counted_world.address.database}.line_list_revisions"
    counted_world.client.command(f"ALTER TABLE {table} UPDATE replaces = false WHERE 1 SETTINGS mutations_sync = 2")
    found = recount(counted_world.client, counted_world.address.database, SIGNALS)
    assert "identities" in {d.what for d in found.differences}


def test_an_alert_that_says_another_count_is_named(counted_world: World) -> None:
    area, day, week = counted_world.rows(
        "SELECT toString(area), day, count_7d FROM {db}.aggregates "
        "WHERE signal = 'covid19.cases' AND level = 'prefecture' LIMIT 1"
    )[0]
    days = (day - dt.date(1970, 1, 1)).days
    said = {"area": area, "first_day": days, "last_day": days, "days": [days]}
    alerts = counted_world.alerts[0]
    events = [alerts.event("right", 1, cases_7d=week, **said), alerts.event("wrong", 1, cases_7d=week + 1, **said)]
    withdrawn = alerts.event("gone", 1, cases_7d=9, **{**said, "days": [], "state": "WITHDRAWN"})
    counted_world.send(counted_world.topics.alert_history, 0, *events, withdrawn)
    counted_world.until_progress("alerts", {0: 3})
    found = recount(counted_world.client, counted_world.address.database, SIGNALS)
    assert found.alerts == 2
    assert [(d.what, d.area, d.recounted, d.stated) for d in found.differences] == [
        ("alert", f"{area} wrong", week, week + 1)
    ]


def test_nothing_is_compared_before_both_sides_have_spoken(world: World, sink: Start) -> None:
    world.journal(0, world.journals[0].reports([1]))
    sink()
    world.until_progress("line_list", {0: 1})
    with pytest.raises(NotComparable, match="3 of 3"):
        recount(world.client, world.address.database, SIGNALS)
    for p in range(PARTITIONS):
        batch = world.aggregates[p].batch([], [(world.topics.case_reports, 0, 5)])
        world.send(world.topics.aggregates, p, batch)
    world.until_progress("aggregates", dict.fromkeys(range(PARTITIONS), 1))
    with pytest.raises(NotComparable, match="records are at"):
        recount(world.client, world.address.database, SIGNALS)
