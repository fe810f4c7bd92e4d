"""Confluent schema registry's read-only GET calls over the files of ``schemas/avro``.

Any Avro client that can be told ``auto.register.schemas=false`` and ``use.latest.version=true`` decodes our topics
with the address of this mount (``http://host:port/registry``). Nothing can be registered: ids are part of the code.
Answers and error codes are those of Confluent's documentation; docs/registry.md lists the calls.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas import registry

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
COMPATIBILITY = "FULL_TRANSITIVE"


class RegistryError(Exception):
    """A refusal with the status and the error code that registry clients know."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def _answer(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status, media_type=MEDIA_TYPE)


def _schema_text(schema_id: int) -> str:
    return json.dumps(registry.schema(schema_id), ensure_ascii=False, separators=(",", ":"))


def _number(text: str, code: int) -> int:
    try:
        return int(text)
    except ValueError:
        raise RegistryError(422, code, f"'{text[:40]}' is not a number.") from None


def _versions(request: Request) -> dict[int, int]:
    """Version → schema id of the subject in the path."""
    subject = request.path_params["subject"]
    ids = registry.subjects().get(subject)
    if ids is None:
        raise RegistryError(404, 40401, f"Subject '{subject[:100]}' not found.")
    return {registry.registrations()[schema_id].version: schema_id for schema_id in ids}


def _version(request: Request) -> tuple[int, int]:
    """(version, schema id) that the path names."""
    versions, text = _versions(request), request.path_params["version"]
    number = max(versions) if text in ("latest", "-1") else _number(text, 42202)
    if number not in versions:
        raise RegistryError(404, 40402, f"Version {number} not found.")
    return number, versions[number]


def _schema_id(request: Request) -> int:
    number = _number(request.path_params["id"], 40403)
    if not registry.known(number):
        raise RegistryError(404, 40403, f"Schema {number} not found.")
    return number


def _list_subjects(request: Request) -> Response:
    prefix = request.query_params.get("subjectPrefix", ":*:")
    wanted = "" if prefix == ":*:" else prefix
    return _answer([subject for subject in registry.subjects() if subject.startswith(wanted)])


def _list_versions(request: Request) -> Response:
    return _answer(list(_versions(request)))


def _show_version(request: Request) -> Response:
    number, schema_id = _version(request)
    return _answer(
        {
            "subject": request.path_params["subject"],
            "version": number,
            "id": schema_id,
            "schemaType": "AVRO",
            "schema": _schema_text(schema_id),
        }
    )


def _show_version_schema(request: Request) -> Response:
    return _answer(registry.schema(_version(request)[1]))


def _referenced_by(request: Request) -> Response:
    _version(request)
    return _answer([])


def _show_id(request: Request) -> Response:
    return _answer({"schema": _schema_text(_schema_id(request))})


def _show_id_schema(request: Request) -> Response:
    return _answer(registry.schema(_schema_id(request)))


def _show_id_subjects(request: Request) -> Response:
    return _answer([registry.registrations()[_schema_id(request)].subject])


def _show_id_versions(request: Request) -> Response:
    found = registry.registrations()[_schema_id(request)]
    return _answer([{"subject": found.subject, "version": found.version}])


def _list_types(request: Request) -> Response:
    return _answer(["AVRO"])


def _config(request: Request) -> Response:
    if "subject" in request.path_params:
        _versions(request)
    return _answer({"compatibilityLevel": COMPATIBILITY})


def _mode(request: Request) -> Response:
    if "subject" in request.path_params:
        _versions(request)
    return _answer({"mode": "READONLY"})


def _root(request: Request) -> Response:
    return _answer({})


def _refusing(handler: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            return handler(request)
        except RegistryError as error:
            return _answer({"error_code": error.code, "message": str(error)}, error.status)

    return handle


def routes() -> list[Route]:
    """Return the calls as routes relative to wherever the caller mounts them."""
    calls: dict[str, Callable[[Request], Response]] = {
        "/": _root,
        "/subjects": _list_subjects,
        "/subjects/{subject}/versions": _list_versions,
        "/subjects/{subject}/versions/{version}": _show_version,
        "/subjects/{subject}/versions/{version}/schema": _show_version_schema,
        "/subjects/{subject}/versions/{version}/referencedby": _referenced_by,
        "/schemas/types": _list_types,
        "/schemas/ids/{id}": _show_id,
        "/schemas/ids/{id}/schema": _show_id_schema,
        "/schemas/ids/{id}/subjects": _show_id_subjects,
        "/schemas/ids/{id}/versions": _show_id_versions,
        "/config": _config,
        "/config/{subject}": _config,
        "/mode": _mode,
        "/mode/{subject}": _mode,
    }
    return [Route(path, _refusing(handler), methods=["GET"]) for path, handler in calls.items()]
