import random
import uuid

import polars as pl
import pytest

from schemas.privacy import holds_identifier, identifiers_in, identifying_field

HOLDING = [
    "11010519491231002X",
    "11010519491231002x",
    "110105194912310021",
    "id 110105194912310021!",
    "a110105194912310021b",
    "110105491231002",
    "13800138000",
    "tel13800138000",
    "r-13800138000-1",
    "8613800138000",
    "+86 138 0013 8000",
    "138-0013-8000",
    "010-62345678",
    "02787654321",
    "0755 87654321",
    "张三 13800138000",
    "zhang.san@example.com.cn",
    "mail:z@x.org",
]
CLEAN = [
    "",
    "420100001",
    "card-2020-000123",
    "420100-20200123-0001",
    "covid19-420100-000001",
    "CDC420100",
    "20200123T120000",
    "1580000000000",
    "138001380001",
    "110105194913310021",
    "990105194912310021",
    "000000012345",
    "k1:0123456789abcdef0123456789abcdef",
    "a@b",
]


@pytest.mark.parametrize("text", HOLDING)
def test_an_identifier_is_found_in_any_string(text: str) -> None:
    assert holds_identifier(text)


@pytest.mark.parametrize("text", CLEAN)
def test_ordinary_codes_are_let_through(text: str) -> None:
    assert not holds_identifier(text)


def test_the_column_form_agrees_with_the_single_one() -> None:
    texts = [*HOLDING, *CLEAN]
    found = pl.DataFrame({"text": [*texts, None]}).select(identifiers_in(pl.col("text")))["text"]
    assert found.to_list() == [holds_identifier(text) for text in texts] + [None]


def test_random_hashes_are_never_taken_for_phone_numbers() -> None:
    random_numbers = random.Random(1)
    texts = [str(uuid.UUID(int=random_numbers.getrandbits(128))) for _ in range(20_000)]
    texts += [f"k1:{random_numbers.getrandbits(128):032x}" for _ in range(20_000)]
    texts += [f"r-{random_numbers.getrandbits(256):064x}" for _ in range(5_000)]
    assert not pl.DataFrame({"text": texts}).select(identifiers_in(pl.col("text")).any()).item()
    # The test is worth something only if hashes do hold such runs of digits.
    assert any(holds_identifier(text.replace("-", "")[:31] + "z") for text in texts[:20_000])


def test_field_names_are_known_however_written() -> None:
    for name in ("name", "Patient Name", "ID-Number", "身份证号", "Guardian", " phone ", "date of birth"):
        assert identifying_field(name)
    for name in ("report_id", "patient", "institution", "residence_area", "patient_id_number", "age_years"):
        assert not identifying_field(name)
