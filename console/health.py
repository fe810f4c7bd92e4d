"""Looking at every stage: the broker's ends, ClickHouse's progress, and whether the processes answer."""

import time
import urllib.request
from collections.abc import Mapping

from console.measures import STAGE_LAG, STAGE_STALLED
from console.positions import BrokerDown, BrokerPositions, Positions
from console.stages import Sight, Stage, StageWatch
from console.warehouse import Warehouse, WarehouseDown
from schemas.marker import Marker
from sinks.records import RECORD_STAGES

_ANSWER_SECONDS = 2.0


class Health:
    """The stages' health; `look` is called from one thread at a time.

    Parameters
    ----------
    warehouse
        Where progress is read.
    positions
        The broker's view; None where no broker was named.
    processes
        Prometheus address of the process behind a stage.
    patience
        As of `StageWatch`.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        positions: BrokerPositions | None,
        processes: Mapping[str, str],
        patience: float,
    ) -> None:
        self._warehouse = warehouse
        self._positions = positions
        self._processes = processes
        self._watch = StageWatch(patience)

    def look(self) -> list[Stage]:
        """Return the state of every stage now; what cannot be seen is unknown, never an error."""
        alive = {name: _answers(address) for name, address in self._processes.items()}
        sights = {}
        if (seen := self._broker()) is not None:
            sights["source"] = Sight(seen.arrived, seen.arrived)
            sights["intake"] = Sight(seen.decided, seen.arrived, alive.get("intake"))
            sights["detect"] = Sight(seen.answered, seen.decided, alive.get("detect"))
            sights["sink"] = Sight(self._stored(), seen.answered, alive.get("sink"))
        stages = self._watch.look(sights, time.monotonic())
        for stage in stages:
            STAGE_LAG.labels(stage.name).set(stage.lag)
            STAGE_STALLED.labels(stage.name).set(stage.state == "stalled")
        return stages

    def _broker(self) -> Positions | None:
        if self._positions is None:
            return None
        try:
            return self._positions.read()
        except BrokerDown:
            return None

    def _stored(self) -> Marker | None:
        """Return the source positions of which both records and aggregates are in the tables."""
        try:
            rows = self._warehouse.rows(
                "progress",
                f"SELECT stage, topic, partition, position, marker FROM {self._warehouse.database}.progress "
                f"WHERE stage IN {(*RECORD_STAGES, 'aggregates')}",
            )
        except WarehouseDown:
            return None
        listed = {(row["topic"], row["partition"]): row["position"] for row in rows if row["stage"] in RECORD_STAGES}
        answered: dict[tuple[str, int], int] = {}
        for row in rows:
            if row["stage"] == "aggregates":
                for chain, to in Marker.parse(row["marker"]).items():
                    answered[chain] = max(answered.get(chain, 0), to)
        return Marker({chain: min(to, answered.get(chain, 0)) for chain, to in listed.items()})


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=_ANSWER_SECONDS) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
