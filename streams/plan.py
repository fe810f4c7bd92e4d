"""Which method judges which series on which days, worked out once from the catalogue."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from alerts.spans import gap_of
from catalogue.levels import LEVELS
from catalogue.model import BESIDE, SHARES, MethodUse, Policy, Signal
from detectors import Detector, build
from detectors.policies.agreement import Agreement

ORIGIN = (dt.date(2000, 1, 3) - dt.date(1970, 1, 1)).days
"""First day that a method without bounded memory looks at: a Monday before every report that intake takes for real."""

ALWAYS = 1 << 30
"""A day after all days; minus it, a day before all."""

WEEK = 7
_EPOCH = dt.date(1970, 1, 1)
_LEAST_LEAD = 27
_TRIAL_DAYS = 70


@dataclass(frozen=True, slots=True)
class Use:
    """One method with its parameters, as some signals use it at some level.

    Attributes
    ----------
    number
        Position in `Plan.uses`.
    stated
        What the catalogue says.
    heard
        Whether its alarms can make its policy's: it speaks, or is the fallback.
    detector
        The method, built.
    lookback
        Days before a judged one that it has to see; None: all since `ORIGIN`.
    memory
        Days for which a case can make it alarm on later days, or keep it from alarming; None: for ever.
    forgets
        Whether it is silent once all it has to see are days without a case.
    beside, share
        Whether it looks at denominators, and whether it judges shares of them.
    """

    number: int
    stated: MethodUse
    heard: bool
    detector: Detector
    lookback: int | None
    memory: int | None
    forgets: bool
    beside: bool
    share: bool


@dataclass(frozen=True, slots=True)
class Term:
    """A use and the days on which it is in force, both included; `ALWAYS` where open."""

    use: Use
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Voice:
    """Which methods speak, and how many of them must agree, as some policies say.

    Attributes
    ----------
    number
        Position in `Plan.voices`.
    agreement
        What makes their alarms one.
    methods
        Those that speak.
    """

    number: int
    agreement: Agreement
    methods: tuple[str, ...]

    @property
    def heard(self) -> tuple[str, ...]:
        """Return the methods that speak, and the one that does where they cannot."""
        aside = self.agreement.fallback
        return self.methods if aside is None or aside in self.methods else (*self.methods, aside)


@dataclass(frozen=True, slots=True)
class Turn:
    """A voice and the days on which it is in force, both included; `ALWAYS` where open."""

    voice: Voice
    first: int
    last: int


class Plan:
    """The dated rules of all signals, with equal ones shared, so that many series are judged in one call.

    Parameters
    ----------
    signals
        In the order of their numbers in the cube.

    Attributes
    ----------
    uses
        Every distinct use.
    voices
        Every distinct voice.
    """

    def __init__(self, signals: Sequence[Signal]) -> None:
        self.uses: list[Use] = []
        self.voices: list[Voice] = []
        self._numbers: dict[tuple[str, str, bool, int, str | None], Use] = {}
        self._terms = [[self._merged(signal, level) for level in range(len(LEVELS))] for signal in signals]
        self._turns = [[self._voiced(signal, level) for level in range(len(LEVELS))] for signal in signals]
        self._leads = [
            max([_LEAST_LEAD, *(term.use.lookback or 0 for terms in levels for term in terms)])
            for levels in self._terms
        ]

    def terms(self, signal: int, level: int) -> tuple[Term, ...]:
        """Return the terms of a signal at a level, oldest version first."""
        return self._terms[signal][level]

    def turns(self, signal: int, level: int) -> tuple[Turn, ...]:
        """Return the voices of a signal at a level, oldest version first; none where methods are only shown."""
        return self._turns[signal][level]

    def lead(self, signal: int) -> int:
        """Return the days before a judged day that the methods of a signal with bounded memory look at."""
        return self._leads[signal]

    def horizon(self, signal: int) -> int | None:
        """Return how many days a count is remembered by the methods of a signal; None: for ever."""
        uses = [term.use for terms in self._terms[signal] for term in terms]
        if not all(use.forgets for use in uses):
            return None
        return max([_LEAST_LEAD, *(use.memory or 0 for use in uses)])

    def gap(self, signal: int, level: int) -> int:
        """Return the largest distance of two alarm days that could still make one episode."""
        stated = (term.use.stated for term in self._terms[signal][level] if term.use.heard)
        return max((gap_of(use.method, use.parameters) for use in stated), default=0)

    def _merged(self, signal: Signal, level: int) -> tuple[Term, ...]:
        """Return the terms at one level; a use that neighbouring versions repeat is one term."""
        terms: list[Term] = []
        for judging in signal.judgings:
            first = _day(judging.valid_from, -ALWAYS)
            last = _day(judging.valid_to, ALWAYS)
            policy = judging.levels.get(LEVELS[level])
            for stated in policy.uses if policy else ():
                use = self._use(stated, policy is not None and stated.method in policy.heard)
                at = next((i for i, t in enumerate(terms) if t.use is use and t.last == first - 1), None)
                if at is None:
                    terms.append(Term(use, first, last))
                else:
                    terms[at] = Term(use, terms[at].first, last)
        return tuple(terms)

    def _voiced(self, signal: Signal, level: int) -> tuple[Turn, ...]:
        """Return the turns at one level; a voice that neighbouring versions repeat has one turn."""
        turns: list[Turn] = []
        for judging in signal.judgings:
            policy = judging.levels.get(LEVELS[level])
            if policy is None or not policy.voices:
                continue
            first, last = _day(judging.valid_from, -ALWAYS), _day(judging.valid_to, ALWAYS)
            voice = self._voice(policy)
            if turns and turns[-1].voice is voice and turns[-1].last == first - 1:
                turns[-1] = Turn(voice, turns[-1].first, last)
            else:
                turns.append(Turn(voice, first, last))
        return tuple(turns)

    def _voice(self, policy: Policy) -> Voice:
        agreement = Agreement(policy.agree, policy.minimum, policy.fallback)
        for voice in self.voices:
            if (voice.agreement, voice.methods) == (agreement, policy.voices):
                return voice
        self.voices.append(Voice(len(self.voices), agreement, policy.voices))
        return self.voices[-1]

    def _use(self, stated: MethodUse, heard: bool) -> Use:
        key = (stated.method, stated.parameters_json, heard, stated.minimum, stated.severity)
        if key not in self._numbers:
            detector, forgets = _built(stated.method, stated.parameters_json)
            use = Use(
                number=len(self.uses),
                stated=stated,
                heard=heard,
                detector=detector,
                lookback=detector.lookback,
                memory=getattr(detector, "memory", detector.lookback),
                forgets=forgets,
                beside=stated.method in BESIDE,
                share=stated.method in SHARES,
            )
            self._numbers[key] = use
            self.uses.append(use)
        return self._numbers[key]


@lru_cache(maxsize=4096)
def _built(method: str, parameters_json: str) -> tuple[Detector, bool]:
    """Return a detector and whether it forgets; the trial that tells takes longer than all else here."""
    detector = build(method, json.loads(parameters_json))
    return detector, _forgets(detector, method in BESIDE)


def _forgets(detector: Detector, beside: bool) -> bool:
    if detector.lookback is None:
        return False
    days = detector.lookback + _TRIAL_DAYS
    dates = np.arange(days).astype("datetime64[D]")
    among = np.full((1, days), 100.0) if beside else None
    verdicts = detector.judge(np.zeros((1, days), np.int64), first=detector.lookback, dates=dates, population=among)
    return not verdicts.alarm.any()


def _day(day: dt.date | None, open_end: int) -> int:
    return open_end if day is None else (day - _EPOCH).days
