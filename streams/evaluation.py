"""One evaluation: what the applied entries changed in all spaces, as what is to be said at one marker."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import polars as pl

from alerts.state import AlertState, Moment, Position
from streams.overlay import Overlay
from streams.part_evaluation import PartEvaluation
from streams.tally import Tally
from streams.told import Told

_CELLS = 1 << 18
_KEPT_ROWS = 100_000


@dataclass(slots=True)
class Outcome:
    """What an evaluation has to say; valid for the counts at its moment's marker.

    Attributes
    ----------
    moment
        Clock, today, catalogue and marker.
    events
        New revisions of alerts, in the order to emit them.
    frames
        Rows of aggregates that changed, without those that were spilled.
    series, rows : int
        How many series were judged, and how many rows there are in all.
    """

    moment: Moment
    events: list[AlertState] = field(default_factory=list)
    frames: list[pl.DataFrame] = field(default_factory=list)
    series: int = 0
    rows: int = 0


class Evaluation:
    """Judges what changed since the last evaluation that was sent, space by space.

    Parameters
    ----------
    tally
        The counts. Its changes are taken only by `settle`.
    told
        The emitted alerts.
    catalogue
        Version of the catalogue.
    judged_to
        For each signal the last day that outputs cover, None where they cover nothing.
    overlay
        Rows that outputs hold beyond the tally's known marker.
    cells
        Counts judged at once.
    """

    def __init__(
        self,
        tally: Tally,
        told: Told,
        catalogue: str,
        judged_to: Sequence[int | None] | None = None,
        overlay: Overlay | None = None,
        cells: int = _CELLS,
    ) -> None:
        self._tally = tally
        self._told = told
        self._catalogue = catalogue
        days = list(judged_to or [None] * len(tally.signals))
        self._parts = [
            PartEvaluation(part, told, [days[i] for i in tally.numbers[space].tolist()], overlay or Overlay(), cells)
            for space, part in tally.parts.items()
        ]

    def moment(self) -> Moment | None:
        """Return the present moment, None before the first entry."""
        clock, today, marker = self._tally.clock, self._tally.today, self._tally.marker
        if clock is None or today is None:
            return None
        positions = tuple(Position(topic, partition, to) for (topic, partition), to in marker.items())
        return Moment(clock, today, self._catalogue, positions, marker.marker_id())

    def evaluate(self, spill: Callable[[pl.DataFrame], None] | None = None) -> Outcome | None:
        """Return what is to be said now; None before the first entry. Changes nothing, so that it can be repeated.

        Parameters
        ----------
        spill
            Takes rows that are too many to be kept; without it all are in the outcome.
        """
        moment = self.moment()
        if moment is None:
            return None
        outcome = Outcome(moment)
        for part in self._parts:
            for series, events, frames in part.judged(moment):
                outcome.series += series
                outcome.events += events
                outcome.frames += frames
                outcome.rows += sum(frame.height for frame in frames)
                if spill is not None and sum(frame.height for frame in outcome.frames) > _KEPT_ROWS:
                    spill(pl.concat(outcome.frames))
                    outcome.frames.clear()
        return outcome

    def settle(self, outcome: Outcome) -> None:
        """Take it that an outcome was sent, whole."""
        for part in self._parts:
            part.settle(outcome.moment.today)
        for state in outcome.events:
            self._told.note(state)
