"""How far stages are, read from a real broker: journal and aggregates by their tails, the inbox by its end."""

from collections.abc import Iterator

import pytest
from confluent_kafka import Producer

from console.health import Health
from console.positions import BrokerDown, BrokerPositions
from console.warehouse import Warehouse
from schemas import registry, wire
from schemas.marker import Marker
from schemas.topics import SOURCES, Topics
from sinks.client import Address
from tests.console.conftest import wait_until
from tests.sinks.made import Journal
from tocsin.ports import free_ports


@pytest.fixture
def positions(broker: str, topics: Topics) -> Iterator[BrokerPositions]:
    made = BrokerPositions(broker, topics)

    def answered() -> bool:
        try:
            made.read()
        except BrokerDown:  # partitions of topics just made have no leader for a moment
            return False
        return True

    wait_until(answered)
    yield made
    made.close()


def batch(marker: Marker) -> bytes:
    return wire.encode(
        registry.AGGREGATE_BATCH,
        {
            "parent": b"",
            "clock": 0,
            "marker": marker.to_avro(),
            "marker_id": marker.marker_id(),
            "catalogue": "",
            "alert_ends": [],
            "count": 0,
            "rows": b"",
        },
    )


def test_each_stage_is_where_its_topic_says(broker: str, topics: Topics, positions: BrokerPositions) -> None:
    producer = Producer({"bootstrap.servers": broker})
    source, journal = topics.case_reports, topics.journal()
    empty = positions.read()
    everything = {(topics.inbox(name), partition): 0 for name in SOURCES for partition in range(3)}
    assert empty.arrived == Marker(everything)
    assert (empty.decided, empty.answered) == (Marker(), Marker())

    for number in range(7):
        producer.produce(source, b"report", partition=number % 2)
    written = Journal(source, "id", 0)
    producer.produce(journal, written.reports([0]), partition=0)
    producer.flush()
    seen = positions.read()
    assert dict(seen.arrived) == {**everything, (source, 0): 4, (source, 1): 3, (source, 2): 0}
    assert dict(seen.decided) == {(source, 0): 1}

    producer.produce(journal, written.reports([1, 2]), partition=0)
    producer.produce(topics.aggregates, batch(Marker({(source, 0): 1})), partition=2)
    producer.produce(topics.aggregates, batch(Marker({(source, 0): 2})), partition=1)
    producer.flush()
    seen = positions.read()
    assert dict(seen.decided) == {(source, 0): 3}
    assert dict(seen.answered) == {(source, 0): 2}
    assert positions.read() == seen


def test_a_broker_that_is_not_there_is_said(topics: Topics) -> None:
    (port,) = free_ports(1)
    nowhere = BrokerPositions(f"127.0.0.1:{port}", topics)
    with pytest.raises(BrokerDown):
        nowhere.read()
    # Nothing of it, nor a database that is away, is an error of the page: it shows what it cannot see as unknown.
    health = Health(Warehouse(Address(port=port)), nowhere, {"intake": f"http://127.0.0.1:{port}/metrics"}, 30)
    assert {stage.state for stage in health.look()} == {"unknown"}
    nowhere.close()


def test_lags_add_up_over_the_partitions(broker: str, topics: Topics, positions: BrokerPositions) -> None:
    producer = Producer({"bootstrap.servers": broker})
    for number in range(9):
        producer.produce(topics.case_reports, b"report", partition=number % 3)
    producer.produce(topics.journal(), Journal(topics.case_reports, "id", 1).reports([0, 1]), partition=1)
    producer.flush()
    (port,) = free_ports(1)
    stages = {s.name: s for s in Health(Warehouse(Address(port=port)), positions, {}, 30).look()}
    assert (stages["intake"].state, stages["intake"].lag) == ("moving", 7)
    assert (stages["detect"].state, stages["detect"].lag) == ("moving", 2)
    assert stages["sink"].state == "unknown"
