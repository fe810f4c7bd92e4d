"""Topics as their makers fill them, the sink between, and the tables behind."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import KafkaException, Producer

from schemas.topics import PARTITIONS, Topics
from sinks.client import Address
from sinks.follower import topic_shape
from sinks.process import SinkConfig, run_sink
from tests.sinks.made import Journal, Links

RUN = """
import sys, threading
from schemas.topics import Topics
from sinks.client import Address
from sinks.process import SinkConfig, run_sink
from tocsin.failpoint import from_environment
from pathlib import Path
bootstrap, prefix, host, port, user, password, database, folder = sys.argv[1:]
config = SinkConfig(bootstrap, Topics(prefix), Address(host, int(port), user, password, database), linger=0.05)
Path(folder).mkdir(exist_ok=True)
run_sink(config, failpoint=from_environment(Path(folder)), stop=threading.Event())
"""


class World:
    """One prefix of topics and one database."""

    def __init__(self, bootstrap: str, topics: Topics, address: Address, client: Client) -> None:
        self.bootstrap, self.topics, self.address, self.client = bootstrap, topics, address, client
        source, counts, alerts = topics.case_reports, topics.aggregates, topics.alert_history
        ids = self._ids([source, counts, alerts])
        self.journals = [Journal(source, ids[source], p) for p in range(PARTITIONS)]
        self.aggregates = [Links(ids[counts], p) for p in range(PARTITIONS)]
        self.alerts = [Links(ids[alerts], p) for p in range(PARTITIONS)]
        self._producer = Producer({"bootstrap.servers": bootstrap, "message.max.bytes": 8_000_000})

    def _ids(self, names: list[str]) -> dict[str, str]:
        # A broker may deny a topic that it has just made.
        for _ in range(50):
            try:
                return {name: shape[0] for name, shape in topic_shape(self.bootstrap, names).items()}
            except KafkaException:
                time.sleep(0.1)
        raise AssertionError("the topics were not made")

    def send(self, topic: str, partition: int, *values: bytes) -> None:
        """Append messages and wait until they are there."""
        failed: list[Any] = []
        for value in values:
            self._producer.produce(
                topic, value, partition=partition, on_delivery=lambda e, _: failed.append(e) if e else None
            )
        assert self._producer.flush(30) == 0
        assert not failed

    def journal(self, partition: int, *values: bytes) -> None:
        """Append journal entries."""
        self.send(self.topics.journal("case-reports"), partition, *values)

    def config(self, address: Address | None = None) -> SinkConfig:
        """Of a sink on these topics."""
        return SinkConfig(self.bootstrap, self.topics, address or self.address, linger=0.05)

    def run_sink(self, stop: threading.Event) -> None:
        """Run the sink in this thread."""
        assert run_sink(self.config(), stop=stop) == 0

    def sink_process(
        self, folder: Path, failpoint: str = "", address: Address | None = None
    ) -> subprocess.Popen[bytes]:
        """Start the sink as a process of its own, which a test may kill."""
        a = address or self.address
        arguments = [self.bootstrap, self.topics.prefix, a.host, a.port, a.user, a.password, a.database, folder]
        return subprocess.Popen(
            [sys.executable, "-c", RUN, *map(str, arguments)],
            env={"TOCSIN_FAILPOINT": failpoint, "PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2])},
            stdout=(folder.parent / "sink.log").open("ab"),
            stderr=subprocess.STDOUT,
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of a query; `{db}` is the database."""
        return [tuple(row) for row in self.client.query(query.replace("{db}", self.address.database)).result_rows]

    def until(self, query: str, wanted: Any, timeout: float = 30) -> None:
        """Wait until a query of one value gives it."""
        self.wait_for(lambda: self.rows(query)[0][0], wanted, timeout)

    def until_progress(self, stage: str, wanted: dict[int, int], timeout: float = 30) -> None:
        """Wait until a stage stands at positions by partition."""

        def reached() -> dict[int, int]:
            return dict(self.rows(f"SELECT partition, position FROM {{db}}.progress WHERE stage = '{stage}'"))

        self.wait_for(reached, wanted, timeout)

    @staticmethod
    def wait_for(look: Callable[[], Any], wanted: Any, timeout: float) -> None:
        """Wait until a look shows what is wanted."""
        deadline = time.monotonic() + timeout
        seen: Any = None
        while time.monotonic() < deadline:
            try:
                seen = look()
            except ClickHouseError as error:
                seen = error
            if seen == wanted:
                return
            time.sleep(0.05)
        raise AssertionError(f"wanted {wanted}, last seen {seen}")

    def exact(self) -> None:
        """Assert that every row is in its table once, without FINAL, and every offset judged once."""
        for table, place in (
            ("line_list_revisions", "_partition, _offset"),
            ("aggregate_revisions", "_partition, _offset, _row"),
            ("alert_history", "_partition, _offset"),
        ):
            assert self.rows(f"SELECT count() - uniqExact({place}) FROM {{db}}.{table}") == [(0,)]
        judged_once = "count() = max(offset) + 1 AND min(offset) = 0"
        assert self.rows(f"SELECT partition FROM {{db}}.verdicts GROUP BY partition HAVING NOT ({judged_once})") == []
        listed = "SELECT count() FROM {db}.line_list_revisions"
        accepted = "SELECT count() FROM {db}.verdicts WHERE verdict = 'accepted'"
        assert self.rows(listed) == self.rows(accepted)
