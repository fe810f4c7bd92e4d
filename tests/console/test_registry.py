"""The registry's GET calls, as a client that decodes our topics makes them."""

import io
import json

import fastavro
import httpx
import pytest

from schemas import registry, wire


def test_subjects_are_those_of_the_files(client: httpx.Client) -> None:
    answer = client.get("/registry/subjects")
    assert answer.headers["content-type"].startswith("application/vnd.schemaregistry.v1+json")
    assert set(answer.json()) == set(registry.subjects())
    assert "case-reports-value" in answer.json()
    assert client.get("/registry/subjects?subjectPrefix=case").json() == ["case-reports-value"]


def test_latest_version_leads_to_the_id_and_schema_of_the_wire(client: httpx.Client) -> None:
    latest = client.get("/registry/subjects/clock-value/versions/latest").json()
    assert latest == client.get("/registry/subjects/clock-value/versions/1").json()
    framed = wire.encode(registry.CLOCK_TICK, {"chain": "case-reports/0", "clock": 5})
    schema_id, body = wire.split(framed)
    assert schema_id == latest["id"]
    by_id = json.loads(client.get(f"/registry/schemas/ids/{schema_id}").json()["schema"])
    assert by_id == json.loads(latest["schema"]) == client.get(f"/registry/schemas/ids/{schema_id}/schema").json()
    # A stranger who knows nothing but the answer can read the message.
    assert fastavro.schemaless_reader(io.BytesIO(body), by_id, None) == {"chain": "case-reports/0", "clock": 5}


def test_every_listed_version_can_be_fetched(client: httpx.Client) -> None:
    for subject in client.get("/registry/subjects").json():
        for version in client.get(f"/registry/subjects/{subject}/versions").json():
            shown = client.get(f"/registry/subjects/{subject}/versions/{version}").json()
            usage = client.get(f"/registry/schemas/ids/{shown['id']}/versions").json()
            assert usage == [{"subject": subject, "version": version}]
            fastavro.parse_schema(json.loads(shown["schema"]))


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/subjects/nothing/versions", 404, 40401),
        ("/subjects/nothing/versions/latest", 404, 40401),
        ("/subjects/clock-value/versions/99", 404, 40402),
        ("/subjects/clock-value/versions/first", 422, 42202),
        ("/schemas/ids/99999", 404, 40403),
        ("/config/nothing", 404, 40401),
    ],
)
def test_refusals_carry_the_codes_that_clients_know(client: httpx.Client, path: str, status: int, code: int) -> None:
    answer = client.get("/registry" + path)
    assert (answer.status_code, answer.json()["error_code"]) == (status, code)


def test_it_says_that_it_is_read_only(client: httpx.Client) -> None:
    assert client.get("/registry/mode").json() == {"mode": "READONLY"}
    assert client.get("/registry/config").json() == {"compatibilityLevel": "FULL_TRANSITIVE"}
    assert client.post("/registry/subjects/clock-value/versions", json={"schema": "{}"}).status_code == 405
