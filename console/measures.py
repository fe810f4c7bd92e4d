"""What the console tells Prometheus of itself."""

from prometheus_client import Counter, Gauge, Histogram

QUERY_SECONDS = Histogram(
    "tocsin_console_query_seconds",
    "Time of the console's questions to ClickHouse",
    ["query"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15),
)
QUERY_FAILURES = Counter("tocsin_console_query_failures_total", "Questions that ClickHouse did not answer", ["query"])
LISTENERS = Gauge("tocsin_console_listeners", "Pages that follow the stream of updates now")
DROPPED = Counter("tocsin_console_listeners_dropped_total", "Pages cut off because they read too slowly")
OPEN_ALERTS = Gauge("tocsin_console_open_alerts", "Open alerts that the page shows", ["severity"])
READ_AT = Gauge("tocsin_console_last_read_timestamp_seconds", "When the alerts were last read from ClickHouse")
STAGE_LAG = Gauge("tocsin_console_stage_lag_records", "Source records that wait before a stage", ["stage"])
STAGE_STALLED = Gauge("tocsin_console_stage_stalled", "1 where a stage does not move or is silent", ["stage"])
