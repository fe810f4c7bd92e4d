"""Published totals and what was known of other countries, as observations."""

from __future__ import annotations

from datetime import date

from tocsin.demo import exported, published_totals


def test_the_cities_sum_to_less_than_the_nation() -> None:
    told = {
        record["indicator"]: record["count"]
        for _, record in published_totals.observations()
        if record["area"] == "000000" and record["period_start"] == date(2020, 2, 12)
    }
    assert told["published_cities_cumulative"] == 44_518
    assert told["published_cases_cumulative"] == 58_839
    assert told["published_deaths_cumulative"] == 1_260


def test_wuhan_flights_carry_their_share_of_positives() -> None:
    flights = [record for _, record in exported.observations() if record["indicator"] == "positive_tests"]
    assert len(flights) == 12
    assert (sum(f["count"] for f in flights), sum(f["denominator"] for f in flights)) == (9, 1869)


def test_incidence_is_a_weeks_cases_among_the_residents() -> None:
    korea = {
        record["period_start"]: record
        for _, record in exported.observations()
        if record.get("origin_country") == "KR" and record["indicator"] == "origin_incidence"
    }
    last = korea[date(2020, 2, 19)]
    assert last["value"] == round(1e5 * last["count"] / 51_300_000, 6)
    assert last["count"] > 10 * korea[date(2020, 2, 12)]["count"]
