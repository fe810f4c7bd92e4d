"""The sink on a real broker and the real engine: what arrives, what is ignored, what is noticed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic
from prometheus_client import REGISTRY

from schemas.chain import ChainBroken
from schemas.verdicts import Verdict
from sinks import rebuild
from sinks.faults import ForeignRows, PartitionMismatch
from sinks.follower import topic_shape
from sinks.process import run_sink
from tests.sinks.made import Journal, report
from tests.sinks.world import World

Start = Callable[[], None]


@contextmanager
def running(world: World) -> Iterator[None]:
    """The sink in this process for the length of a block."""
    stop = threading.Event()
    thread = threading.Thread(target=world.run_sink, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def test_every_topic_lands_in_its_table_and_progress_says_how_far(world: World, sink: Start) -> None:
    journal, source = world.journals[0], world.topics.case_reports
    world.journal(0, journal.reports(range(5)))
    world.journal(1, world.journals[1].entry([(Verdict.REJECTED, None, None), (Verdict.ACCEPTED, report(9), None)]))
    marker = [(source, 0, 5), (source, 1, 2)]
    counted = {"signal": "covid19.cases", "disease": "covid19", "area": "420106", "level": "county", "count": 6}
    links = world.aggregates[2]
    world.send(world.topics.aggregates, 2, links.batch([counted], marker), links.batch([], [*marker, (source, 2, 1)]))
    world.send(world.topics.alert_history, 0, world.alerts[0].event("a1", 1), world.alerts[0].event("a1", 2, cases=7))
    sink()
    world.until_progress("line_list", {0: 5, 1: 2})
    world.until_progress("aggregates", {2: 2})
    world.until_progress("alerts", {0: 2})
    world.exact()
    assert world.rows("SELECT count() FROM {db}.line_list") == [(6,)]
    assert world.rows("SELECT verdict, reason, field, sender FROM {db}.verdicts WHERE verdict != 'accepted'") == [
        ("rejected", "bad_code", "disease", "420100001")
    ]
    assert world.rows("SELECT count, w8_score FROM {db}.aggregates") == [(6, None)]
    assert world.rows("SELECT revision, cases FROM {db}.alerts") == [(2, 7)]
    assert world.rows("SELECT count() FROM {db}.alert_history") == [(2,)]
    assert world.rows("SELECT DISTINCT marker FROM {db}.progress WHERE stage = 'aggregates'") == [
        (f"{source}/0=5,{source}/1=2,{source}/2=1",)
    ]
    # What comes later comes too.
    world.journal(0, journal.reports([77]))
    world.until_progress("line_list", {0: 6, 1: 2})


def test_the_line_list_shows_the_last_word_on_each_report(world: World, sink: Start) -> None:
    journal = world.journals[0]
    corrected = report(2, revision=2, disease="measles")
    world.journal(
        0,
        journal.reports([1, 2, 3, 4]),
        journal.entry(
            [
                (Verdict.ACCEPTED, report(1, revision=2, action="RETRACT"), report(1)),
                (Verdict.ACCEPTED, corrected, report(2)),
                (Verdict.ACCEPTED, report(2, revision=3, disease="rubella"), corrected),
                (Verdict.ACCEPTED, report(8, revision=2, action="RETRACT"), None),
                (Verdict.ACCEPTED, report(3, issuer="other"), None),
            ]
        ),
        journal.entry(
            [(Verdict.ACCEPTED, report(1, revision=3, action="REVISE"), report(1, revision=2, action="RETRACT"))]
        ),
    )
    sink()
    world.until_progress("line_list", {0: journal.to_offset})
    view = world.rows("SELECT issuer, report_id, revision, disease FROM {db}.line_list ORDER BY ALL")
    assert view == [
        ("420100001", "R00000001", 3, "covid19"),
        ("420100001", "R00000002", 3, "rubella"),
        ("420100001", "R00000003", 1, "covid19"),
        ("420100001", "R00000004", 1, "covid19"),
        ("other", "R00000003", 1, "covid19"),
    ]
    # The same by the plain definition.
    assert view == world.rows(
        "SELECT issuer, report_id, revision, disease FROM "
        "(SELECT * FROM {db}.line_list_revisions ORDER BY _offset DESC LIMIT 1 BY issuer, report_id) "
        "WHERE NOT retracted ORDER BY ALL"
    )
    # A filter finds what is so now, not what was.
    assert world.rows("SELECT count() FROM {db}.line_list WHERE disease = 'measles'") == [(0,)]


def test_views_filter_what_is_so_now_not_what_was(world: World, sink: Start) -> None:
    cell = {"signal": "s", "area": "420106", "level": "county"}
    links, alerts = world.aggregates[0], world.alerts[0]
    first = links.batch([{**cell, "count": 9, "alarm": True}, {**cell, "area": "420107", "alarm": True}], [("c", 0, 1)])
    second = links.batch([{**cell, "count": 2}, {**cell, "count": 1}], [("c", 0, 2)])
    world.send(world.topics.aggregates, 0, first, second)
    events = [alerts.event("a1", 1), alerts.event("a2", 1), alerts.event("a1", 2, state="WITHDRAWN", days=[])]
    world.send(world.topics.alert_history, 0, *events)
    sink()
    world.until_progress("aggregates", {0: 2})
    world.until_progress("alerts", {0: 3})
    assert world.rows("SELECT area FROM {db}.aggregates WHERE alarm") == [("420107",)]
    assert world.rows("SELECT count FROM {db}.aggregates WHERE area = '420106'") == [(1,)]
    assert world.rows("SELECT count() FROM {db}.aggregates WHERE count > 1") == [(0,)]
    assert world.rows("SELECT alert_id FROM {db}.alerts WHERE state = 'OPEN'") == [("a2",)]
    assert world.rows("SELECT revision FROM {db}.alerts WHERE alert_id = 'a1'") == [(2,)]


def test_a_dead_writers_messages_are_ignored_in_every_topic(world: World, sink: Start) -> None:
    journal, links, alerts = world.journals[0], world.aggregates[0], world.alerts[0]
    world.journal(0, journal.reports([1]))
    stale = journal.head
    late_entry = journal.entry([(Verdict.ACCEPTED, report(n), None) for n in (66, 67)], parent=stale)
    world.journal(0, journal.reports([2]), late_entry, b"junk", journal.reports([3]))
    row = {"signal": "s", "area": "420106", "level": "county", "count": 1}
    old = links.head
    first = links.batch([row], [("c", 0, 1)])
    moved, links.head = links.head, old
    late = links.batch([{**row, "count": 99}], [("c", 0, 2)])
    links.head = moved
    world.send(world.topics.aggregates, 0, first, late, links.batch([{**row, "area": "420107"}], [("c", 0, 3)]))
    old = alerts.head
    opened = alerts.event("a1", 1)
    moved, alerts.head = alerts.head, old
    ghost = alerts.event("ghost", 1)
    alerts.head = moved
    world.send(world.topics.alert_history, 0, opened, ghost, b"", alerts.event("a2", 1))
    with running(world):
        world.until_progress("line_list", {0: 3})
        world.until_progress("aggregates", {0: 3})
        world.until_progress("alerts", {0: 4})
        world.exact()
    # Another life begins behind what was ignored, and ignores as well what comes last.
    rebuilds = REGISTRY.get_sample_value("tocsin_sink_rebuilds_total", {"reason": "diverged"})
    world.journal(0, journal.entry([(Verdict.ACCEPTED, report(68), None)], parent=stale))
    world.journal(1, b"junk")
    with running(world):
        world.until("SELECT read_to FROM {db}.progress WHERE stage = 'line_list'", 6)
        world.until("SELECT count() FROM {db}.progress WHERE stage = 'line_list' AND head_offset = -1", 1)
    world.journal(1, world.journals[1].reports([4]))
    sink()
    world.until_progress("line_list", {0: 3, 1: 1})
    world.exact()
    assert REGISTRY.get_sample_value("tocsin_sink_rebuilds_total", {"reason": "diverged"}) == rebuilds
    assert world.rows("SELECT report_id FROM {db}.line_list ORDER BY ALL") == [(f"R0000000{n}",) for n in (1, 2, 3, 4)]
    assert world.rows("SELECT sum(count), count() FROM {db}.aggregates") == [(2, 2)]
    assert world.rows("SELECT alert_id FROM {db}.alerts ORDER BY ALL") == [("a1",), ("a2",)]


def test_a_journal_that_lost_its_tail_is_folded_again(world: World, sink: Start) -> None:
    """The broker forgot what ClickHouse holds; intake decided anew, and differently."""
    journal = world.journals[0]
    first = journal.reports([1])
    world.journal(0, first, journal.reports([2, 3]))
    with running(world):
        world.until_progress("line_list", {0: 3})
    empty_journal_topic(world)
    again = Journal(journal.source, journal.source_id, 0)
    assert again.reports([1]) == first
    world.journal(0, first, again.reports([4]), again.reports([5]))
    sink()
    listed = "SELECT groupArray(report_id) FROM (SELECT report_id FROM {db}.line_list ORDER BY 1)"
    world.until(listed, ["R00000001", "R00000004", "R00000005"])
    world.exact()


def empty_journal_topic(world: World) -> None:
    """Delete the journal topic and create it again; the source stays."""
    admin = AdminClient({"bootstrap.servers": world.bootstrap})
    name = world.topics.journal("case-reports")
    (spec,) = (s for s in world.topics.specs() if s.name == name)
    before = topic_shape(world.bootstrap, [name])[name][0]
    admin.delete_topics([name])[name].result(30)

    def created() -> bool:
        with suppress(KafkaException):  # it is still being deleted, or made already and not yet known
            admin.create_topics([NewTopic(name, spec.partitions, 1, config=dict(spec.config))])[name].result(30)
        with suppress(KafkaException):
            return topic_shape(world.bootstrap, [name])[name][0] != before
        return False

    world.wait_for(created, True, 30)


def test_a_rebuild_empties_and_folds_again(world: World, sink: Start) -> None:
    world.journal(0, world.journals[0].reports(range(20)))
    world.send(world.topics.alert_history, 1, world.alerts[1].event("a1", 1))
    sink()
    world.until_progress("line_list", {0: 20})
    world.until_progress("alerts", {1: 1})
    database = world.address.database
    # Rows that no topic holds are gone afterwards.
    world.client.command(f"INSERT INTO {database}.line_list_revisions SELECT * FROM {database}.line_list_revisions")
    generation = rebuild.request(world.client, database)
    world.wait_for(lambda: rebuild.emptied(world.client, database, generation), True, 30)
    world.until_progress("line_list", {0: 20})
    world.until_progress("alerts", {1: 1})
    world.exact()
    assert world.rows("SELECT count() FROM {db}.line_list") == [(20,)]
    # Asked for while no sink runs, it waits for one.
    assert rebuild.request(world.client, database) == generation + 1


def test_tables_that_vanish_under_the_sink_come_back(world: World, sink: Start) -> None:
    world.journal(0, world.journals[0].reports(range(4)))
    sink()
    world.until_progress("line_list", {0: 4})
    world.client.command(f"DROP DATABASE {world.address.database} SYNC")
    world.journal(0, world.journals[0].reports([4]))
    world.until_progress("line_list", {0: 5})
    world.exact()
    assert world.rows("SELECT count() FROM {db}.line_list") == [(5,)]


def test_progress_that_is_lost_or_ahead_of_the_tables_costs_only_time(world: World) -> None:
    journal = world.journals[0]
    world.journal(0, journal.reports(range(6)))
    with running(world):
        world.until_progress("line_list", {0: 6})
    world.client.command(f"TRUNCATE TABLE {world.address.database}.progress_log")
    world.journal(0, journal.reports([6]))
    with running(world):
        world.until_progress("line_list", {0: 7})
        world.exact()
    # As after a power cut: progress speaks of rows that the table has lost.
    database = world.address.database
    world.client.command(f"TRUNCATE TABLE {database}.verdicts")
    world.client.command(
        f"ALTER TABLE {database}.line_list_revisions DELETE WHERE _offset > 2 SETTINGS mutations_sync = 2"
    )
    with running(world):
        world.until("SELECT count() FROM {db}.verdicts", 7)
        world.until("SELECT count() FROM {db}.line_list", 7)
        world.exact()


def test_another_topic_of_the_same_name_is_refused(world: World) -> None:
    world.journal(0, world.journals[0].reports([1]))
    with running(world):
        world.until_progress("line_list", {0: 1})
    world.client.command(
        f"INSERT INTO {world.address.database}.verdicts (topic_id, partition, offset) VALUES ('another', 0, 9)"
    )
    with pytest.raises(ForeignRows, match="verdicts"):
        run_sink(world.config(), stop=threading.Event())


def test_another_number_of_partitions_is_refused(world: World) -> None:
    with pytest.raises(PartitionMismatch, match="has 3 partitions"):
        run_sink(replace(world.config(), partitions=2), stop=threading.Event())


def test_a_journal_that_is_wrong_from_its_beginning_ends_the_process(world: World) -> None:
    journal = world.journals[0]
    journal.to_offset = 5
    world.journal(0, journal.reports([1]))
    with pytest.raises(ChainBroken):
        run_sink(world.config(), stop=threading.Event())


def test_a_journal_that_is_wrong_later_ends_the_process_and_costs_no_rows(world: World) -> None:
    journal = world.journals[0]
    world.journal(0, journal.reports([1]))
    with running(world):
        world.until_progress("line_list", {0: 1})
    journal.to_offset += 1
    world.journal(0, journal.reports([2]))
    with pytest.raises(ChainBroken):
        run_sink(world.config(), stop=threading.Event())
    assert world.rows("SELECT count() FROM {db}.line_list") == [(1,)]


def test_progress_that_does_not_fit_is_read_over_from_the_beginning(world: World) -> None:
    journal = world.journals[0]
    world.journal(0, journal.reports([1, 2]))
    with running(world):
        world.until_progress("line_list", {0: 2})
    database = world.address.database
    columns = "* EXCEPT (position, written_at)"
    world.client.command(
        f"INSERT INTO {database}.progress_log ({columns}, position) "
        f"SELECT {columns}, 1 FROM {database}.progress_log WHERE stage = 'line_list'"
    )
    world.until_progress("line_list", {0: 1})
    world.journal(0, journal.reports([3]))
    with running(world):
        world.until_progress("line_list", {0: 3})
    world.exact()
