"""Where it lands: ClickHouse tables and their writers."""
