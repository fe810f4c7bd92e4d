"""Pseudonyms of patients: HMAC-SHA256 of the identity number under one national key that lives outside the project.

The key's id stands in the pseudonym, so that a later key is recognised. All publishers hold the same key: only then
does one patient have the same pseudonym with two of them.
"""

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from pathlib import Path

PSEUDONYM_PATTERN = r"^[A-Za-z0-9_-]{1,8}:[0-9a-f]{32}$"
"""What the field `patient` must look like. The key id is too short to hold a telephone number."""

_KEY_LINE = re.compile(r"([A-Za-z0-9_-]{1,8}):([0-9a-f]{64,})")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


class KeyFileError(Exception):
    """The key file is missing, open to others, or holds no key. The message never holds the key."""


def _normalised(number: str) -> str:
    """One spelling a person: ASCII, upper case, no separators, old 15-digit identity numbers as 18 digits."""
    text = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", number)).upper()
    if re.fullmatch(r"[0-9]{15}", text):
        body = text[:6] + "19" + text[6:]
        return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True)) % 11]
    return text


def create_key_file(path: Path, key_id: str = "k1") -> None:
    """Write a new random key, readable by its owner alone.

    Parameters
    ----------
    path
        Must not exist yet.
    key_id
        1 to 8 letters, digits, underscores or hyphens; stands in every pseudonym.

    Raises
    ------
    FileExistsError
        A key is never overwritten: every pseudonym made with it would be orphaned.
    """
    line = f"{key_id}:{secrets.token_hex(32)}"
    if not _KEY_LINE.fullmatch(line):
        raise ValueError("key id must be 1 to 8 letters, digits, underscores or hyphens")
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(line + "\n")


class Pseudonymiser:
    """Turns identity numbers into pseudonyms.

    Parameters
    ----------
    key_file
        One line ``keyid:secret``, the secret in at least 64 hexadecimal digits; no access for others than owner
        and group.
    create
        Make a new key if the file is missing. Only for a first or only publisher: a second one with a key of its
        own gives the same patient another pseudonym.

    Raises
    ------
    KeyFileError
        See there.
    """

    def __init__(self, key_file: Path, *, create: bool = False) -> None:
        if create and not key_file.exists():
            create_key_file(key_file)
        try:
            mode = key_file.stat().st_mode
            text = key_file.read_text("ascii").strip()
        except FileNotFoundError:
            raise KeyFileError(f"no key file at {key_file}") from None
        except (OSError, UnicodeDecodeError):
            raise KeyFileError(f"key file {key_file} cannot be read") from None
        if mode & 0o007:
            raise KeyFileError(f"key file {key_file} is open to everyone: chmod 600 it")
        matched = _KEY_LINE.fullmatch(text)
        if matched is None:
            raise KeyFileError(f"key file {key_file} holds no line keyid:hexadecimal secret")
        self.key_id = matched.group(1)
        self._secret = bytes.fromhex(matched.group(2)) if len(matched.group(2)) % 2 == 0 else b""
        if not self._secret:
            raise KeyFileError(f"key file {key_file} holds an odd number of hexadecimal digits")

    def pseudonym(self, number: str) -> str:
        """Return ``keyid:`` and 32 hexadecimal digits for an identity (or passport) number.

        Spaces, hyphens, case and width do not matter, nor whether an identity number has 15 or 18 digits.

        Raises
        ------
        ValueError
            Nothing is left of the number.
        """
        text = _normalised(number)
        if not text:
            raise ValueError("empty identity number")
        return f"{self.key_id}:{hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()[:32]}"
