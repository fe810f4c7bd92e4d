"""When a stage is healthy, working, stuck or silent."""

from console.stages import Sight, Stage, StageWatch
from schemas.marker import Marker

PATIENCE = 30.0


def at(*offsets: int) -> Marker:
    return Marker({("case-reports", partition): to for partition, to in enumerate(offsets)})


def looked(watch: StageWatch, sight: Sight, first: int, last: int) -> list[Stage]:
    """Look every second, as the console does."""
    stages = [watch.look({"detect": sight}, now) for now in range(first, last + 1)]
    return [next(stage for stage in each if stage.name == "detect") for each in stages]


def states(watch: StageWatch, sight: Sight, first: int, last: int) -> str:
    return " ".join(dict.fromkeys(stage.state for stage in looked(watch, sight, first, last)))


def test_a_stage_at_its_target_is_caught_up_however_long() -> None:
    assert states(StageWatch(PATIENCE), Sight(at(5, 7), at(5, 7)), 0, 1000) == "caught_up"


def test_a_stage_behind_that_advances_is_moving() -> None:
    watch = StageWatch(PATIENCE)
    for now in range(200):
        (stage,) = looked(watch, Sight(at(now, 0), at(1000, 8)), now, now)
        assert (stage.state, stage.lag) == ("moving", 1000 - now + 8)


def test_a_stage_behind_that_stands_is_stalled_after_patience_and_not_before() -> None:
    watch = StageWatch(PATIENCE)
    assert states(watch, Sight(at(5), at(5)), 0, 99) == "caught_up"
    assert states(watch, Sight(at(5), at(9)), 100, 129) == "moving"
    (stuck,) = looked(watch, Sight(at(5), at(9)), 130, 130)
    assert (stuck.state, stuck.lag, stuck.quiet_ms) == ("stalled", 4, 30_000)
    # Work that goes on arriving is no progress; one step is.
    assert states(watch, Sight(at(5), at(90)), 131, 140) == "stalled"
    assert states(watch, Sight(at(6), at(90)), 141, 141) == "moving"


def test_a_process_that_does_not_answer_is_silent_though_nothing_waits() -> None:
    watch = StageWatch(PATIENCE)
    assert states(watch, Sight(at(5), at(5), alive=True), 0, 10) == "caught_up"
    assert states(watch, Sight(at(5), at(5), alive=False), 11, 39) == "caught_up"
    (silent,) = looked(watch, Sight(at(5), at(5), alive=False), 40, 40)
    assert (silent.state, silent.lag) == ("stalled", 0)
    assert states(watch, Sight(at(5), at(5), alive=True), 41, 41) == "caught_up"


def test_after_a_sleep_of_our_own_nobody_is_accused() -> None:
    watch = StageWatch(PATIENCE)
    assert states(watch, Sight(at(5), at(9)), 0, 5) == "moving"
    assert states(watch, Sight(at(5), at(900)), 3600, 3620) == "moving"
    assert states(watch, Sight(at(5), at(900)), 3621, 3640) == "moving stalled"


def test_what_cannot_be_seen_is_unknown() -> None:
    stages = StageWatch(PATIENCE).look({"intake": Sight(None, at(3))}, 0)
    assert {stage.name: stage.state for stage in stages} == dict.fromkeys(
        ("source", "intake", "detect", "sink"), "unknown"
    )


def test_the_source_tells_how_long_no_record_came() -> None:
    watch = StageWatch(PATIENCE)

    def quiet(now: float, end: Marker) -> int | None:
        return watch.look({"source": Sight(end, end)}, now)[0].quiet_ms

    assert quiet(0, at(5)) is None
    assert quiet(3, at(6)) == 0
    assert quiet(8, at(6)) == 5000


def test_a_partition_that_is_ahead_does_not_hide_one_that_lags() -> None:
    (stage,) = looked(StageWatch(PATIENCE), Sight(at(100, 0), at(50, 20)), 0, 0)
    assert stage.lag == 20
