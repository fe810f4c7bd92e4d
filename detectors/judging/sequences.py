"""Sequential tests: cases and what was expected add up until an alarm, or until the planned end."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Followed(NamedTuple):
    """Sequences step by step, (steps, series) each.

    `before` are the cases of the sequence before a step, `amount` what it amounts to with the step; `ended` are steps
    after the end of the only sequence, and `beyond` those that are longer than a sequence by themselves.
    """

    before: Floats
    amount: Floats
    score: Floats
    alarm: Flags
    ended: Flags
    beyond: Flags


def follow(
    cases: Floats, amounts: Floats, limit: float, repeat: bool, decide: Callable[[Floats, Floats], tuple[Floats, Flags]]
) -> Followed:
    """Follow the sequences of many series.

    Parameters
    ----------
    cases, amounts : (steps, series)
        Cases of each step, and what it adds to the length of the sequence (expected cases, or all events).
    limit : float
        The length at which a sequence is over: a step that would pass it is no longer part of it.
    repeat : bool
        Whether the next sequence follows, after an alarm and after the end.
    decide : callable
        Score and alarm from the cases and the length of the sequences so far.
    """
    shape = cases.shape
    before, amount, score = np.empty(shape), np.empty(shape), np.empty(shape)
    alarm, ended = np.empty(shape, dtype=np.bool_), np.empty(shape, dtype=np.bool_)
    total, length, over = np.zeros(shape[1]), np.zeros(shape[1]), np.zeros(shape[1], dtype=np.bool_)
    for step in range(shape[0]):
        full = length + amounts[step] > limit
        if repeat:
            total, length = np.where(full, 0, total), np.where(full, 0, length)
        else:
            over = over | full
        before[step] = total
        total, length = total + cases[step], length + amounts[step]
        amount[step] = length
        score[step], alarm[step] = decide(total, length)
        ended[step] = over
        alarm[step] &= ~over
        if repeat:
            total, length = np.where(alarm[step], 0, total), np.where(alarm[step], 0, length)
        else:
            over = over | alarm[step]
    return Followed(before, amount, score, alarm, ended, amounts > limit)
