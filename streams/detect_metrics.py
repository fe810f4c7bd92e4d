"""What detection tells Prometheus."""

from collections.abc import Callable

from prometheus_client import Counter, Gauge, Histogram

EVALUATION = Histogram(
    "tocsin_detect_evaluation_seconds",
    "From counts to rows and alert events, without sending.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60),
)
EMISSION = Histogram(
    "tocsin_detect_emission_seconds",
    "From the first message of an outcome to its last acknowledgement.",
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60),
)
REFOLD = Gauge("tocsin_detect_refold_seconds", "Duration of the refold at the last start.")
SERIES = Gauge("tocsin_detect_dirty_series", "Series that the last evaluation judged.")
OPEN_ALERTS = Gauge("tocsin_detect_open_alerts", "Alerts that are open.")
CLOCK = Gauge("tocsin_detect_clock_seconds", "Highest clock of the applied entries, as a Unix time.")
CLOCK_AGE = Gauge("tocsin_detect_clock_age_seconds", "Wall clock minus the clock of the applied entries.")
LAG = Gauge("tocsin_detect_lag_entries", "Journal entries that are written and not applied.", ["topic", "partition"])
ENTRIES = Counter("tocsin_detect_entries", "Journal entries applied.")
IGNORED = Gauge("tocsin_detect_ignored_entries", "Journal entries that a dead writer left, since the start.")
REPORTS = Counter("tocsin_detect_reports", "Accepted reports folded.")
ROWS = Counter("tocsin_detect_rows", "Rows of aggregates sent.")
EVENTS = Counter("tocsin_detect_alert_events", "Alert events sent.", ["kind"])
CUBE_BYTES = Gauge("tocsin_detect_cube_bytes", "Memory of the counts.")


def watch_clock_age(wall_clock: Callable[[], int], clock: Callable[[], int | None]) -> None:
    """Let the clock's age be worked out whenever it is asked for.

    Parameters
    ----------
    wall_clock, clock
        Milliseconds UTC.
    """

    def age() -> float:
        seen = clock()
        return float("nan") if seen is None else (wall_clock() - seen) / 1000

    CLOCK_AGE.set_function(age)
