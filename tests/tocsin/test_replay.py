"""A replay keeps the order, tells the clock only behind what was acknowledged, and goes on where it stopped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pytest

from schemas.sources import CASE_REPORTS, LAB_RESULTS
from streams.casting import Refused
from tocsin.replay import Released, replay


class Recorder:
    """Notes what a replay asks of its publisher, in order."""

    def __init__(self, refuse: int | None = None) -> None:
        self.log: list[tuple[str, int]] = []
        self.refuse = refuse

    def send_all(
        self, records: Iterable[Mapping[str, object]], *, replay_clocks: Sequence[int]
    ) -> list[Refused | None]:
        outcome: list[Refused | None] = []
        for record, clock in zip(records, replay_clocks, strict=True):
            if record["n"] == self.refuse:
                outcome.append(Refused("n", "bad_code"))
            else:
                self.log.append(("sent", clock))
                outcome.append(None)
        return outcome

    def flush(self) -> None:
        self.log.append(("flushed", 0))

    def tick(self, clock: int) -> None:
        self.log.append(("tick", clock))


RELEASED = [Released(1_000 * n, {"n": n}) for n in range(1, 6)]


def test_everything_is_sent_in_order_and_acknowledged_before_the_clock_moves_past_it() -> None:
    recorder = Recorder()
    assert replay(RELEASED, senders={CASE_REPORTS.name: recorder}, tick=recorder.tick, speed=1e6) == 5
    sent = [at for what, at in recorder.log if what == "sent"]
    assert sent == [item.moment for item in RELEASED]
    acknowledged: list[int] = []
    waiting: list[int] = []
    for what, at in recorder.log:
        if what == "sent":
            waiting.append(at)
        elif what == "flushed":
            acknowledged, waiting = acknowledged + waiting, []
        else:
            assert all(item.moment in acknowledged for item in RELEASED if item.moment <= at)


def test_an_interrupted_replay_goes_on_behind_the_last_tick() -> None:
    recorder = Recorder()
    assert replay(RELEASED, senders={CASE_REPORTS.name: recorder}, tick=recorder.tick, speed=1e6, after=3_000) == 2


def test_another_file_behind_the_clock_is_sent_at_once_and_as_late_as_it_is() -> None:
    recorder = Recorder()
    assert (
        replay(RELEASED, senders={CASE_REPORTS.name: recorder}, tick=recorder.tick, speed=1e6, after=3_000, resend=True)
        == 5
    )
    assert [at for what, at in recorder.log if what == "sent"] == [3_000, 3_000, 3_000, 4_000, 5_000]


def test_the_clock_goes_on_to_the_end_without_reports() -> None:
    recorder = Recorder()
    replay(RELEASED, senders={CASE_REPORTS.name: recorder}, tick=recorder.tick, speed=1e6, until=60_000)
    assert recorder.log[-1] == ("tick", 60_000)


def test_a_refused_record_stops_the_replay_unless_somebody_is_told() -> None:
    recorder = Recorder(refuse=3)
    with pytest.raises(Refused):
        replay(RELEASED, senders={CASE_REPORTS.name: recorder}, tick=recorder.tick, speed=1e6)
    told: list[Released] = []
    recorder = Recorder(refuse=3)
    assert (
        replay(
            RELEASED,
            senders={CASE_REPORTS.name: recorder},
            tick=recorder.tick,
            speed=1e6,
            refused=lambda item, why: told.append(item),
        )
        == 4
    )
    assert told == [RELEASED[2]]


def test_each_source_has_its_sender_and_the_clock_waits_for_all_of_them() -> None:
    cases, labs = Recorder(), Recorder()
    labs.log = cases.log
    released = [Released(1_000, {"n": 1}), Released(1_000, {"n": 2}, LAB_RESULTS.name)]
    sent = replay(
        released, senders={CASE_REPORTS.name: cases, LAB_RESULTS.name: labs}, tick=cases.tick, speed=1e6, until=1_000
    )
    assert sent == 2
    what = [each for each, _ in cases.log]
    assert what == ["sent", "sent", "flushed", "flushed", "tick"]
