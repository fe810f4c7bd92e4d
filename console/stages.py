"""Whether each stage moves: a judgement over time, for a lag alone says neither health nor trouble."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from schemas.marker import Marker

State = Literal["caught_up", "moving", "stalled", "unknown"]

NAMES = ("source", "intake", "detect", "sink")


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of one stage at one moment.

    Attributes
    ----------
    reached
        Source positions that it has reached; None where nobody could tell.
    target
        Those of the stage before it.
    alive
        Whether its process gave a sign of life; None where there is no way to know.
    """

    reached: Marker | None
    target: Marker | None
    alive: bool | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage as the page shows it.

    Attributes
    ----------
    name
        One of `NAMES`.
    state
        ``caught_up``; ``moving``: behind and advancing; ``stalled``: behind and not advancing, or without a sign of
        life; ``unknown``: could not be seen.
    lag
        Source records that wait before it.
    quiet_ms
        Milliseconds since it last advanced, gave a sign of life, or had nothing to do; for the source since the last
        record; None where that was never seen.
    """

    name: str
    state: State
    lag: int
    quiet_ms: int | None


@dataclass(slots=True)
class _Memory:
    reached: Marker | None = None
    looked_at: float | None = None
    lively_at: float = 0.0
    advanced_at: float | None = None
    waiting: int = 0


def lag(reached: Marker, target: Marker) -> int:
    """Return how many source records lie between two positions."""
    return sum(max(0, to - reached.get(chain, 0)) for chain, to in target.items())


class StageWatch:
    """Turns a run of sights into states.

    Parameters
    ----------
    patience
        Seconds without progress after which a stage with work before it is stalled, and without a sign of life after
        which it is silent. Long enough for a fold of the whole journal to speak in between.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._memory: dict[str, _Memory] = {}

    def look(self, sights: Mapping[str, Sight], at: float) -> list[Stage]:
        """Return the state of every stage.

        Parameters
        ----------
        sights
            By stage name; a stage without one is unknown.
        at
            Now, on any clock that only moves forward, in seconds.
        """
        return [self._judge(name, sights.get(name), at) for name in NAMES]

    def _judge(self, name: str, sight: Sight | None, at: float) -> Stage:
        memory = self._memory.setdefault(name, _Memory())
        if sight is None or sight.reached is None or sight.target is None:
            return Stage(name, "unknown", 0, None)
        waiting = lag(sight.reached, sight.target)
        moved = memory.reached is not None and sight.reached != memory.reached
        if moved:
            memory.advanced_at = at
        memory.reached = sight.reached
        if name == "source":
            quiet = None if memory.advanced_at is None else at - memory.advanced_at
            return Stage(name, "caught_up", 0, None if quiet is None else int(quiet * 1000))
        # Progress is a sign of life in itself; so is idleness where nobody can ask the process. Work that has only
        # just come is nobody's fault, and after a sleep of our own (a closed laptop) nothing is known of before.
        asleep = memory.looked_at is None or at - memory.looked_at > self._patience / 2
        begun = waiting > 0 and memory.waiting == 0
        idle = waiting == 0 and sight.alive is not False
        if asleep or moved or begun or idle:
            memory.lively_at = at
        memory.looked_at, memory.waiting = at, waiting
        quiet = at - memory.lively_at
        late = quiet >= self._patience
        state: State = "stalled" if late else "moving" if waiting else "caught_up"
        return Stage(name, state, waiting, int(quiet * 1000))
