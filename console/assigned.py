"""Marks of records that a demonstration made up, in whole or in part: they stand in the issuer's code.

A page that shows such records says so. Whoever feeds Tocsin with test data may use the same marks.
"""

from collections.abc import Mapping

ASSIGNED = "DEMO-ASSIGNED"
"""Begins the issuer of a real record that was given some fields."""

GENERATED = "DEMO-GENERATED"
"""Begins the issuer of a record that is made up whole."""

COUNTS = (
    f"countIf(startsWith(issuer, '{ASSIGNED}')) AS assigned, countIf(startsWith(issuer, '{GENERATED}')) AS generated"
)
"""What a question that counts records selects besides."""


def marks(*rows: Mapping[str, int]) -> dict[str, int]:
    """Return how many of the counted records were assigned fields, and how many made up."""
    return {name: sum(row[name] for row in rows) for name in ("assigned", "generated")}
