"""Symptom codes of entry declarations: what travellers declare, and what is asked of them."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@cache
def symptoms() -> Mapping[str, tuple[str, str]]:
    """Return the name of each code in Chinese and English, in the order of the table."""
    lines = (files("schemas") / "tables" / "symptoms.csv").read_text("utf-8").splitlines()
    return MappingProxyType({row["code"]: (row["name_zh"], row["name_en"]) for row in csv.DictReader(lines)})
