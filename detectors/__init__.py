"""What judges: one method a file, arrays in, arrays out.

>>> import detectors
>>> verdicts = detectors.build("c2", {"alpha": 0.01}).judge([[0, 1, 0, 2, 1, 0, 1, 0, 1, 7]])
>>> bool(verdicts.alarm[0, -1]), detectors.Reason(verdicts.reason[0, 0]).name
(True, 'TOO_LITTLE_HISTORY')
"""

from detectors import space_time
from detectors.judging.beside import judge_beside
from detectors.judging.counts import Counts
from detectors.judging.parameters import ParameterError
from detectors.judging.protocol import Detector
from detectors.judging.verdicts import Reason, Verdicts
from detectors.methods import build, methods
from detectors.policies.nation import Nation, judge_by_policy
from detectors.policies.policy import Member, Policy, PolicyVerdicts, build_policy

__all__ = [
    "Counts",
    "Detector",
    "Member",
    "Nation",
    "ParameterError",
    "Policy",
    "PolicyVerdicts",
    "Reason",
    "Verdicts",
    "build",
    "build_policy",
    "judge_beside",
    "judge_by_policy",
    "methods",
    "space_time",
]
