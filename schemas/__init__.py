"""What is said: Avro schemas, code tables, wire codec, journal entries, the edge."""
