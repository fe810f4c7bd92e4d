"""What the sinks tell Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

ROWS = Counter("tocsin_sink_rows", "Rows inserted", ["table"])
INSERT_SECONDS = Histogram(
    "tocsin_sink_insert_seconds",
    "Time of one insert of one block",
    ["table"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
RETRIES = Counter("tocsin_sink_clickhouse_retries", "Requests that ClickHouse did not answer or refused for now")
CLICKHOUSE_UP = Gauge("tocsin_sink_clickhouse_up", "1 while ClickHouse answers the sinks")
MESSAGES = Counter("tocsin_sink_messages", "Messages read", ["stage"])
IGNORED = Counter("tocsin_sink_ignored_messages", "Messages that extend no chain: a dead writer's", ["stage"])
LAG = Gauge("tocsin_sink_lag_messages", "Messages that the tables are behind the topic", ["stage", "partition"])
CLOCK = Gauge("tocsin_sink_clock_milliseconds", "Clock of the last row that is in the tables", ["stage"])
FLUSHED = Gauge("tocsin_sink_flushed_timestamp_seconds", "When rows and progress were last written", ["stage"])
ALIVE = Gauge("tocsin_sink_alive_timestamp_seconds", "Dead-man signal: moves each second while the process is well")
REBUILDS = Counter("tocsin_sink_rebuilds", "Times that all tables were emptied and folded again", ["reason"])
