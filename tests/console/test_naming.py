"""Every series has a name that people know, whatever it is a series of."""

import datetime as dt

import pytest

from catalogue.model import Catalogue
from console import naming


@pytest.mark.parametrize(
    ("code", "level", "en", "within"),
    [
        ("420106", "county", "武昌区", ["Hubei", "Wuhan"]),
        ("420100u", "county", "Wuhan", ["Hubei"]),
        ("000000", "nation", "China", []),
        ("CNWUH", "port", "Wuhan Tianhe Airport", ["Hubei", "Wuhan", "黄陂区"]),
        ("CNWUH/MU588-20200315", "conveyance", "MU588-20200315", ["Hubei", "Wuhan", "黄陂区", "Wuhan Tianhe Airport"]),
        ("440305/GII.17", "county", "南山区 · GII.17", ["Guangdong", "Shenzhen"]),
        ("IT", "origin", "IT", []),
        ("CNXXX", "port", "CNXXX", []),
        ("999999", "county", "999999", []),
    ],
)
def test_places(code: str, level: str, en: str, within: list[str]) -> None:
    named = naming.area(code, level)
    assert (named["code"], named["level"]) == (code, level)
    assert (named["en"], [one["en"] for one in named["within"]]) == (en, within)
    assert named["unknown"] == code.endswith("u")
    assert named["zh"]


def test_what_is_no_disease_has_a_name_and_no_class(catalogue: Catalogue) -> None:
    day = dt.date(2020, 3, 1)
    assert naming.disease(catalogue, "covid19", day)["managed_as"] == "A"
    for code, en in (("norovirus", "Norovirus"), ("entry", "Ill travellers"), ("gone", "gone")):
        named = naming.disease(catalogue, code, day)
        assert (named["en"], named["class"]) == (en, None)
