"""An independent judge: reads the source topics and ClickHouse, shares no code with the pipeline.

Plain loops and SQL only. It imports nothing of ours; it reads the Avro schema files and the area code table,
which are data. Where it and the pipeline disagree, one of them is wrong, and the test says which cell.
"""
