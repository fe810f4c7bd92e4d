import re
import stat
from pathlib import Path

import pytest

from schemas.pseudonym import PSEUDONYM_PATTERN, KeyFileError, Pseudonymiser, create_key_file

SECRET = "ab" * 32


def _key_file(folder: Path, text: str = f"k7:{SECRET}\n", mode: int = 0o600) -> Path:
    path = folder / "national.key"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_two_publishers_with_one_key_agree_whatever_the_spelling(tmp_path: Path) -> None:
    one, other = Pseudonymiser(_key_file(tmp_path)), Pseudonymiser(_key_file(tmp_path))
    expected = one.pseudonym("11010519491231002X")
    assert re.fullmatch(PSEUDONYM_PATTERN, expected)
    assert expected.startswith("k7:")
    for spelling in (
        "11010519491231002x",
        " 110105 19491231 002X ",
        "110105-19491231-002X",
        "１１０１０５１９４９１２３１００２Ｘ",
    ):
        assert other.pseudonym(spelling) == expected
    assert other.pseudonym("110105491231002") == expected
    assert other.pseudonym("110105194912310039") != expected


def test_the_pseudonym_is_hmac_sha256_of_the_number(tmp_path: Path) -> None:
    # Computed beside the project: printf %s NUMBER | openssl dgst -sha256 -mac HMAC -macopt hexkey:abab...
    assert Pseudonymiser(_key_file(tmp_path)).pseudonym("E12345678") == "k7:ea87591c3a5c51c28d4f486300ffa749"


def test_a_key_is_created_only_when_asked_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "national.key"
    with pytest.raises(KeyFileError, match="no key file"):
        Pseudonymiser(path)
    first = Pseudonymiser(path, create=True).pseudonym("E12345678")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Pseudonymiser(path, create=True).pseudonym("E12345678") == first
    with pytest.raises(FileExistsError):
        create_key_file(path)


@pytest.mark.parametrize(
    "text", ["", "k7", f"k7:{SECRET[:-4]}", f"k7:{SECRET}0", f"k 7:{SECRET}", f"k7:{SECRET}\nk8:{SECRET}"]
)
def test_a_bad_key_file_is_named_without_its_secret(tmp_path: Path, text: str) -> None:
    with pytest.raises(KeyFileError) as caught:
        Pseudonymiser(_key_file(tmp_path, text))
    assert "abab" not in str(caught.value)


def test_a_key_file_open_to_everyone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="chmod"):
        Pseudonymiser(_key_file(tmp_path, mode=0o644))


def test_an_empty_number_has_no_pseudonym(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="empty"):
        Pseudonymiser(_key_file(tmp_path)).pseudonym(" - ")
