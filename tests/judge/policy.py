"""Whether a policy alarms on a day, from its methods' words: the rule of docs/catalogue.md in plain loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from tests.judge.methods import judge_day


def alarms(policy: Mapping[str, Any], counts: Sequence[int], day: date) -> bool:
    """Whether a policy alarms on the last of some daily counts.

    Parameters
    ----------
    policy
        ``methods``: for each that speaks or is the fallback ``(method, parameters, minimum, speaks)``; besides
        ``agree``, ``minimum`` and ``fallback``, which may be absent.
    counts
        Cases a day from the calendar origin, or as far back as any method looks.
    day
        Civil day of the last count.
    """
    week = sum(counts[-7:])
    yes = no = 0
    instead = None
    voices = 0
    for method, parameters, minimum, speaks in policy["methods"]:
        said = judge_day(method, parameters, counts, day)
        heard = said is not None and said[2] and week >= minimum
        voices += speaks
        if speaks and said is not None:
            yes, no = (yes + 1, no) if heard else (yes, no + 1)
        if method == policy.get("fallback") and said is not None:
            instead = heard
    agree = policy.get("agree", "any")
    asked = {"any": 1, "all": voices}.get(agree, agree)
    if week < policy.get("minimum", 1):
        return False
    if yes + no < asked and instead is not None:
        return instead
    if yes + no < asked:
        return yes > 0 and no == 0
    return yes >= asked


def alarm_days(policy: Mapping[str, Any], counts: Sequence[int], last: date, days: int) -> list[date]:
    """The last `days` days of some daily counts on which a policy alarms, in order."""
    found = []
    for back in reversed(range(days)):
        day = last - timedelta(days=back)
        if alarms(policy, counts[: len(counts) - back], day):
            found.append(day)
    return found
