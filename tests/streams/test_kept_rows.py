"""Rows and texts that are kept in arrays come back as they were."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest

from streams.kept_rows import KeptRows
from streams.text_heap import TextHeap

SCHEMA: dict[str, Any] = {
    "name": pl.String(),
    "word": pl.String(),
    "flag": pl.Boolean(),
    "whole": pl.Int32(),
    "number": pl.Float64(),
    "instant": pl.Datetime("ms", "UTC"),
    "hash": pl.UInt64(),
}
NOON = dt.datetime(1969, 12, 31, 12, tzinfo=dt.UTC)


def rows(first: int, height: int) -> pl.DataFrame:
    """Return different rows, of which every third is unknown where it can be."""
    numbers = range(first, first + height)
    unknown = [number % 3 == 0 for number in numbers]
    columns: dict[str, list[Any]] = {
        "word": [f"w{number % 5}" for number in numbers],
        "flag": [number % 2 == 0 for number in numbers],
        "whole": [-number for number in numbers],
        "number": [number / 8 for number in numbers],
        "instant": [NOON + dt.timedelta(hours=number) for number in numbers],
    }
    some = {
        name: [None if gone else value for gone, value in zip(unknown, values, strict=True)]
        for name, values in columns.items()
    }
    names = {"name": [f"{number} 号" for number in numbers], "hash": [2**64 - 1 - number for number in numbers]}
    return pl.DataFrame(names | some, schema_overrides=SCHEMA).select(list(SCHEMA))


def test_rows_come_back_as_they_were() -> None:
    kept = KeptRows(SCHEMA, "name")
    slots = np.concatenate([kept.put(rows(first, 700)) for first in range(0, 4_200, 700)])
    assert len(kept) == np.unique(slots).size == 4_200
    assert kept.take(slots[::-1], list(SCHEMA)).equals(rows(0, 4_200).reverse())
    kept.write(slots[:50], rows(9_000, 50).select("word", "instant"))
    assert kept.take(slots[:51], ["instant", "name", "word"]).equals(
        pl.concat(
            [
                pl.concat([rows(9_000, 50).select("instant", "word"), rows(0, 50).select("name")], how="horizontal"),
                rows(50, 1).select("instant", "word", "name"),
            ]
        ).select("instant", "name", "word")
    )


def test_slots_that_were_given_up_are_used_again() -> None:
    kept = KeptRows(SCHEMA, "name")
    slots = kept.put(rows(0, 3_000))
    size = kept.nbytes
    kept.drop(slots[::2])
    assert len(kept) == 1_500
    again = kept.put(rows(5_000, 1_500))
    assert set(again.tolist()) == set(slots[::2].tolist())
    assert kept.nbytes == size
    assert kept.take(again, list(SCHEMA)).equals(rows(5_000, 1_500))
    assert kept.take(slots[1::2], list(SCHEMA)).equals(rows(0, 3_000).gather_every(2, 1))


def test_no_rows_are_rows_too() -> None:
    kept = KeptRows(SCHEMA, "name")
    assert kept.put(rows(0, 0)).size == 0
    assert kept.take(np.empty(0, np.int64), list(SCHEMA)).equals(rows(0, 0))


def test_texts_of_any_length() -> None:
    heap = TextHeap()
    texts = pl.Series(["", "ä", "x" * 65_535, *(f"第{number}" for number in range(40_000))])
    places = np.concatenate([heap.put(texts[at : at + 999]) for at in range(0, len(texts), 999)])
    assert heap.take(places).equals(texts)
    with pytest.raises(ValueError, match="65536 bytes is too long"):
        heap.put(pl.Series(["x" * 65_536]))
