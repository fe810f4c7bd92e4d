"""Rows of aggregates that outputs hold beyond what the journal explains, and how not to say them twice."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from catalogue.model import Signal
from streams.aggregate_rows import KEY
from streams.alerting import Work
from streams.placing import Space


class Overlay:
    """Emitted rows that the first evaluation has to compare with as they are, not as they can be recomputed.

    A process that died between two batches of one evaluation leaves some; after a change of the catalogue or of the
    methods it is every row.

    Parameters
    ----------
    emitted
        Rows in the order of emission; the last of each signal, area and day counts.
    """

    def __init__(self, emitted: pl.DataFrame | None = None) -> None:
        self._rows = None if emitted is None or not emitted.height else emitted.unique(KEY, keep="last")
        self._days: dict[tuple[str, str], NDArray[np.int32]] = {}
        if self._rows is not None:
            grouped = self._rows.group_by("signal", "area").agg(pl.col("day").cast(pl.Int32))
            for signal, area, days in grouped.iter_rows():
                self._days[signal, area] = np.array(days, np.int32)

    def __len__(self) -> int:
        return 0 if self._rows is None else self._rows.height

    def stretch(self, first: NDArray[np.int32], signals: Mapping[str, int], series: Mapping[str, int]) -> None:
        """Let the days to judge, (signals, series), begin no later than the first emitted row of each series."""
        for (signal, area), days in self._days.items():
            if signal in signals and area in series:
                at = signals[signal], series[area]
                first[at] = min(first[at], int(days.min()))

    def cells(self, work: Work, signals: Sequence[Signal], space: Space, first: int, last: int) -> NDArray[np.bool_]:
        """Return the cells of some series, from day `first` to day `last`, that have a row here."""
        found = np.zeros((len(work), last - first + 1), np.bool_)
        if not self._days:
            return found
        for row in range(len(work)):
            days = self._days.get((signals[work.signal[row]].id, space.code[work.series[row]]))
            if days is not None:
                inside = days[(days >= first) & (days <= last)]
                found[row, inside - first] = True
        return found

    def without_said(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the rows of a frame that are not here word for word."""
        if self._rows is None:
            return frame
        ours = self._rows.select(frame.columns).cast(frame.schema)
        return frame.join(ours, on=frame.columns, how="anti", nulls_equal=True, maintain_order="left")
