"""
The description of the edge protocol (OpenAPI 3.1), built from the types that we decode with.

A manufacturer writes a reader from this document alone; the gateway publishes it.
"""

from typing import Any

import msgspec

from cvq.rules.vocabulary import Sector
from cvq.wire import messages
from cvq.wire.events import MAX_INTEGER, Event
from cvq.wire.policy import CONTENT_TYPE, Header
from cvq.wire.rows import AccountRow, CardRow, PlaceRow, PointRow
from cvq.wire.signing import DEVICE_HEADER, MAC_HEADER

VERSION = "1.0.0"
JSON = "application/json"
_REF = "#/components/schemas/{name}"
_TYPES: tuple[type, ...] = (
    Event,
    messages.Answer,
    messages.Upload,
    messages.Ack,
    messages.Expect,
    messages.Fork,
    messages.Problem,
    Header,
    CardRow,
    AccountRow,
    PointRow,
    PlaceRow,
)

_ERRORS = {
    "400": "Le message est lu mais impossible : dit quoi, où, et que faire.",
    "401": "Appareil inconnu, en-tête absent ou preuve fausse.",
    "403": "Appareil mis en quarantaine ou retiré : il faut l'enrôler de nouveau.",
    "405": "Cette adresse ne connaît pas cette méthode.",
    "413": "Message trop long.",
    "415": "Le corps n'est pas du JSON.",
    "422": "Même numéro, autre événement : deux boîtiers parlent sous un même nom.",
    "503": "Trop de monde ou base absente : renvoyez plus tard, sans rien changer.",
}


def _content(name: str) -> dict[str, Any]:
    return {JSON: {"schema": {"$ref": _REF.format(name=name)}}}


def _error(status: str, name: str = "Problem") -> dict[str, Any]:
    described: dict[str, Any] = {"description": _ERRORS[status], "content": _content(name)}
    if status == "503":
        described["headers"] = {"retry-after": {"schema": {"type": "string"}}}
    if status == "405":
        described["headers"] = {"allow": {"schema": {"type": "string"}}}
    return described


def _errors(*statuses: str) -> dict[str, Any]:
    return {status: _error(status) for status in statuses}


def _header(name: str, pattern: str, description: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string", "pattern": pattern},
    }


_DEVICE = _header(DEVICE_HEADER, "^[1-9][0-9]{0,9}$", "Le numéro de l'appareil.")
_ASK_MAC = _header(
    MAC_HEADER,
    "^[0-9a-f]{64}$",
    "HMAC-SHA256(clé de l'appareil, « cc/ask/v1 » + octet nul + corps), en hexadécimal.",
)
_GET_MAC = _header(
    MAC_HEADER,
    "^[0-9a-f]{64}$",
    "HMAC-SHA256(clé de l'appareil, « cc/get/v1 » + octet nul + chemin et paramètres).",
)


def _ask() -> dict[str, Any]:
    return {
        "operationId": "ask",
        "summary": "Demander avant d'ouvrir : un passage, une réponse, en 300 ms au plus.",
        "parameters": [_DEVICE, _ASK_MAC],
        "requestBody": {"required": True, "content": _content("Event")},
        "responses": {
            "200": {"description": "Ce que dit la mairie.", "content": _content("Answer")},
            "422": _error("422", "Fork"),
            **_errors("400", "401", "403", "405", "413", "415", "503"),
        },
    }


def _events() -> dict[str, Any]:
    return {
        "operationId": "upload",
        "summary": "Envoyer la suite du journal ; renvoyer la même est toujours sans danger.",
        "requestBody": {"required": True, "content": _content("Upload")},
        "responses": {
            "200": {"description": "Gardé pour de bon.", "content": _content("Ack")},
            "409": {"description": "Il manque une suite.", "content": _content("Expect")},
            "422": _error("422", "Fork"),
            **_errors("400", "401", "403", "405", "413", "415", "503"),
        },
    }


def _policy() -> dict[str, Any]:
    body = {CONTENT_TYPE: {"schema": {"type": "string", "contentEncoding": "binary"}}}
    number = {"type": "integer", "minimum": 0, "maximum": MAX_INTEGER, "default": 0}
    sector = {"type": "string", "enum": [sector.value for sector in Sector]}
    return {
        "operationId": "policy",
        "summary": "Prendre la liste signée d'un secteur, entière ou depuis celle qu'on a.",
        "parameters": [
            _DEVICE,
            _GET_MAC,
            {"name": "sector", "in": "query", "required": True, "schema": sector},
            {"name": "have", "in": "query", "required": False, "schema": number},
        ],
        "responses": {
            "200": {
                "description": "En-tête JSON, saut de ligne, signature hexadécimale, saut de "
                "ligne, corps gzip de lignes JSON.",
                "content": body,
            },
            "204": {"description": "Rien de plus récent."},
            **_errors("400", "401", "403", "405", "503"),
        },
    }


def document() -> dict[str, Any]:
    """Return the whole OpenAPI document."""
    _, components = msgspec.json.schema_components(_TYPES, ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CVQ, protocole des lecteurs et contrôleurs",
            "version": VERSION,
            "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        },
        "paths": {
            messages.ASK_PATH: {"post": _ask()},
            messages.EVENTS_PATH: {"post": _events()},
            messages.POLICY_PATH: {"get": _policy()},
        },
        "components": {"schemas": components},
    }
