"""``tocsin explain``: an alert recomputed from the line list, beside what it says."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tocsin import settings as stored
from tocsin.settings import DEFAULT_FOLDER

if TYPE_CHECKING:
    from console.explain import Explanation


@click.command(name="explain")
@click.argument("alert_id")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--all", "everything", is_flag=True, help="Show every comparison, not only those that disagree.")
@click.option(
    "--catalogue", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder of another catalogue."
)
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path), default=DEFAULT_FOLDER, show_default=True, help="Data folder."
)
def command(alert_id: str, as_json: bool, everything: bool, catalogue: Path | None, folder: Path) -> None:
    """Recompute an alert: count the line list again by SQL, judge it again, and compare with what the alert says.

    Reports count as they stood at the source positions (the marker) that the alert names, and each method runs with
    the parameters of the catalogue. `tocsin alerts` lists the ids.

    \b
      tocsin explain 93ecb8b9b856fc63
      tocsin explain 93ecb8b9b856fc63 --all
      tocsin explain 93ecb8b9b856fc63 --json | jq .agrees

    Exit code 0 if everything agrees, 1 if something does not, 2 if it cannot be told.
    """
    from catalogue.document import CatalogueError
    from catalogue.loader import load
    from console.api import explanation_json
    from console.explain import Unexplainable, UnknownAlert, explain
    from console.recount import NotThereYet
    from console.warehouse import Warehouse, WarehouseDown
    from detectors import build
    from tocsin.processes import clickhouse_address

    warehouse = Warehouse(clickhouse_address(stored.load(folder), read_only=True))
    try:
        found = explain(warehouse, load(catalogue, probe=build), alert_id)
    except (UnknownAlert, Unexplainable, NotThereYet, WarehouseDown, CatalogueError) as problem:
        click.echo(f"tocsin explain: {problem}", err=True)
        sys.exit(2)
    finally:
        warehouse.close()
    if as_json:
        click.echo(json.dumps(explanation_json(found), indent=2, ensure_ascii=False))
    else:
        _show(found, everything)
    sys.exit(0 if found.agrees else 1)


def _show(found: "Explanation", everything: bool) -> None:
    click.echo(f"alert      {found.alert_id}, revision {found.revision}")
    click.echo(f"marker     {found.marker_id}  {found.marker}")
    click.echo(f"catalogue  {found.catalogue}")
    if found.catalogue != found.catalogue_now:
        click.echo(f"           recomputed with {found.catalogue_now}: rules may differ")
    click.echo(f"rule       {found.rule}")
    click.echo(
        f"counted    {found.counted} cases from {found.counted_from} to {found.counted_to}; the alert says {found.said}"
    )
    shown = [item for item in found.items if everything or not item.agrees]
    for item in shown:
        click.echo(f"  {' ' if item.agrees else '!'} {item.what:<24} {_text(item.said):>24} {_text(item.found):>24}")
    agreeing = sum(item.agrees for item in found.items)
    click.echo(f"{'AGREES' if found.agrees else 'DISAGREES'}: {agreeing} of {len(found.items)} comparisons")


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list):
        return f"{len(value)}: {value[0]} … {value[-1]}" if len(value) > 2 else " ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
