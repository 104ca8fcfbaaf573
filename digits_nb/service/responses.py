"""What the service answers: a result and what belongs to it, or an error, each as JSON.

A caller is told what was wrong with the query and what to do, and nothing about the inside: no path, no
address, no trace. So only errors that speak of the query alone are passed on in their own words; for the
others a sentence stands here, and the log has the rest.
"""

import errno
import json
from collections.abc import Mapping
from typing import Any

from digits_nb import errors
from digits_nb.errors import DigitsError, TooLarge

RETRY_S = 1
"""When to come back after a 429: pictures take milliseconds, so the queue is another one by then."""

# errors that speak of the query and of nothing else
_THEIRS = {
    **dict.fromkeys([errors.QueryError, errors.UnsupportedImage, errors.CorruptImage], 400),
    **dict.fromkeys([errors.NoDigit, errors.SeveralDigits], 400),
    TooLarge: 413,
}
# what may name a place of the inside, in words that hold wherever that is
_NO_VERSION = "There is no such version here, or there are several; ask for the list, and name one in full."
_DAMAGED = "The version is damaged where it is kept; name another, or tell whoever runs this."
_NOT_FETCHED = (
    "The URL could not be fetched: no answer, not in time, or not a picture; see whether it opens without "
    "logging in, or send the picture as base64."
)
_NOT_PUBLIC = "The URL leads, or redirects, to an address that is not public; send the picture as base64."
_OURS: Mapping[type[DigitsError], tuple[int, str]] = {
    errors.ModelNotFound: (404, _NO_VERSION),
    errors.TamperedModel: (500, _DAMAGED),
    errors.DownloadError: (400, _NOT_FETCHED),
    errors.ForbiddenAddress: (400, _NOT_PUBLIC),
}
_INTERNAL = (500, "Something failed here that the query is not to blame for; tell whoever runs this.")
_FULL = "There is no room here for what was sent; tell whoever runs this."
_FETCHED = "The URL sends more bytes than are read; give the address of a smaller picture."


class Refusal(Exception):
    """A request that is not answered with a result.

    Parameters
    ----------
    status
        HTTP's.
    kind
        `error_type` in the answer: the name of an error of digits_nb, or of HTTP's.
    message
        One sentence for the caller.
    detail
        What only the log is told.
    headers
        Of the response.
    """

    def __init__(
        self, status: int, kind: str, message: str, *, detail: str = "", headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.kind, self.detail = status, kind, detail
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        """Give the answer as JSON values."""
        return {"error": {"message": str(self), "error_type": self.kind}}


def refusal_of(error: Exception, *, fetching: bool = False) -> Refusal:
    """Give the answer to any error; `fetching` says that it came of a URL's server."""
    if isinstance(error, Refusal):
        return error
    kind = type(error)
    cause = error.__cause__ or error
    if isinstance(cause, OSError) and cause.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return Refusal(507, "InsufficientStorage", _FULL, detail=str(error))
    if kind in _THEIRS:
        status, message = _THEIRS[kind], str(error)
        if fetching and kind is TooLarge:
            message = _FETCHED
    else:
        status, message = _OURS.get(kind, _INTERNAL)
    detail = str(error) if isinstance(error, DigitsError) and message != str(error) else ""
    name = kind.__name__ if kind in _THEIRS or kind in _OURS else "InternalError"
    return Refusal(status, name, message, detail=detail)


def busy() -> Refusal:
    """Give the answer when the queue is full."""
    message = "There is more to do here than can wait; ask again after the seconds that Retry-After names."
    return Refusal(429, "Busy", message, headers={"Retry-After": str(RETRY_S)})


def dump(value: object) -> bytes:
    """Write JSON values as a body."""
    return _JSON.encode(value).encode()


_JSON = json.JSONEncoder(allow_nan=False, separators=(",", ":"))  # json.dumps would make one each time
