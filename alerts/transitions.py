"""From what was emitted and what is computed now to the events that lead from one to the other."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence

from alerts import voice
from alerts.identity import alert_id
from alerts.state import AlertState, Computed, Kind, Moment, Standing

CountsBetween = Callable[[int, int], Sequence[int]]

_HOUR_MS = 3_600_000

# What makes two revisions of a current alert the same; the rest says when and why one was emitted.
_CONTENT = (
    "severity", "last_day", "days", "cases", "cases_7d", "peak_7d", "evidence", "baseline_from", "baseline",
    "clock_hours", "expanded_from_counts", "denominator_7d",
)  # fmt: skip


def transitions(
    emitted: Iterable[AlertState],
    computed: Iterable[Computed],
    moment: Moment,
    counts_between: CountsBetween,
) -> list[AlertState]:
    """Return the new revisions of one series' alerts, in the order to emit them; empty where nothing changed.

    Once they are applied (the last state of each alert kept), the alerts with days are exactly the computed episodes,
    whatever was emitted before, and a second call returns nothing. An alert that no episode backs any more keeps its
    last word: MERGED into the episode that took its days over, else WITHDRAWN if a count under it fell, else ENDED
    because only its baseline moved.

    Parameters
    ----------
    emitted
        Last emitted state of every alert of this signal and area, in any state.
    computed
        Episodes that the counts give now (`alerts.assembly.assemble`).
    moment
        Clock, today, catalogue version and marker of the evaluation.
    counts_between
        ``counts_between(first, last)`` gives the present daily counts of the series, both days included, 0 where
        there is no data.
    """
    before = {state.alert_id: state for state in emitted}
    standing = {alert_id(c.signal, c.area, c.first_day): c for c in sorted(computed, key=lambda c: c.first_day)}
    events = []
    for name, episode in standing.items():
        event = _stands(name, episode, before, moment)
        if event is not None:
            events.append(event)
    for name, old in before.items():
        if name not in standing:
            event = _gone(old, standing, moment, counts_between)
            if event is not None:
                events.append(event)
    return events


def _stands(name: str, episode: Computed, before: Mapping[str, AlertState], moment: Moment) -> AlertState | None:
    old = before.get(name)
    if old is not None and old.current:
        kind = _kind_of_change(old, episode)
        if kind is None:
            return None
        return _revision(name, old, episode, kind, old.opened_at, voice.change(episode, old, moment.today), moment)
    days = set(episode.days)
    kin = [state for state in before.values() if state.current and not days.isdisjoint(state.days)]
    if old is not None:
        because = voice.standing_again(episode, old, kin, moment.today)
        return _revision(name, old, episode, "REOPENED", old.opened_at, because, moment)
    opened_at = min((state.opened_at for state in kin), default=moment.clock)
    because = voice.opening(episode, kin, moment.today)
    return _revision(name, None, episode, "OPENED", opened_at, because, moment)


def _kind_of_change(old: AlertState, episode: Computed) -> Kind | None:
    if old.state == "ENDED" and not episode.ended:
        return "REOPENED"
    if old.state == "OPEN" and episode.ended:
        return "ENDED"
    if not set(episode.days) <= set(old.days) or episode.cases > old.cases:
        return "JOINED"
    same = all(getattr(old, name) == getattr(episode, name) for name in _CONTENT)
    return None if same and old.continues == _continues(episode) else "REVISED"


def _revision(
    name: str, old: AlertState | None, episode: Computed, kind: Kind, opened_at: int, because: str, moment: Moment
) -> AlertState:
    return AlertState(
        alert_id=name,
        revision=old.revision + 1 if old else 1,
        kind=kind,
        state="ENDED" if episode.ended else "OPEN",
        signal=episode.signal,
        disease=episode.disease,
        area=episode.area,
        level=episode.level,
        severity=episode.severity,
        first_day=episode.first_day,
        last_day=episode.last_day,
        days=episode.days,
        cases=episode.cases,
        cases_7d=episode.cases_7d,
        peak_7d=episode.peak_7d,
        evidence=episode.evidence,
        baseline_from=episode.baseline_from,
        baseline=episode.baseline,
        opened_at=opened_at,
        deadline=None if episode.expanded_from_counts else opened_at + episode.clock_hours * _HOUR_MS,
        clock_hours=episode.clock_hours,
        continues=_continues(episode),
        merged_into=None,
        speaks=bool(because),
        speaks_because=because,
        expanded_from_counts=episode.expanded_from_counts,
        catalogue=moment.catalogue,
        clock=moment.clock,
        marker=tuple(moment.marker),
        marker_id=moment.marker_id,
        denominator_7d=episode.denominator_7d,
    )


def _continues(episode: Computed) -> str | None:
    if episode.continues_first is None:
        return None
    return alert_id(episode.signal, episode.area, episode.continues_first)


def _gone(
    old: AlertState, standing: Mapping[str, Computed], moment: Moment, counts_between: CountsBetween
) -> AlertState | None:
    if old.current:
        heir = _heir(old, standing)
        if heir is not None:
            return _last_word(old, "MERGED", heir, moment, counts_between)
        fell = _fell(old, counts_between)
        return _last_word(old, "WITHDRAWN" if fell else "ENDED", None, moment, counts_between)
    # Its baseline had moved before; now the reports under it are taken back as well, which people must be told.
    if old.state == "ENDED" and _fell(old, counts_between):
        return _last_word(old, "WITHDRAWN", None, moment, counts_between)
    return None


def _heir(old: AlertState, standing: Mapping[str, Computed]) -> str | None:
    """Return the name of the episode that holds most of an alert's alarm days, the earliest of equals."""
    best, most = None, 0
    for name, episode in standing.items():
        shared = sum(episode.first_day <= day <= episode.last_day for day in old.days)
        if shared > most:
            best, most = name, shared
    return best


def _cases_from(old: AlertState) -> int:
    """Return the first day under an alert: back from its last day until `cases` are together.

    Days without a case may be missed at the front, and nothing can be taken away from those.
    """
    day, together = old.last_day, old.baseline[-1]
    while day > old.baseline_from and (day > old.first_day or together < old.cases):
        day -= 1
        together += old.baseline[day - old.baseline_from]
    return day


def _fell(old: AlertState, counts_between: CountsBetween) -> bool:
    first = _cases_from(old)
    then = old.baseline[first - old.baseline_from :]
    now = counts_between(first, old.last_day)
    return any(new < told for new, told in zip(now, then, strict=True))


def _last_word(
    old: AlertState, state: Standing, heir: str | None, moment: Moment, counts_between: CountsBetween
) -> AlertState:
    kind: Kind = "WITHDRAWN" if state == "WITHDRAWN" else "MERGED" if state == "MERGED" else "ENDED"
    now = tuple(int(n) for n in counts_between(old.baseline_from, old.last_day))
    withdrawn = state == "WITHDRAWN"
    return dataclasses.replace(
        old,
        revision=old.revision + 1,
        kind=kind,
        state=state,
        days=(),
        cases=sum(now[_cases_from(old) - old.baseline_from :]),
        cases_7d=sum(now[-7:]) if len(now) >= 7 else sum(counts_between(old.last_day - 6, old.last_day)),
        # Told evidence does not fit the present counts any more; the history keeps it with the counts of then.
        evidence=(),
        baseline=now,
        merged_into=heir,
        speaks=withdrawn,
        speaks_because="withdrawn" if withdrawn else "",
        catalogue=moment.catalogue,
        clock=moment.clock,
        marker=tuple(moment.marker),
        marker_id=moment.marker_id,
    )
