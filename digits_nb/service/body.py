"""The body of a request becomes a query, or a list of them.

What it is, its content type says: JSON, a text (URL or base64), or the picture itself. A query that names a
file is refused here: the server's files are not the caller's.
"""

import json
import re
from typing import Any, NoReturn

from digits_nb.images.query import MAX_BYTES
from digits_nb.service.responses import Refusal

MAX_QUERIES = 256
"""Of one list."""

MAX_BODY_BYTES = MAX_BYTES * 4 // 3 + 2**20
"""The largest picture as base64, and some JSON around it."""

# A query is one long text, or 64 numbers. What has more commas than 256 of these takes a hundred times its
# own size once it is parsed (a list of empty lists does), and would hold up everybody for a second.
_MAX_COMMAS = 100 * MAX_QUERIES

_FORM = "application/x-www-form-urlencoded"
_SAY = "say what the body is, as in -H 'Content-Type: application/json'"

Query = dict[str, Any]


def read_body(body: bytes | bytearray, content_type: str) -> Query | list[Query | Refusal]:
    """Give what a body asks.

    Parameters
    ----------
    body
        As it was sent.
    content_type
        The header, "" if there is none. curl says that it sends a form unless told otherwise, so a body of
        that type is looked at.

    Returns
    -------
    dict, or list of dict and Refusal
        A query has one of `url`, `base64`, `bytes` and `grid`. In a list, what is no query is the error
        that stands in its place.

    Raises
    ------
    Refusal
        400, 413 or 415: it is no query and no list, too long a list, or of another type.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind in {"", _FORM}:
        kind = _guess(body)
    if kind == "application/json" or kind.endswith("+json"):
        return _asked(_parse(body))
    if kind == "text/plain":
        return _query(_decode(body))
    if kind == "application/octet-stream" or kind.startswith("image/"):
        if not body:
            _refuse("The body is empty, and so no picture; send the content of a picture's file.")
        return {"bytes": body}
    message = (
        f"The content type {kind!r:.80} is not read here, but application/json, text/plain, "
        f"application/octet-stream and image/* are; {_SAY}."
    )
    raise Refusal(415, "UnsupportedMediaType", message)


def _guess(body: bytes | bytearray) -> str:
    start = bytes(body[:200]).lstrip()
    if start[:1] in {b"{", b"[", b'"'}:
        return "application/json"
    if re.match(rb"(https?://|data:)", start, re.IGNORECASE):
        return "text/plain"
    message = (
        "The body has no content type, or curl's own, and looks like neither JSON nor a URL; add -H 'Content-"
        "Type: …' with application/json, text/plain (URL or base64) or application/octet-stream (a picture)."
    )
    raise Refusal(415, "UnsupportedMediaType", message)


def _decode(body: bytes | bytearray) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError:
        _refuse("The body is no UTF-8 text; send a picture's bytes with -H 'Content-Type: image/png'.")


def _parse(body: bytes | bytearray) -> object:
    if body.count(b",") > _MAX_COMMAS:
        message = f"The body holds more values than {MAX_QUERIES} queries have; send it in several requests."
        raise Refusal(413, "TooLarge", message)
    try:
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        _refuse('The body is no JSON; send {"url": "…"} or {"base64": "…"}, in double quotes.')


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _asked(value: object) -> Query | list[Query | Refusal]:
    if not isinstance(value, list):
        return _query(value)
    if len(value) > MAX_QUERIES:
        message = f"The list has {len(value):,} queries, and {MAX_QUERIES} are the most; send several lists."
        raise Refusal(413, "TooLarge", message)
    return [_in_its_place(item) for item in value]


def _in_its_place(value: object) -> Query | Refusal:
    try:
        return _query(value)
    except Refusal as refusal:
        return refusal


def _query(value: object) -> Query:
    if isinstance(value, str):
        if not value.strip():
            _refuse("The text is empty; give a URL or the base64 of a picture.")
        http = value.lstrip()[:8].lower().startswith(("http://", "https://"))
        return {"url" if http else "base64": value}
    if not isinstance(value, dict):
        _refuse('The query is neither an object nor a text; send {"url": "…"} or {"base64": "…"}.')
    if "path" in value:
        _refuse("'path' is refused, for the server's files are not the caller's; send 'url' or 'base64'.")
    if len(value) != 1 or not value.keys() <= {"url", "base64", "grid"}:
        _refuse("The query must have exactly one of 'url', 'base64' and 'grid'; leave out everything else.")
    if "grid" in value and not _is_grid(value["grid"]):
        _refuse("The value of 'grid' must be 8 rows of 8 numbers, 0 to 16, as digits_preprocess gives them.")
    return value


def _is_grid(rows: object) -> bool:
    return (
        isinstance(rows, list)
        and len(rows) == 8  # noqa: PLR2004 (as its name says)
        and all(isinstance(row, list) and len(row) == 8 for row in rows)  # noqa: PLR2004
        and all(type(cell) in {int, float} and 0 <= cell <= 16 for row in rows for cell in row)  # noqa: PLR2004
    )


def _refuse(message: str) -> NoReturn:
    raise Refusal(400, "QueryError", message)
