"""The reasons that docs/rejections.md explains, by section."""

import re
from pathlib import Path

_PAGE = Path(__file__).parents[2] / "docs" / "rejections.md"


def documented(section: str) -> set[str]:
    """Return the codes in the first column of the section's table."""
    (text,) = (part for part in re.split(r"^## ", _PAGE.read_text("utf-8"), flags=re.M) if part.startswith(section))
    first_cells = re.findall(r"^\| (`[^|]+) \|", text, re.M)
    return {reason for cell in first_cells for reason in re.findall(r"`(\w+)`", cell)}
