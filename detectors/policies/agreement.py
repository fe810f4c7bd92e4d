"""Agreement: how many of a policy's voices must alarm, and who decides where some of them cannot judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from detectors.judging.parameters import ParameterError, whole

Cells = NDArray[np.bool_]
Agree: TypeAlias = Literal["any", "all"] | int


class Word(NamedTuple):
    """What one method says of some cells.

    `heard` is its alarm on a count of at least its own minimum; `able` is where it has a verdict at all.
    """

    heard: Cells
    able: Cells


class Decision(NamedTuple):
    """What a policy makes of its methods' words, cell by cell.

    Parameters
    ----------
    alarm : bool
    agreeing, able : uint8
        How many voices alarm, and how many could judge.
    decided : bool
        Where there is a verdict: some voice, or the fallback, could judge.
    """

    alarm: Cells
    agreeing: NDArray[np.uint8]
    able: NDArray[np.uint8]
    decided: Cells


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many voices must alarm for a policy to alarm.

    Parameters
    ----------
    agree : "any", "all" or int
        One voice, every voice, or so many of them.
    minimum : int
        No alarm on a smaller count of the week.
    fallback : str, optional
        Where fewer voices can judge than must agree, this method's word decides alone; it need not be a voice
        elsewhere. Without one, or where it cannot judge either, all that can judge must agree. So a policy is never
        dumb because one method lacks history.

    Raises
    ------
    ParameterError
        `agree` or `minimum` is none of these.

    Notes
    -----
    Where nobody can judge there is no verdict, and no alarm. Without any voice a policy never alarms.

    Examples
    --------
    >>> import numpy as np
    >>> from detectors.policies.agreement import Agreement, Word
    >>> yes, no = np.array([True, True]), np.array([False, False])
    >>> words = {"w8": Word(yes, yes), "percentile": Word(no, np.array([True, False]))}
    >>> Agreement("all").decide(words, ["w8", "percentile"], np.array([5, 5])).alarm
    array([False,  True])
    """

    agree: Agree = "any"
    minimum: int = 1
    fallback: str | None = None

    def __post_init__(self) -> None:
        if self.agree not in ("any", "all"):
            if isinstance(self.agree, str):
                raise ParameterError(f"agree must be any, all or a whole number, not {self.agree!r}")
            whole("agree", self.agree, least=1)
        whole("minimum", self.minimum, least=1)

    def needed(self, voices: int) -> int:
        """Return how many of so many voices must alarm."""
        if self.agree == "any":
            return 1
        return voices if self.agree == "all" else int(self.agree)

    def check(self, voices: Sequence[str], methods: Sequence[str]) -> None:
        """Refuse an agreement that these voices, among all methods, could never or need never reach.

        Raises
        ------
        ParameterError
            More must agree than there are voices, or the fallback is no method of the policy.
        """
        if self.agree != "any" and self.needed(len(voices)) > len(voices):
            raise ParameterError(f"agree must be at most the {len(voices)} methods that speak, not {self.agree!r}")
        if self.agree == "all" and not voices:
            raise ParameterError("agree must be any where no method speaks, not 'all'")
        if self.fallback is not None and self.fallback not in methods:
            raise ParameterError(f"fallback must be one of {', '.join(methods)}, not {self.fallback!r}")
        if self.fallback is not None and not voices:
            raise ParameterError(f"fallback must be left out where no method speaks, not {self.fallback!r}")

    def decide(self, words: Mapping[str, Word], voices: Sequence[str], week: NDArray[np.int64]) -> Decision:
        """Return where the policy alarms.

        Parameters
        ----------
        words
            By method, arrays of one shape; the voices and the fallback must be there.
        voices
            The methods whose alarms count.
        week : int
            Count of the week that ends at each cell.
        """
        agreeing = np.zeros(week.shape, np.uint8)
        able = np.zeros(week.shape, np.uint8)
        for voice in voices:
            agreeing += words[voice].heard & words[voice].able
            able += words[voice].able
        needed = self.needed(len(voices))
        alarm = agreeing >= np.maximum(np.minimum(able, needed), 1)
        decided = able > 0
        if self.fallback is not None:
            instead = (able < needed) & words[self.fallback].able
            alarm = np.where(instead, words[self.fallback].heard, alarm)
            decided = decided | instead
        if self.minimum > 1:
            alarm &= week >= self.minimum
        return Decision(alarm, agreeing, able, decided)
