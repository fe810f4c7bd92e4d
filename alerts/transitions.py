"""From what was emitted and what is computed now to the events that lead from one to the other."""

from collections.abc import Callable, Iterable, Sequence

from alerts.state import AlertState, Computed, Moment

CountsBetween = Callable[[int, int], Sequence[int]]


def transitions(
    emitted: Iterable[AlertState],
    computed: Iterable[Computed],
    moment: Moment,
    counts_between: CountsBetween,
) -> list[AlertState]:
    """Return the new revisions of one series' alerts, in the order to emit them; empty where nothing changed.

    Parameters
    ----------
    emitted
        Last emitted state of every alert of this signal and area, in any state.
    computed
        Episodes that the counts give now (`alerts.assembly.assemble`).
    moment
        Clock, today, catalogue version and marker of the evaluation.
    counts_between
        ``counts_between(first, last)`` gives the present daily counts of the series, both days included.
    """
    raise NotImplementedError
