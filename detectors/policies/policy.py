"""Policy: several methods on the same counts, and one alarm from what they say together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.judging.counts import Counts, CountsLike
from detectors.judging.parameters import ParameterError, flag, whole
from detectors.judging.protocol import Dates, Detector
from detectors.judging.verdicts import Reason, Verdicts
from detectors.judging.windows import prefix_sums, window_sums
from detectors.methods import build
from detectors.policies.agreement import Agree, Agreement, Word


@dataclass(frozen=True, slots=True)
class Member:
    """One method of a policy.

    Parameters
    ----------
    detector : Detector
        As `detectors.build` gives it.
    speaks : bool
        True for a voice, whose alarms count; False for a method that is only shown beside them.
    minimum : int
        An alarm of this method is heard on a week with at least so many cases.
    name : str
        Unique within the policy; the method's own name if not given.
    """

    detector: Detector
    speaks: bool = True
    minimum: int = 1
    name: str = ""

    def __post_init__(self) -> None:
        flag("speaks", self.speaks)
        whole("minimum", self.minimum, least=1)
        if not isinstance(self.name, str):
            raise ParameterError(f"name must be a text, not {self.name!r}")
        if not self.name:
            object.__setattr__(self, "name", self.detector.name)

    def word(self, verdicts: Verdicts, week: NDArray[np.int64]) -> Word:
        """Return what is heard of the method's verdicts."""
        heard = verdicts.alarm & (week >= self.minimum) if self.minimum > 1 else verdicts.alarm
        return Word(heard, verdicts.reason == Reason.JUDGED)


@dataclass(frozen=True, slots=True)
class PolicyVerdicts:
    """What a policy and its members say of S series and the judged steps `first` … T-1.

    Parameters
    ----------
    alarm : (S, T-first) bool
        Whether the policy alarms.
    agreeing, able : (S, T-first) uint8
        How many voices are heard, and how many could judge.
    reason : (S, T-first) uint8
        `Reason.JUDGED`, or where nobody could judge why the first voice could not (without a voice, the first member).
    week : (S, T-first) int64
        Cases of the `window` steps that end with the judged one; a missing step adds none.
    members : dict
        Each member's own verdicts, by name. Their alarms are as the method gives them, before any minimum.
    heard : dict
        Each member's alarms on a week of at least its minimum, by name.
    """

    alarm: NDArray[np.bool_]
    agreeing: NDArray[np.uint8]
    able: NDArray[np.uint8]
    reason: NDArray[np.uint8]
    week: NDArray[np.int64]
    members: dict[str, Verdicts]
    heard: dict[str, NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Policy:
    """Some methods, and how their words make one alarm; holds no state, so that threads may share it.

    Prefer it to a single method where two see different things: a rule by level and one by season must agree before a
    frequent disease disturbs anyone (``agree="all"``); a single case or a cluster is enough for a rare one
    (``agree="any"``). Members that do not speak are judged and shown.

    Parameters
    ----------
    members : sequence of Member
        Their names differ.
    agree : "any", "all" or int
        How many voices must alarm.
    minimum : int
        No alarm on a week with fewer cases, whatever the members say.
    fallback : str, optional
        Name of the member that decides alone where fewer voices can judge than must agree. Without it, all that can
        judge must agree; see :class:`detectors.policies.nation.agreement.Agreement`.
    window : int
        Steps of a week, over which minimums count: 7 for days, 1 for weeks.

    Raises
    ------
    ParameterError
        No member, two of one name, an agreement that cannot be reached, or a fallback that is no member.

    Examples
    --------
    C1 and C2 must agree; until C2 has its nine days of history, every case of a week with two is an alarm.

    >>> from detectors import build_policy
    >>> members = [{"method": "c1"}, {"method": "c2"}, {"method": "single_case", "speaks": False}]
    >>> policy = build_policy({"members": members, "agree": "all", "fallback": "single_case", "minimum": 2})
    >>> verdicts = policy.judge([[0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 9]])
    >>> verdicts.alarm[0].astype(int)
    array([0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    >>> verdicts.able[0], verdicts.agreeing[0, -1]
    (array([0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 2], dtype=uint8), np.uint8(2))
    """

    members: Sequence[Member]
    agree: Agree = "any"
    minimum: int = 1
    fallback: str | None = None
    window: int = 7
    _agreement: Agreement = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.members:
            raise ParameterError("members must name at least one method")
        object.__setattr__(self, "members", tuple(self.members))
        names = [member.name for member in self.members]
        for name in names:
            if names.count(name) > 1:
                raise ParameterError(f"members must have different names; {name!r} stands twice")
        whole("window", self.window, least=1)
        object.__setattr__(self, "_agreement", Agreement(self.agree, self.minimum, self.fallback))
        self._agreement.check(self.voices, names)

    @property
    def voices(self) -> list[str]:
        """Names of the members that speak."""
        return [member.name for member in self.members if member.speaks]

    @property
    def lookback(self) -> int | None:
        """Steps before a judged one that can influence its verdict; None: all since the first column."""
        steps = [self.window - 1] if any(m.minimum > 1 for m in self.members) or self.minimum > 1 else [0]
        for member in self.members:
            if member.detector.lookback is None:
                return None
            steps.append(member.detector.lookback)
        return max(steps)

    def judge(
        self,
        counts: CountsLike,
        *,
        first: int = 0,
        dates: Dates | None = None,
        population: NDArray[np.float64] | None = None,
    ) -> PolicyVerdicts:
        """Judge the columns `first` … T-1 by every member; see :meth:`detectors.judging.protocol.Detector.judge`.

        Raises
        ------
        ValueError
            As the members do: counts that are no counts, `first` outside 0 … T, dates or population that a member
            needs and does not get.
        """
        checked = Counts.of(counts)
        said = {
            member.name: member.detector.judge(checked, first=first, dates=dates, population=population)
            for member in self.members
        }
        return self.combine(said, week_sums(checked, first, self.window))

    def combine(self, said: Mapping[str, Verdicts], week: NDArray[np.int64]) -> PolicyVerdicts:
        """Return what the policy makes of verdicts that its members gave already.

        Parameters
        ----------
        said : mapping
            Each member's verdicts on the same cells, by the member's name.
        week : (S, T-first) int64
            Cases of the `window` steps that end with each cell.
        """
        words = {member.name: member.word(said[member.name], week) for member in self.members}
        decision = self._agreement.decide(words, self.voices, week)
        reason = said[(self.voices or [self.members[0].name])[0]].reason.copy()
        reason[decision.decided] = Reason.JUDGED
        heard = {name: word.heard for name, word in words.items()}
        return PolicyVerdicts(decision.alarm, decision.agreeing, decision.able, reason, week, dict(said), heard)


def week_sums(counts: Counts, first: int, window: int = 7) -> NDArray[np.int64]:
    """Return the known cases of the `window` steps that end with each step from column `first` on, as far as given."""
    left = max(0, first - window + 1)
    return window_sums(prefix_sums(counts.values[:, left:]), first - left, length=window)


_POLICY_KEYS = ("members", "agree", "minimum", "fallback", "window")
_MEMBER_KEYS = ("method", "parameters", "speaks", "minimum", "name")


def build_policy(stated: Mapping[str, Any]) -> Policy:
    """Return a policy from plain data, as a file would hold it.

    Parameters
    ----------
    stated : mapping
        ``members``: a list of mappings with ``method`` and, where they differ from the defaults, ``parameters``,
        ``speaks``, ``minimum`` and ``name``. Besides ``agree``, ``minimum``, ``fallback`` and ``window`` of `Policy`.

    Raises
    ------
    ParameterError
        An unknown key, method or parameter, or a value outside its range.

    Examples
    --------
    >>> from detectors import build_policy
    >>> build_policy({"members": [{"method": "w8"}, {"method": "c2"}], "agree": 3})
    Traceback (most recent call last):
      ...
    detectors.judging.parameters.ParameterError: agree must be at most the 2 methods that speak, not 3
    """
    _known("a policy", stated, _POLICY_KEYS)
    members = stated.get("members", ())
    if isinstance(members, str | Mapping) or not isinstance(members, Sequence):
        raise ParameterError(f"members must be a list, not {members!r}")
    rest = {key: value for key, value in stated.items() if key != "members"}
    return Policy([_member(one) for one in members], **rest)


def _member(stated: Any) -> Member:
    if not isinstance(stated, Mapping):
        raise ParameterError(f"a member must be a mapping, not {stated!r}")
    _known("a member", stated, _MEMBER_KEYS)
    method, parameters = stated.get("method"), stated.get("parameters", {})
    if not isinstance(method, str):
        raise ParameterError(f"method must be a method's name, not {method!r}")
    if not isinstance(parameters, Mapping):
        raise ParameterError(f"parameters must be a mapping, not {parameters!r}")
    rest = {key: value for key, value in stated.items() if key not in ("method", "parameters")}
    return Member(build(method, parameters), **rest)


def _known(what: str, stated: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in stated:
        if key not in keys:
            raise ParameterError(f"{what} has no {key!r}; it has {', '.join(keys)}")
