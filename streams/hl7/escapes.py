"""HL7's delimiters inside text."""

import re

_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\"}
_LETTERS = {escape[1]: letter for letter, escape in _ESCAPES.items()}


def escaped(text: str) -> str:
    """Return text in which no delimiter stands."""
    return "".join(_ESCAPES.get(letter, letter) for letter in text)


def plain(text: str) -> str:
    """Return what `escaped` was given; other escapes stay as they are."""
    return re.sub(r"\\([EFSRT])\\", lambda found: _LETTERS[found[1]], text)
