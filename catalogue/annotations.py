"""Reading of dated remarks on curves."""

from collections.abc import Container
from pathlib import Path

from catalogue.document import Value, read
from catalogue.model import Annotation

_KEYS = ("disease", "area", "day", "zh", "en")


def read_annotations(file: Path, diseases: Container[str]) -> tuple[Annotation, ...]:
    """Return the annotations of a file in order of day, none where there is no such file."""
    if not file.exists():
        return ()
    found = [_read(entry, diseases) for entry in read(file).items()]
    return tuple(sorted(found, key=lambda note: (note.day, note.disease, note.area)))


def _read(entry: Value, diseases: Container[str]) -> Annotation:
    fields = entry.fields(_KEYS, _KEYS)
    disease, area = fields["disease"].text(), fields["area"].text()
    if disease not in diseases:
        raise fields["disease"].error(f"no disease has the code {disease!r}")
    if len(area) != 6 or not area.isdigit():
        raise fields["area"].error("an area is six digits, in quotes")
    return Annotation(disease, area, fields["day"].day(), fields["zh"].text(), fields["en"].text())
