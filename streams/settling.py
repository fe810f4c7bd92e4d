"""Laboratory results on their way to be counted: what outputs know of first, and one patient's repeats once."""

from collections.abc import Iterator, Mapping, Sequence

from schemas.marker import Marker
from streams.known_first import KnownFirst, Rows
from streams.repeats import Repeats


class Settling:
    """Turns what stands into what counts.

    Parameters
    ----------
    days
        One patient's results of a pathogen and outcome within so many days count once.
    columns
        What is read of a counted result.
    known
        How far outputs know the journals, each marker once.
    """

    def __init__(self, days: int, columns: Sequence[str], known: Sequence[Marker]) -> None:
        self._repeats = Repeats(days, columns)
        self._known_first = KnownFirst(known)

    def counting(self, rows: Rows, topic: str, reached: Mapping[int, int]) -> Iterator[Rows]:
        """Return the rows that now count and that no longer do.

        Parameters
        ----------
        rows
            Those that now stand and that no longer do, of entries of one partition.
        topic
            Source topic of their journal.
        reached
            By partition the source offset up to which rows were given, these included.
        """
        for some in self._known_first.ready(rows, topic, reached):
            yield Rows(*self._repeats.settled(*some[:4]), some.fresh)
