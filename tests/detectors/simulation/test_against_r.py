"""The published settings give R's alarms on simulated series, and so R's measures.

`r_alarms.json` holds eight simulated series and the weeks in which R's surveillance 1.20.3 alarmed on them: earsC,
cusum, rki, bayes and farrington by the settings of the published comparison, farringtonFlexible with
`pThresholdTrend = 1`.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from detectors.simulation import tally
from detectors.simulation.entrants import PUBLISHED
from detectors.simulation.scenarios import JUDGED, JUDGED_FROM

SERIES = json.loads((Path(__file__).parent / "r_alarms.json").read_text())["series"]
COUNTS = np.array([series["counts"] for series in SERIES])
CONTESTANTS = {contestant.label: contestant for contestant in PUBLISHED}


def flags(weeks: list[list[int]]) -> np.ndarray:  # type: ignore[type-arg]
    found = np.zeros((len(weeks), JUDGED), dtype=bool)
    for row, marked in enumerate(weeks):
        found[row, np.array(marked, dtype=int) - JUDGED_FROM - 1] = True
    return found


OUTBREAK = flags([series["outbreak_weeks"] for series in SERIES])


@pytest.mark.parametrize("label", list(SERIES[0]["alarm_weeks"]))
def test_the_alarms_are_rs(label: str) -> None:
    changed = {"p_trend": 1.0} if label == "Farrington flexible" else {}
    mine = CONTESTANTS[label].judge(COUNTS, **changed).alarm
    theirs = flags([series["alarm_weeks"][label] for series in SERIES])
    assert theirs.any()
    np.testing.assert_array_equal(mine, theirs)
    one, other = tally(mine, mine, OUTBREAK), tally(theirs, theirs, OUTBREAK)
    assert one.pod() == other.pod()
    assert one.ppv() == other.ppv()
