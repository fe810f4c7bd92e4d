"""How an installation stands at one moment: processes, stages, clock, and what is wrong."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import KafkaException

from console.health import Health
from console.positions import BrokerPositions
from console.stages import Stage
from console.warehouse import Warehouse
from schemas.marker import Marker
from schemas.topics import Topics
from tocsin import run_state
from tocsin.arrival import missing, source_ends
from tocsin.disks import low_disks
from tocsin.processes import clickhouse_address, metrics_addresses
from tocsin.progress_reading import ProgressReading
from tocsin.run_state import Seen
from tocsin.settings import Settings

_PATIENCE = 30.0
_STAGES = ("intake", "detect", "sink")


@dataclass(frozen=True)
class Standing:
    """What `observe` found.

    Parameters
    ----------
    supervised : bool
        A supervisor holds the folder.
    processes : mapping
        What it says of each process.
    stages : list of Stage
        Source, intake, detect, sink.
    clock : str
        Highest clock in ClickHouse, ISO 8601 UTC; empty if there is none.
    troubles : list of str
        One sentence for each thing that is wrong.
    """

    supervised: bool
    processes: Mapping[str, Seen]
    stages: list[Stage]
    clock: str
    troubles: list[str]

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.troubles

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "well": self.well,
            "supervised": self.supervised,
            "processes": {name: asdict(seen) for name, seen in self.processes.items()},
            "stages": {stage.name: {"state": stage.state, "lag": stage.lag} for stage in self.stages},
            "clock": self.clock or None,
            "troubles": self.troubles,
        }


def observe(settings: Settings, within: float) -> Standing:
    """Look until every stage is caught up, or until the time is over.

    Parameters
    ----------
    settings : Settings
        Of the folder.
    within : float
        Seconds.
    """
    supervised = run_state.runs(settings.folder)
    arrived, stages = _stages(settings, within if supervised else 0.0)
    processes = run_state.read(settings.folder) if supervised else {}
    troubles = [] if supervised else ["no supervisor runs"]
    troubles += [f"{name} is {seen.state}: {seen.last_exit}" for name, seen in processes.items() if seen.state != "up"]
    for stage in stages:
        # Behind and moving is well if what lay there at the beginning has passed: more has come since.
        if stage.state != "caught_up" and not (arrived and stage.state == "moving"):
            troubles.append(f"{stage.name} is {stage.state}" + (f", {stage.lag} records behind" if stage.lag else ""))
    troubles += [f"only {free >> 20} MB are free on the disk of {folder}" for folder, free in low_disks(settings)]
    return Standing(supervised, processes, stages, _clock(settings), troubles)


def _stages(settings: Settings, within: float) -> tuple[bool, list[Stage]]:
    """Return whether all that lay in the sources at the beginning is in ClickHouse, and the stages' states."""
    addresses = metrics_addresses(settings)
    warehouse = Warehouse(clickhouse_address(settings, read_only=True))
    positions = BrokerPositions(settings.bootstrap, Topics())
    health = Health(warehouse, positions, {name: addresses[name] for name in _STAGES}, _PATIENCE)
    progress = ProgressReading(settings)
    deadline = time.monotonic() + within
    target: Marker | None = None
    try:
        while True:
            stages = health.look()
            target = target or _ends(settings)
            arrived = target is not None and _arrived(target, progress)
            settled = arrived and all(stage.state in ("caught_up", "moving") for stage in stages)
            if settled or time.monotonic() >= deadline:
                return arrived, stages
            time.sleep(0.2)
    finally:
        warehouse.close()
        positions.close()


def _ends(settings: Settings) -> Marker | None:
    try:
        return source_ends(settings.bootstrap, Topics())
    except KafkaException:
        return None


def _arrived(target: Marker, progress: ProgressReading) -> bool:
    try:
        return not missing(target, progress.rows())
    except ConnectionError:
        return False


def _clock(settings: Settings) -> str:
    try:
        rows = ProgressReading(settings).rows()
    except ConnectionError:
        return ""
    newest = max((row.clock for row in rows), default=0)
    return datetime.fromtimestamp(newest / 1000, UTC).isoformat(timespec="seconds") if newest else ""
