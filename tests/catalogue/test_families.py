"""The built-in catalogue says of every disease what law and policy say."""

import datetime as dt
from collections import Counter

import pytest

import detectors
from catalogue.counted import Counted
from catalogue.levels import AREA_LEVELS
from catalogue.model import METHODS, Catalogue, MethodUse, Signal
from schemas.diseases import diseases as codes
from schemas.pathogens import pathogens

SPRING_2020 = dt.date(2020, 2, 13)
TODAY = dt.date(2026, 6, 1)


def speaking(catalogue: Catalogue, signal: str, level: str, day: dt.date = TODAY) -> dict[str, MethodUse]:
    return {u.method: u for u in catalogue.signals[signal].judging_on(day).levels[level].uses if u.speaks}


def cases(catalogue: Catalogue) -> list[Signal]:
    return [signal for signal in catalogue.signals.values() if signal.id.endswith(".cases")]


def classes_on(catalogue: Catalogue, day: dt.date) -> Counter[str]:
    found = (d.class_on(day) for d in catalogue.diseases.values() if d.parent is None)
    return Counter(period.statutory_class for period in found if period is not None)


def test_every_code_is_watched_once(built_in: Catalogue) -> None:
    assert set(built_in.diseases) == set(codes())
    for suffix in ("cases", "imported", "port", "origin"):
        assert all(f"{code}.{suffix}" in built_in.signals for code in codes())
    without_disease = {code for code, pathogen in pathogens().items() if pathogen.disease is None}
    assert {s.disease for s in built_in.signals.values()} == set(codes()) | without_disease | {"entry"}
    assert not without_disease & set(codes())


def test_every_pathogen_is_watched(built_in: Catalogue) -> None:
    for code, pathogen in pathogens().items():
        for suffix in ("positivity", "first", "types"):
            signal = built_in.signals[f"{code}.{suffix}"]
            assert (signal.source, signal.pathogens, signal.repeat_days) == ("lab-results", (code,), 30)
            assert signal.disease == (pathogen.disease or code)
            assert signal.denominator is not None
    positivity = built_in.signals["norovirus.positivity"].judgings[0].levels["county"]
    assert positivity.voices == ("beta_binomial",)
    use = next(use for use in positivity.uses if use.speaks)
    assert (use.parameters["least_tests"], use.parameters["sum_over"], use.parameters["baseline"]) == (30, 7, 4)
    types = built_in.signals["norovirus.types"].judgings[0].levels["nation"]
    assert {use.method: dict(use.parameters) for use in types.uses} == {"k_places": {"k": 2, "window": 30, "places": 2}}


@pytest.mark.parametrize("code", ["plague", "cholera", "sars", "novel_influenza"])
def test_one_quarantinable_traveller_is_an_event_at_the_port(built_in: Catalogue, code: str) -> None:
    judging = built_in.signals[f"{code}.port"].judging_on(TODAY)
    assert (judging.severity, judging.clock_hours) == ("critical", 2)
    assert judging.levels["port"].voices == ("single_case",)


def test_ill_travellers_are_judged_among_arrivals(built_in: Catalogue) -> None:
    ill = built_in.signals["entry.ill"]
    assert isinstance(ill.denominator, Counted)
    assert (ill.denominator.source, ill.denominator.amount) == ("observations", "count")
    policy = ill.judgings[0].levels["port"]
    assert (policy.voices, policy.fallback) == (("beta_binomial",), "w8")
    flight = built_in.signals["entry.conveyance"].judgings[0].levels["conveyance"]
    assert [(use.method, dict(use.parameters)) for use in flight.uses] == [("k_in_window", {"k": 2, "window": 14})]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (dt.date(2026, 4, 1), {"A": 2, "B": 29, "C": 11}),
        (dt.date(2026, 3, 31), {"A": 2, "B": 27, "C": 11}),
        (dt.date(2025, 9, 1), {"A": 2, "B": 27, "C": 11}),
    ],
)
def test_the_list_has_as_many_diseases_as_the_law(built_in: Catalogue, day: dt.date, expected: dict[str, int]) -> None:
    assert classes_on(built_in, day) == expected


def test_covid_changes_class_and_clock_between_two_days(built_in: Catalogue) -> None:
    covid = built_in.diseases["covid19"]
    assert covid.class_on(dt.date(2020, 1, 19)) is None
    for day in (dt.date(2020, 1, 20), dt.date(2023, 1, 7)):
        period = covid.class_on(day)
        assert period is not None
        assert (period.statutory_class, period.managed_as, covid.clock_on(day)) == ("B", "A", 2)
    period = covid.class_on(dt.date(2023, 1, 8))
    assert period is not None
    assert (period.statutory_class, period.managed_as, covid.clock_on(dt.date(2023, 1, 8))) == ("B", "B", 24)


def test_covid_is_judged_by_the_version_in_force(built_in: Catalogue) -> None:
    then = built_in.signals["covid19.cases"].judging_on(SPRING_2020)
    assert (then.severity, then.clock_hours) == ("critical", 2)
    assert speaking(built_in, "covid19.cases", "county", SPRING_2020) == {}
    city = speaking(built_in, "covid19.cases", "prefecture", SPRING_2020)
    assert sorted(city) == ["k_in_window", "single_case", "w8"]
    assert city["k_in_window"].parameters == {"k": 3, "window": 7}
    assert (city["w8"].parameters["p"], city["w8"].minimum) == (0.001, 3)
    now = built_in.signals["covid19.cases"].judging_on(dt.date(2023, 1, 8))
    assert (now.severity, now.clock_hours) == ("low", 24)
    assert sorted(speaking(built_in, "covid19.cases", "county")) == ["w8"]


def test_every_level_lists_every_method_once_and_only_the_three_speak(built_in: Catalogue) -> None:
    for signal in cases(built_in):
        for judging in signal.judgings:
            assert tuple(judging.levels) == AREA_LEVELS
            for policy in judging.levels.values():
                assert tuple(u.method for u in policy.uses) == METHODS
                assert set(policy.voices) <= {"single_case", "k_in_window", "w8"}
                assert (policy.agree, policy.minimum, policy.fallback) == ("any", 1, None)


def test_every_disease_has_a_voice(built_in: Catalogue) -> None:
    silent = {
        signal.disease
        for signal in cases(built_in)
        if not any(policy.voices for judging in signal.judgings for policy in judging.levels.values())
    }
    assert silent == {"influenza_h5n1", "influenza_h7n9"}
    assert silent <= set(built_in.signals["novel_influenza.cases"].diseases)


def test_every_use_is_a_detector_that_exists(built_in: Catalogue) -> None:
    for signal in built_in.signals.values():
        for judging in signal.judgings:
            for policy in judging.levels.values():
                for use in policy.uses:
                    assert detectors.build(use.method, use.parameters).name == use.method


@pytest.mark.parametrize(
    ("signal", "level", "expected"),
    [
        ("plague.cases", "county", {"single_case": {"quiet_days": 0}}),
        ("anthrax_pulmonary.cases", "county", {"single_case": {"quiet_days": 0}}),
        ("plague.cases", "prefecture", {}),
        ("measles.cases", "county", {"single_case": {"quiet_days": 0}, "k_in_window": {"k": 3, "window": 28}}),
        ("measles.cases", "prefecture", {"k_in_window": {"k": 5, "window": 28}}),
        ("rubella.cases", "county", {"single_case": {"quiet_days": 28}, "k_in_window": {"k": 3, "window": 28}}),
        ("dengue.cases", "county", {"single_case": {"quiet_days": 28}, "k_in_window": {"k": 2, "window": 14}}),
        ("rabies.cases", "county", {"single_case": {"quiet_days": 0}, "k_in_window": {"k": 2, "window": 14}}),
        ("kala_azar.cases", "prefecture", {"k_in_window": {"k": 3, "window": 28}}),
    ],
)
def test_policy_by_number(built_in: Catalogue, signal: str, level: str, expected: dict[str, dict[str, int]]) -> None:
    assert {m: dict(u.parameters) for m, u in speaking(built_in, signal, level).items()} == expected


@pytest.mark.parametrize(
    ("signal", "level", "p", "minimum", "window"),
    [
        ("measles.cases", "nation", 0.0001, 5, 7),
        ("mpox.cases", "province", 0.0001, 10, 7),
        ("hfrs.cases", "county", 0.001, 3, 7),
        ("sfts.cases", "prefecture", 0.001, 5, 7),
        ("typhoid_paratyphoid.cases", "county", 0.001, 3, 7),
        ("dysentery.cases", "county", 0.001, 5, 7),
        ("dysentery.cases", "prefecture", 0.001, 10, 7),
        ("dysentery.cases", "nation", 0.0001, 10, 7),
        ("hfmd.cases", "county", 0.001, 5, 7),
        ("influenza.cases", "prefecture", 0.001, 10, 7),
        ("tuberculosis.cases", "county", 0.0001, 8, 28),
        ("brucellosis.cases", "county", 0.001, 3, 7),
    ],
)
def test_policy_by_baseline(built_in: Catalogue, signal: str, level: str, p: float, minimum: int, window: int) -> None:
    use = speaking(built_in, signal, level)["w8"]
    assert (use.parameters["p"], use.parameters["minimum"], use.parameters["window"]) == (p, minimum, window)
    assert use.minimum == minimum


def test_immediate_signals_count_the_suspected_too(built_in: Catalogue) -> None:
    assert "'SUSPECTED'" in built_in.signals["cholera.cases"].restriction
    assert "'CARRIER'" in built_in.signals["cholera.cases"].restriction
    assert "'SUSPECTED'" not in built_in.signals["measles.cases"].restriction
    assert all("'POSITIVE_TEST'" not in s.restriction for s in built_in.signals.values())


def test_a_subtype_counts_in_its_own_signal_and_in_its_disease(built_in: Catalogue) -> None:
    assert built_in.signals["anthrax_pulmonary.cases"].diseases == ("anthrax_pulmonary",)
    assert built_in.signals["anthrax.cases"].diseases == ("anthrax", "anthrax_pulmonary")
    assert len(built_in.signals["viral_hepatitis.cases"].diseases) == 7


def test_numbers_are_stable_and_unique(built_in: Catalogue) -> None:
    numbers = [s.number for s in built_in.signals.values()]
    assert len(set(numbers)) == len(numbers)
    assert (built_in.signals["plague.cases"].number, built_in.signals["covid19.cases"].number) == (10, 30)


def test_the_definition_change_is_an_annotation(built_in: Catalogue) -> None:
    assert any(
        note.disease == "covid19" and note.area == "420000" and note.day == SPRING_2020 for note in built_in.annotations
    )
