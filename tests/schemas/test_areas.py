import numpy as np
import polars as pl
import pytest

from schemas.areas import COUNTY, PREFECTURE, PROVINCE, area_aliases, areas


def test_the_tree_is_depth_first_and_whole() -> None:
    table = areas()
    assert [(table.level == level).sum() for level in range(4)] == [1, 34, 343, 3024]
    assert table.end[0] == len(table)
    for i in range(1, len(table)):
        above = table.parent[i]
        assert above < i < table.end[i] <= table.end[above]
        assert table.level[above] == table.level[i] - 1


def test_a_child_shares_its_parents_digits() -> None:
    table = areas()
    for level, digits in ((PREFECTURE, 2), (COUNTY, 4)):
        for i in table.at_level(level):
            assert table.code[table.parent[i]][:digits] == table.code[i][:digits]


def test_the_edition_in_force_has_2978_lowest_units() -> None:
    table = areas()
    in_force = np.isnat(table.valid_to)
    childless = table.end == np.arange(len(table)) + 1
    assert (in_force & (table.level == COUNTY)).sum() + (
        in_force & (table.level == PREFECTURE) & childless
    ).sum() == 2978


@pytest.mark.parametrize(
    ("spelled", "code"),
    [
        ("42", "420000"),
        ("4200", "420000"),
        ("420000", "420000"),
        ("420000000", "420000"),
        ("4201", "420100"),
        ("420100", "420100"),
        ("420102", "420102"),
        ("420102005", "420102"),
        ("441900", "441900"),
        ("441900003", "441900"),
        ("00", "000000"),
        ("000000", "000000"),
        ("71", "710000"),
        ("220381", "220381"),
        ("542400", "542400"),
    ],
)
def test_a_code_is_found_however_padded(spelled: str, code: str) -> None:
    assert areas().code[areas().index(spelled)] == code


@pytest.mark.parametrize(
    "spelled",
    [
        *("", "4", "420", "42010", "99", "999999", "420199", "420100005", "420000001", "42010200500"),
        *("4200y0", "1100xx", "+42010", "-1", "+0", "-00000", " 42", "42\n", "４２", "4201020+5"),
    ],
)
def test_anything_else_is_unknown_and_not_repeated(spelled: str) -> None:
    with pytest.raises(KeyError) as caught:
        areas().index(spelled)
    assert caught.value.args == ("unknown area code",)


def test_a_column_is_looked_up_at_once() -> None:
    column = pl.Series(["42", None, "nowhere", "420102005", "420100"])
    found = areas().indices(column)
    assert found.dtype == np.int32
    assert [areas().code[i] if i >= 0 else None for i in found] == ["420000", None, None, "420102", "420100"]
    assert len(areas().indices(pl.Series([], dtype=pl.String))) == 0


def test_populations_add_up_and_points_lie_in_the_country() -> None:
    table = areas()
    provinces = table.at_level(PROVINCE)
    assert table.population[0] == table.population[provinces].sum()
    assert table.population[table.index("11")] == 21_893_095
    assert ((table.lon > 73) & (table.lon < 136) & (table.lat > 3) & (table.lat < 54)).all()


def test_aliases_lead_to_real_areas() -> None:
    aliases = area_aliases()
    assert len(aliases) == 72
    for alias in aliases.values():
        assert areas().index(alias.area) > 0
        assert alias.used_from <= alias.used_to
        assert (alias.kind == "imported") == (alias.origin == 6)
    assert aliases["4200y0"].kind == "prison"
    assert aliases["136100"].area == "220381"
