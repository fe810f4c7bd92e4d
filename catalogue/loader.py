"""Reading of a whole catalogue folder, with every disease accounted for."""

from collections.abc import Mapping
from importlib.resources import as_file, files
from pathlib import Path

from catalogue.annotations import read_annotations
from catalogue.document import CatalogueError, Value, read
from catalogue.families import family_files, read_base, read_family
from catalogue.model import Catalogue, Disease, Signal, version_of
from catalogue.other_subjects import read_entry, read_laboratory
from catalogue.rules import Probe
from schemas.diseases import DiseaseCode
from schemas.diseases import diseases as disease_codes


def load(
    folder: Path | None = None,
    *,
    probe: Probe | None = None,
    codes: Mapping[str, DiseaseCode] | None = None,
) -> Catalogue:
    """Return the catalogue of a folder, complete and checked.

    Parameters
    ----------
    folder
        Holds ``defaults.yaml``, ``families/*.yaml`` and, if there are any, ``laboratory.yaml``, ``entry.yaml`` and
        ``annotations.yaml``; None is the built-in catalogue.
    probe
        Called with every method and its parameters; a ValueError of it is an error of the file. Pass
        ``detectors.build`` wherever it can be imported, so that a wrong parameter stops the start and not a judgement.
    codes
        Disease table; None is the one of `schemas.diseases`.

    Raises
    ------
    CatalogueError
        With file and line: what cannot be read, is unknown, missing, given twice or contradicts itself, and each
        disease that no family watches.
    """
    table = disease_codes() if codes is None else codes
    if folder is not None:
        return _load(folder, probe, table)
    with as_file(files("catalogue")) as built_in:
        return _load(built_in, probe, table)


def _load(folder: Path, probe: Probe | None, codes: Mapping[str, DiseaseCode]) -> Catalogue:
    defaults, base = read_base(read(folder / "defaults.yaml"), probe)
    diseases: dict[str, Disease] = {}
    signals: dict[str, Signal] = {}
    numbers: dict[int, str] = {}
    read_signals: list[tuple[Signal, Value]] = []
    for document in family_files(folder):
        family = read_family(document, base, defaults, codes)
        for disease, place in family.diseases:
            if disease.code in diseases:
                raise place.error(f"{disease.code} is in family {diseases[disease.code].family} already")
            diseases[disease.code] = disease
        read_signals += family.signals
    for name, reader in (("laboratory.yaml", read_laboratory), ("entry.yaml", read_entry)):
        if (folder / name).exists():
            read_signals += reader(read(folder / name), defaults)
    for signal, place in read_signals:
        if signal.number in numbers or signal.id in signals:
            raise place.error(f"{signal.id} has the number or the name of {numbers.get(signal.number, signal.id)}")
        numbers[signal.number] = signal.id
        signals[signal.id] = signal
    for code in codes:
        if code not in diseases:
            raise CatalogueError(*_place_of(code), f"{code} is in no family of {folder / 'families'}")
    annotations = read_annotations(folder / "annotations.yaml", diseases)
    ordered = {code: diseases[code] for code in sorted(diseases, key=lambda c: diseases[c].number)}
    watched = {name: signals[name] for name in sorted(signals, key=lambda s: signals[s].number)}
    return Catalogue(ordered, watched, annotations, version_of(ordered, watched, annotations))


def _place_of(code: str) -> tuple[Path, int]:
    """Return file and line of a disease in the code table: there stands what no family has taken up."""
    table = files("schemas") / "tables" / "diseases.csv"
    for line, text in enumerate(table.read_text("utf-8").splitlines(), start=1):
        if text.startswith(f"{code},"):
            return Path(str(table)), line
    return Path(str(table)), 1
