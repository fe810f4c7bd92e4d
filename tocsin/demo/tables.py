"""The demo's files of real figures: CSV, compressed."""

import csv
import io
import lzma
from collections.abc import Iterator
from importlib import resources


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of ``name.csv.xz`` in this folder; the first line names the fields."""
    raw = (resources.files(__package__) / f"{name}.csv.xz").read_bytes()
    yield from csv.DictReader(io.StringIO(lzma.decompress(raw).decode("utf-8")))
