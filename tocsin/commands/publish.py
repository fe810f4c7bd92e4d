"""``tocsin publish RECORD FILE…``: check, take persons out, send."""

import os
import sys
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tocsin import settings

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

    from streams.publisher import Publisher
    from streams.reading import Row

# Checked together: enough to make the columnar checks cheap, few enough to hear of a fault at once.
_BATCH = 2000


def _reject(place: str, field: str, reason: str) -> None:
    click.echo(f"{place} rejected field={field or '-'} reason={reason}")


def _send_batch(publisher: "Publisher", name: str, batch: "list[Row]", verbose: bool) -> int:
    """Send what can be sent and print the rest; return how many were rejected."""
    outcomes = iter(publisher.send_all(row.record for row in batch if row.record is not None))
    rejected = 0
    for row in batch:
        place = f"{name}:{row.line}"
        refused = next(outcomes) if row.record is not None else None
        if row.record is None:
            _reject(place, "", row.reason)
        elif refused is not None:
            _reject(place, refused.field, refused.reason)
        elif verbose:
            click.echo(f"{place} accepted")
            continue
        else:
            continue
        rejected += 1
    return rejected


def _rows(publisher: "Publisher", stream: "io.BufferedReader", name: str, area: str | None) -> "Iterator[Row]":
    from streams import reading
    from streams.hl7.reading import looks_like_hl7, rows

    if not looks_like_hl7(stream, name):
        return reading.rows(stream, name, publisher.source.key)
    if publisher.source.record != "lab-result":
        raise click.UsageError("HL7 messages hold laboratory results: tocsin publish lab-result")
    if area is None:
        raise click.UsageError("HL7 messages do not say where the laboratory is: --area CODE")
    return rows(stream, area, patients=publisher.pseudonymises)


def _send_file(publisher: "Publisher", file: str, verbose: bool, area: str | None) -> tuple[int, int]:
    sent = rejected = 0
    standard_input = file == "-"
    with open(0 if standard_input else file, "rb", closefd=not standard_input) as stream:
        found = _rows(publisher, stream, "" if standard_input else file, area)
        while batch := list(islice(found, _BATCH)):
            bad = _send_batch(publisher, file, batch, verbose)
            sent, rejected = sent + len(batch) - bad, rejected + bad
    return sent, rejected


@click.group(name="publish")
def command() -> None:
    """Send records from files or standard input."""


_COMMON = """
    NDJSON, CSV with a header, or Avro containers; - is standard input. revision is 1 and action REPORT if not given;
    issuer, at revision 1, is the sender. Times need a zone (2020-01-23T10:00:00+08:00) or are milliseconds UTC; days
    are 2020-01-23; in CSV a list has semicolons between its items.

    Nobody's name, identity number, phone or address is sent: records with such a field are rejected, only
    patient_id_number is turned into a pseudonym under --key-file.

    Each rejected record is printed with its line, field and reason, never its value; docs/rejections.md explains
    the reasons. The others are sent; the exit code is 1 if any was rejected or not delivered. Sending a file twice
    is safe: intake calls the second copy duplicates.

    \b
    Example:
"""

_HELP = {
    "case-report": """Check case reports and send them.

    \b
    The fields are those of CaseReport; these are needed:
      report_id, disease, classification, residence_area, reported_area, origin, reported_at, sender
{common}      tocsin publish case-report --sender 420100001 cases.csv more.ndjson
      zcat cases.ndjson.gz | tocsin publish case-report -
    """,
    "lab-result": """Check laboratory results, negatives too, and send them.

    \b
    The fields are those of LabResult; these are needed:
      result_id, specimen_id, specimen_type, test, pathogen, result, status, area, resulted_at, reported_area,
      reported_at, sender
    An HL7 v2 file (ORU^R01, .hl7) is read too; docs/publishing.md says which segment becomes what. Patients are left
    out of it unless there is a --key-file.
    A corrected result has the same result_id, a higher revision, action REVISE and status CORRECTED; one that is
    taken back has status CANCELLED, or action RETRACT.
{common}      tocsin publish lab-result --sender 440300L01 results.csv
      tocsin publish lab-result --area 440305 --key-file national.key oru.hl7
    """,
    "entry-declaration": """Check entry declarations and send them.

    \b
    The fields are those of EntryDeclaration; these are needed:
      declaration_id, port, arrived_at, origin_country, transport, reported_area, reported_at, sender
    A test result that comes later is a revision.
{common}      tocsin publish entry-declaration --sender CNSZX declarations.ndjson
    """,
    "observation": """Check observations (counts, denominators, values) and send them.

    \b
    The fields are those of Observation; these are needed:
      observation_id, indicator, area, period_start, period_days, reported_area, reported_at, sender
    and the count, denominator or value, port, site or country that the indicator asks for.
{common}      tocsin publish observation --sender 440300 arrivals.csv
    """,
}


def _send(
    record: str,
    files: tuple[str, ...],
    folder: Path,
    bootstrap: str | None,
    sender: str | None,
    key_file: Path | None,
    create_key: bool,
    verbose: bool,
    area: str | None = None,
) -> None:
    import time

    from schemas.pseudonym import KeyFileError, create_key_file
    from schemas.sources import sources
    from streams.publisher import NoBroker, Publisher, Undelivered

    source = next(each for each in sources().values() if each.record == record)
    missing = [file for file in files if file != "-" and not os.access(file, os.R_OK)]
    if missing:
        raise click.ClickException(f"cannot read {', '.join(missing)}; nothing was sent")
    if create_key and key_file is None:
        raise click.UsageError("--create-key needs --key-file")
    address = bootstrap or settings.load(folder).bootstrap
    accepted = rejected = undelivered = 0
    try:
        if create_key and key_file is not None and not key_file.exists():
            create_key_file(key_file)
        with Publisher(address, sender=sender, source=source, key_file=key_file, clock=time.time) as publisher:
            for file in files:
                good, bad = _send_file(publisher, file, verbose, area)
                accepted, rejected = accepted + good, rejected + bad
    except (NoBroker, KeyFileError) as problem:
        raise click.ClickException(str(problem)) from None
    except Undelivered as problem:
        undelivered = problem.count
        click.echo(f"{problem}; publish the same files again", err=True)
    click.echo(f"accepted {accepted - undelivered}, rejected {rejected}, not delivered {undelivered}")
    sys.exit(1 if rejected or undelivered else 0)


_OPTIONS = (
    click.argument(
        "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(dir_okay=False, allow_dash=True)
    ),
    click.option(
        "--dir",
        "folder",
        default=settings.DEFAULT_FOLDER,
        show_default=True,
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of a running Tocsin on this machine; tells where the broker is.",
    ),
    click.option("--bootstrap", metavar="HOST:PORT", help="A broker's address instead, for a Tocsin elsewhere."),
    click.option("--sender", metavar="CODE", help="Institution that sends, for records that do not say."),
    click.option(
        "--key-file",
        envvar="TOCSIN_KEY_FILE",
        type=click.Path(path_type=Path, dir_okay=False),
        help="National key for pseudonyms (one line keyid:hexadecimal); needed where records hold patient_id_number.",
    ),
    click.option(
        "--create-key", is_flag=True, help="Make the key file if it is missing: for the very first publisher."
    ),
    click.option("-v", "--verbose", is_flag=True, help="Print a line for each accepted record too."),
)

_AREA = click.option("--area", metavar="CODE", help="For HL7: GB/T 2260 code of where the laboratory is.")

for _record, _help in _HELP.items():
    _command: Callable[..., None] = partial(_send, _record)
    for _option in reversed((*_OPTIONS, *((_AREA,) if _record == "lab-result" else ()))):
        _command = _option(_command)
    command.command(name=_record, help=_help.format(common=_COMMON))(_command)
