"""Reading a golden folder."""

import csv
import gzip
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_MISSING = ("", "NA", "NaN")


class FolderError(ValueError):
    """The folder is not a golden one, or a file of it is broken."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series; `position` is the place of its first step in the period (R's second number of `start`)."""

    identity: str
    counts: Floats
    population: Floats
    dates: NDArray[np.datetime64] | None
    frequency: int
    position: int


@dataclass(frozen=True, slots=True)
class Run:
    """How R's run of a detector's configuration on a series ended; the range is from 1, both ends included."""

    detector: str
    series: str
    done: bool
    message: str
    range_from: int
    range_to: int


@dataclass(frozen=True, slots=True)
class Configuration:
    """One control list of a detector."""

    identity: str
    detector: str
    control: Mapping[str, Any]
    file: str
    runs: list[Run] = field(default_factory=list)


Rows = dict[str, Floats]
"""Columns of the output of one run, by name; missing is NaN."""


class Folder:
    """A golden folder; outputs are read when asked for."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.configurations = {
                entry["config_id"]: Configuration(
                    entry["config_id"], entry["detector"], entry.get("control") or {}, entry["file"]
                )
                for entry in json.loads((path / "configs.json").read_text("utf-8"))
            }
            self.series = {series.identity: series for series in self._read_series()}
            for row in self._rows("runs.csv"):
                configuration = self.configurations[row["config_id"]]
                configuration.runs.append(
                    Run(
                        configuration.detector,
                        row["series_id"],
                        row["status"] == "ok",
                        row["message"],
                        int(_number(row["range_from"], 1)),
                        int(_number(row["range_to"], 0)),
                    )
                )
        except (OSError, KeyError, ValueError) as error:
            raise FolderError(f"{path} is not a golden folder: {error!r}") from error

    def outputs(self, configuration: Configuration) -> dict[str, Rows]:
        """What R gave, by series."""
        lines: dict[str, list[dict[str, str]]] = {}
        for line in self._rows(configuration.file):
            lines.setdefault(line["series_id"], []).append(line)
        return {
            series: {
                column: np.array([_number(line[column], math.nan) for line in rows])
                for column in rows[0]
                if column != "series_id"
            }
            for series, rows in lines.items()
        }

    def _rows(self, name: str) -> Iterator[dict[str, str]]:
        path = self.path / name
        with gzip.open(path, "rt", encoding="utf-8") if name.endswith(".gz") else path.open(encoding="utf-8") as text:
            yield from csv.DictReader(text)

    def _read_series(self) -> Iterator[Series]:
        lines: dict[str, list[dict[str, str]]] = {}
        for line in self._rows("series.csv.gz"):
            lines.setdefault(line["series_id"], []).append(line)
        for row in self._rows("series_index.csv"):
            own = sorted(lines[row["series_id"]], key=lambda line: int(line["t"]))
            dates = None
            if own[0]["date"] not in _MISSING:
                dates = np.array([line["date"] for line in own], dtype="datetime64[D]")
            yield Series(
                row["series_id"],
                np.array([_number(line["count"], math.nan) for line in own]),
                np.array([_number(line["population"], math.nan) for line in own]),
                dates,
                int(row["freq"]),
                int(row["start"].rpartition("-")[2]),
            )


def _number(text: str, missing: float) -> float:
    return missing if text in _MISSING else float({"TRUE": "1", "FALSE": "0"}.get(text, text))
