"""What was told of alerts: the newest emitted state of each, and how far back a change may alter them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from alerts.state import AlertState

Place = tuple[str, str]
"""Signal id and area code of a series."""


class Told:
    """The last emitted state of every alert, by series.

    The alarm days before the earliest changed day of a series stand in the states of its current alerts, so nothing
    else has to be remembered of the past.
    """

    def __init__(self, states: Iterable[AlertState] = ()) -> None:
        self._places: dict[Place, dict[str, AlertState]] = defaultdict(dict)
        self._open: set[Place] = set()
        for state in states:
            self.note(state)

    def note(self, state: AlertState) -> None:
        """Take an emitted state as the newest of its alert."""
        place = (state.signal, state.area)
        of_place = self._places[place]
        of_place[state.alert_id] = state
        if any(each.state == "OPEN" for each in of_place.values()):
            self._open.add(place)
        else:
            self._open.discard(place)

    def of(self, place: Place) -> Mapping[str, AlertState]:
        """Return the states of a series by alert id."""
        return self._places.get(place, {})

    def open_places(self) -> frozenset[Place]:
        """Return the series with an open alert."""
        return frozenset(self._open)

    def places(self) -> Iterable[Place]:
        """Return every series that ever had an alert."""
        return self._places.keys()

    def open_alerts(self) -> int:
        """Return how many alerts are open."""
        return sum(state.state == "OPEN" for place in self._open for state in self._places[place].values())

    def since(self, place: Place, day: int, gap: int) -> int:
        """Return the day from which the episodes of a series must be worked out anew when it changed on `day`.

        That is the start of the run of episodes (each renewing the one before) that an alarm on `day` or later could
        join, or whose end it could bring; `day` itself where there is none.

        Parameters
        ----------
        place
            The series.
        day
            Earliest changed or newly judged day.
        gap
            Largest distance of two alarm days of one episode.
        """
        current = {name: state for name, state in self.of(place).items() if state.current}
        before = [state for state in current.values() if state.first_day < day]
        if not before:
            return day
        root = max(before, key=lambda state: state.first_day)
        if root.state == "ENDED" and root.last_day + gap < day:
            return day
        while root.continues in current:
            root = current[root.continues]
        return root.first_day

    def concerned(self, place: Place, since: int, day: int) -> list[AlertState]:
        """Return the states that a new working out may alter.

        Parameters
        ----------
        place
            The series.
        since
            As the method of that name gave it.
        day
            Earliest changed day.
        """
        return [state for state in self.of(place).values() if state.first_day >= since or state.last_day >= day]
