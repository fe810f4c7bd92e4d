from schemas import registry
from schemas.diseases import diseases, subtypes


def test_there_are_42_statutory_diseases_numbered_in_the_order_of_the_law() -> None:
    statutory = [d for d in diseases().values() if d.number <= 42]
    assert [d.number for d in statutory] == list(range(1, 43))
    assert all(d.parent is None for d in statutory)
    assert [d.code for d in statutory[:2]] == ["plague", "cholera"]


def test_codes_numbers_and_names_are_unique() -> None:
    table = list(diseases().values())
    for of in (lambda d: d.number, lambda d: d.name_zh, lambda d: d.name_en):
        assert len({of(d) for d in table}) == len(table)


def test_subtypes_hang_one_level_below_a_disease() -> None:
    for disease in diseases().values():
        if disease.parent is not None:
            assert diseases()[disease.parent].parent is None
    assert subtypes("viral_hepatitis") == (
        "hepatitis_a",
        "hepatitis_b",
        "hepatitis_c",
        "hepatitis_d",
        "hepatitis_e",
        "hepatitis_unspecified",
    )
    assert subtypes("anthrax") == ("anthrax_pulmonary",)


def test_every_disease_allows_only_classifications_of_the_schema_and_the_two_that_count() -> None:
    field = next(f for f in registry.schema(registry.CASE_REPORT)["fields"] if f["name"] == "classification")
    for disease in diseases().values():
        assert {"CLINICAL", "CONFIRMED"} <= disease.classifications <= set(field["type"]["symbols"])


def test_codes_that_ended_say_when() -> None:
    assert str(diseases()["influenza_h7n9"].valid_to) == "2025-08-31"
    assert diseases()["covid19"].valid_to is None
