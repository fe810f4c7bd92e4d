"""Which alerts of clinics, laboratories and ports are one event: by brute force over every pair, and by example."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.joined import SOURCES, TOUCH_DAYS, Heard, joined, place_of
from catalogue.model import SEVERITIES

CLINIC, LABORATORY, PORT = SOURCES

# Places that fold together (Shenzhen and two of its counties, a port in it), and some that do not.
SERIES = [
    ("county", "440305"),
    ("county", "440304/GII.17"),
    ("prefecture", "440300"),
    ("port", "CNSZX"),
    ("conveyance", "CNSZX/ZH123-20200315"),
    ("county", "440106"),
    ("origin", "IT"),
    ("nation", "000000"),
]


@st.composite
def heard(draw: st.DrawFn) -> list[Heard]:
    made = []
    for i in range(draw(st.integers(0, 9))):
        level, area = draw(st.sampled_from(SERIES))
        made.append(
            Heard(
                alert_id=f"{i:02d}",
                source=draw(st.sampled_from([*SOURCES, "observations"])),
                disease=draw(st.sampled_from(["covid19", "cholera"])),
                level=level,
                area=area,
                severity=draw(st.sampled_from(SEVERITIES)),
                days=tuple(sorted(draw(st.sets(st.integers(0, 60), max_size=3)))),
                opened_at=draw(st.integers(0, 2)),
            )
        )
    return made


def meet(one: Heard, other: Heard) -> bool:
    """The definition, word by word."""
    return (
        one.source != other.source
        and {one.source, other.source} <= set(SOURCES)
        and one.disease == other.disease
        and place_of(one.level, one.area) is not None
        and place_of(one.level, one.area) == place_of(other.level, other.area)
        and any(abs(a - b) <= TOUCH_DAYS for a in one.days for b in other.days)
    )


def reached(start: Heard, alerts: list[Heard]) -> frozenset[str]:
    found, edge = {start.alert_id}, [start]
    while edge:
        one = edge.pop()
        for other in alerts:
            if other.alert_id not in found and meet(one, other):
                found.add(other.alert_id)
                edge.append(other)
    return frozenset(found)


@given(heard())
def test_an_event_is_all_that_can_be_reached_by_meetings(alerts: list[Heard]) -> None:
    wanted = {reached(alert, alerts) for alert in alerts}
    events = joined(alerts)
    assert {frozenset(a.alert_id for a in event) for event in events} == {found for found in wanted if len(found) > 1}
    for event in events:
        assert len({alert.source for alert in event}) > 1
        worst = max(SEVERITIES.index(alert.severity) for alert in event)
        first = [a for a in event if SEVERITIES.index(a.severity) == worst]
        source = min(SOURCES.index(a.source) for a in first)
        oldest = min(a.opened_at for a in first if SOURCES.index(a.source) == source)
        lead = event[0]
        assert (SEVERITIES.index(lead.severity), SOURCES.index(lead.source), lead.opened_at) == (worst, source, oldest)


@given(heard(), st.randoms(use_true_random=False))
def test_the_order_of_the_alerts_does_not_matter(alerts: list[Heard], random: object) -> None:
    shuffled = list(alerts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert joined(shuffled) == joined(alerts)


@given(heard(), st.integers(-10_000, 10_000))
def test_only_distances_between_days_matter(alerts: list[Heard], by: int) -> None:
    moved = [
        Heard(a.alert_id, a.source, a.disease, a.level, a.area, a.severity, tuple(d + by for d in a.days), a.opened_at)
        for a in alerts
    ]
    names = [[[a.alert_id for a in event] for event in joined(some)] for some in (alerts, moved)]
    assert names[0] == names[1]


def alert(name: str, source: str, level: str, area: str, *days: int, disease: str = "covid19") -> Heard:
    return Heard(name, source, disease, level, area, "high", days, 0)


@pytest.mark.parametrize(("gap", "events"), [(TOUCH_DAYS, 1), (TOUCH_DAYS + 1, 0)])
def test_days_meet_up_to_a_week_apart(gap: int, events: int) -> None:
    clinic = alert("c", CLINIC, "prefecture", "440300", 10, 11)
    port = alert("p", PORT, "port", "CNSZX", 11 + gap, 40)
    assert len(joined([clinic, port])) == events


def test_clinic_leads_and_counties_come_in_through_the_laboratory() -> None:
    county = alert("a", CLINIC, "county", "440305", 10)
    city = alert("b", CLINIC, "prefecture", "440300", 10)
    assert joined([county, city]) == []
    laboratory = alert("l", LABORATORY, "county", "440304/GII.17", 14)
    assert [[a.alert_id for a in event] for event in joined([laboratory, city, county])] == [["a", "b", "l"]]


def test_another_disease_or_city_is_another_event() -> None:
    clinic = alert("c", CLINIC, "prefecture", "440300", 10)
    assert joined([clinic, alert("x", LABORATORY, "prefecture", "440300", 10, disease="cholera")]) == []
    assert joined([clinic, alert("x", LABORATORY, "prefecture", "440100", 10)]) == []
    assert joined([alert("i", CLINIC, "origin", "IT", 10), alert("o", PORT, "origin", "IT", 10)]) == []


def test_a_municipality_is_one_city_and_unknown_codes_are_no_place() -> None:
    assert place_of("port", "CNPEK") == place_of("county", "110105") == place_of("province", "110000") == "110000"
    assert place_of("county", "420100u") == place_of("county", "420106") == "420100"
    assert place_of("port", "CNXXX") is None
    assert place_of("county", "999999") is None
