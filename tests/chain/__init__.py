"""The whole chain on real parts: broker, intake, detection, sink, ClickHouse engine."""
