"""The embedded profile: Apache Kafka and the ClickHouse engine as child processes, nothing installed system-wide."""
