"""What a fold of the outputs shows: the current rows and alerts, without the traces of how they came about."""

import dataclasses
from collections.abc import Iterable
from typing import Any

import polars as pl

from alerts.state import AlertState
from streams.aggregate_rows import KEY

HISTORY = {"revision", "kind", "opened_at", "deadline", "speaks", "speaks_because", "clock", "marker", "marker_id"}


def current_rows(frames: Iterable[pl.DataFrame]) -> pl.DataFrame:
    """The newest row of each cell, without those that were taken back."""
    frames = list(frames)
    if not frames:
        return pl.DataFrame()
    newest = pl.concat(frames).unique(KEY, keep="last", maintain_order=True)
    alarms = [pl.col(name).fill_null(False) for name in newest.columns if name.endswith("alarm")]
    return newest.filter((pl.col("count") != 0) | pl.any_horizontal(alarms)).sort(KEY)


def current_alerts(states: Iterable[AlertState]) -> list[dict[str, Any]]:
    """The current alerts' content, by id."""
    newest = {state.alert_id: state for state in states}
    return [
        {name: value for name, value in dataclasses.asdict(state).items() if name not in HISTORY}
        for _, state in sorted(newest.items())
        if state.current
    ]
