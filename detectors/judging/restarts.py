"""Sums that start again with each calendar month or year, so that memory is bounded and an old correction dies out."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from detectors.judging.blocks import EVERYTHING, Piece, judge_blocks
from detectors.judging.counts import Counts, CountsLike
from detectors.judging.protocol import Dates
from detectors.judging.verdicts import Block, Reason, Verdicts

RESTARTS = ("month", "year", "none")
LONGEST = {"month": 31, "year": 366}
"""Days, and so at most so many steps, of a run."""
SERIES_AT_ONCE = 1 << 10
"""Measured: a run goes step by step, and with fewer series a step is mostly the call itself."""

Run = Callable[[Piece, Block, int, int, int], None]
"""Judge a run over the columns `start` … `end` of the piece; the block holds its steps after the first `skip`."""


def lookback(restart: str, training: int) -> int | None:
    """Steps that influence a verdict: the run before it and the training before the run."""
    return None if restart == "none" else training + LONGEST[restart] - 1


def judge_runs(
    name: str, counts: CountsLike, first: int, restart: str, training: int, dates: Dates | None, run: Run
) -> Verdicts:
    """Judge run by run; one whose training is not whole has no verdict (TOO_LITTLE_HISTORY).

    Raises
    ------
    ValueError
        No dates where the restart needs them, or dates of another length.
    """
    checked = Counts.of(counts)
    steps = checked.shape[1]
    if restart == "none":

        def judge_whole(piece: Piece, out: Block) -> None:
            _judge(piece, out, training, piece.values.shape[1], training, run)

        return judge_blocks(checked, first, EVERYTHING, judge_whole, least=training, series_at_once=SERIES_AT_ONCE)
    if dates is None:
        raise ValueError(f'{name} with restart "{restart}" needs the date of each step')
    if dates.size != steps:
        raise ValueError(f"dates must be {steps} days, one for each step, not {dates.size}")
    spans = dates.astype("datetime64[M]" if restart == "month" else "datetime64[Y]")
    starts = np.flatnonzero(spans[1:] != spans[:-1]) + 1

    def judge_spans(piece: Piece, out: Block) -> None:
        left = steps - piece.values.shape[1]
        bounds = [int(start) - left for start in starts if start > left] + [piece.values.shape[1]]
        _refuse(out.columns(slice(0, max(0, bounds[0] - piece.judged))))
        for start, end in pairwise(bounds):
            if end > piece.judged:
                _judge(piece, out, start, end, training, run)

    before = training + LONGEST[restart] - 1
    return judge_blocks(checked, first, before, judge_spans, least=0, series_at_once=SERIES_AT_ONCE)


def _judge(piece: Piece, out: Block, start: int, end: int, training: int, run: Run) -> None:
    skip = max(0, piece.judged - start)
    part = out.columns(slice(start + skip - piece.judged, end - piece.judged))
    if start < training:
        _refuse(part)
    else:
        run(piece, part, start, end, skip)


def _refuse(out: Block) -> None:
    out.refuse(np.ones(out.reason.shape, dtype=np.bool_), Reason.TOO_LITTLE_HISTORY)
