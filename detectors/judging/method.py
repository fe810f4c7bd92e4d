"""What most methods share: judging in blocks, with the history that they name."""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from detectors.judging.blocks import Piece, judge_blocks
from detectors.judging.counts import CountsLike
from detectors.judging.protocol import Dates
from detectors.judging.verdicts import Block, Verdicts


class BlockMethod(ABC):
    """A method whose verdict depends on a bounded number of steps; see :class:`detectors.judging.protocol.Detector`."""

    __slots__ = ()
    name: ClassVar[str]
    defines_p_value: ClassVar[bool] = False
    needs_history: ClassVar[bool] = True
    """Whether a step with fewer than `lookback` steps before it has no verdict."""

    @property
    @abstractmethod
    def lookback(self) -> int:
        """Steps before a judged one that influence its verdict."""

    @abstractmethod
    def _judge_block(self, piece: Piece, out: Block) -> None:
        """Fill the verdicts of some series."""

    def judge(
        self,
        counts: CountsLike,
        *,
        first: int = 0,
        dates: Dates | None = None,
        population: NDArray[np.float64] | None = None,
    ) -> Verdicts:
        """Judge the columns `first` … T-1; see :meth:`detectors.judging.protocol.Detector.judge`."""
        least = None if self.needs_history else 0
        return judge_blocks(counts, first, self.lookback, self._judge_block, least=least, p_value=self.defines_p_value)
