"""Bodies and keys spoiled after they were encoded, the same for every source."""


def tampered(kind: str, key: bytes, value: bytes) -> tuple[bytes, bytes | None]:
    """Return key and value as a careless sender would send them; as they are where `kind` spoils something else."""
    if kind == "truncated":
        return key, value[: 5 + (len(value) - 5) // 2]
    if kind == "trailing":
        return key, value + b"\x02x"
    if kind == "not_utf8":
        return key, value.replace(b"k1:", b"k1\xff")
    if kind == "magic":
        return key, b"\x01" + value[1:]
    if kind == "unknown_schema":
        return key, b"\0\0\0\x0f\xff" + value[5:]
    if kind == "tombstone":
        return key, None
    return {"empty_key": b"", "other_key": b"another"}.get(kind, key), value
