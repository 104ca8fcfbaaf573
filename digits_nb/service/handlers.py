"""A request and its answer: what all have in common, whatever is asked.

Key, owner, limits, errors and the line in the log are here; what takes time is done at the desk, in threads.
"""

import asyncio
import random
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

from tornado.web import HTTPError, RequestHandler, stream_request_body

from digits_nb.service.log import note, trace
from digits_nb.service.responses import Refusal, dump, refusal_of

if TYPE_CHECKING:
    from digits_nb.service.app import Service

MAX_DRAINED_BYTES = 64 * 2**20
"""A body that is refused is still taken in up to this, for a caller who is sending does not listen."""

BODY_TIMEOUT_S = 60.0
"""A caller whose body takes longer is hung up on."""

ANSWER_TIMEOUT_S = 300.0
"""So is one who takes longer to read the answer than the connection keeps ready for it."""

_BEYOND = 2**62
_IDS = random.Random()  # noqa: S311 (seeded by the system once: an id tells requests apart and opens nothing)


@stream_request_body
class Exchange(RequestHandler):
    """What all requests have in common: key, owner, limits, errors, a line in the log."""

    application: "Service"
    rights: ClassVar[dict[str, str]] = {}
    """The right that a method asks for; none, and it needs no key."""
    limits: ClassVar[dict[str, int]] = {}
    """The bytes that a method's body may have; no body otherwise."""

    def initialize(self) -> None:
        """Take the request up."""
        self.body = bytearray()
        self.refusal: Refusal | None = None
        self.told: dict[str, Any] = {}
        self._held = 0
        self._closed = False
        self._answering: asyncio.Task[Any] | None = None
        # tornado's own timeout for bodies costs twenty times as much
        self._patience = asyncio.get_running_loop().call_later(BODY_TIMEOUT_S, self._hang_up)
        self.application.in_hand += 1

    @cached_property
    def request_id(self) -> str:
        """What the answer and the log call this request."""
        return f"{_IDS.getrandbits(64):016x}"

    def set_default_headers(self) -> None:
        """Say who answers, and that nobody keeps it."""
        self.set_header("Server", "digits_nb")
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("X-Request-Id", self.request_id)

    def prepare(self) -> None:
        """Judge the request by its headers; what is refused is said when its body has come."""
        try:
            self.admit()
        except Refusal as refusal:
            self.refusal = refusal
            # a caller who asks first has sent nothing yet, and one who sends too much is hung up on
            if "Expect" in self.request.headers or self._length() > MAX_DRAINED_BYTES:
                self.request.connection.set_max_body_size(_BEYOND)
                raise

    def admit(self) -> None:
        """Raise the refusal that the headers give reason for, if any."""
        method = str(self.request.method)
        known = hasattr(self, f"do_{method.lower()}")
        if self.rights:
            self._authorise(self.rights.get(method, "ask"))
        if not known:
            raise self._no_method()
        if self.request.headers.get("Content-Encoding", "identity") != "identity":
            message = "The body is compressed, and only plain ones are read; leave Content-Encoding out."
            raise Refusal(415, "UnsupportedMediaType", message)
        if self._length() > self._limit:
            raise self._too_large()

    def _no_method(self) -> Refusal:
        can = [name for name in self.SUPPORTED_METHODS if hasattr(self, f"do_{name.lower()}")]
        message = f"The method {self.request.method} is not for this address; use {' or '.join(can)}."
        return Refusal(405, "MethodNotAllowed", message, headers={"Allow": ", ".join(can)})

    def _length(self) -> int:
        sent = self.request.headers.get("Content-Length", "")
        if not sent.isdecimal():  # tornado refuses what is no number
            return 0
        return int(sent) if len(sent) < 18 else _BEYOND  # noqa: PLR2004 (digits of a number of 64 bits)

    @property
    def _limit(self) -> int:
        return self.limits.get(str(self.request.method), 0)

    def _authorise(self, right: str) -> None:
        given = self.request.headers.get("Authorization", "").strip()
        scheme, _, rest = given.partition(" ")
        key = rest.strip() if scheme.lower() in {"simple", "bearer"} else given
        holder = self.application.keys.holder(key) if key else None
        if holder is None:
            fault = "The key is not valid" if key else "There is no key"
            message = f"{fault}; send one that this service knows, as in -H 'Authorization: Simple KEY'."
            raise Refusal(401, "Unauthorized", message, headers={"WWW-Authenticate": "Simple, Bearer"})
        self.told["key"] = holder.name
        if right not in holder.rights:
            message = f"The key has not the right to {right}; ask whoever runs this for one that has."
            raise Refusal(403, "Forbidden", message)

    def _too_large(self) -> Refusal:
        message = (
            f"The body has more than the {self._limit:,} bytes that are read here; send a smaller one."
            if self._limit
            else "The request has a body, and none is read here; send none."
        )
        return Refusal(413, "TooLarge", message)

    def data_received(self, chunk: bytes) -> None:
        """Keep a piece of the body, within limits."""
        if self.refusal is not None:
            return
        try:
            self.application.desk.hold(len(chunk))
            self._held += len(chunk)
            self.body += chunk
            if len(self.body) > self._limit:
                raise self._too_large()
        except Refusal as refusal:
            self.refusal = refusal
            self._let_go()

    async def answer(self, *names: str) -> None:
        """Do what the method asks for, or say why not."""
        self._patience.cancel()
        if self.refusal is not None:
            raise self.refusal
        self._answering = asyncio.current_task()
        try:
            await getattr(self, f"do_{str(self.request.method).lower()}")(*names)
        except asyncio.CancelledError:
            if not self._closed:
                raise

    get = head = post = put = delete = patch = options = answer

    def check_names(self, owner: str, algorithm: str, known: tuple[str, ...]) -> None:
        """Refuse names that are not here."""
        if owner != self.application.owner:
            message = f"There is no owner {owner!r:.80} here; use the name that the service was started with."
        elif algorithm not in known:
            message = f"There is no {algorithm!r:.80} here; use {' or '.join(known)}."
        else:
            return
        raise Refusal(404, "NotFound", message)

    def write_error(self, status_code: int, **kwargs: Any) -> None:  # noqa: ANN401 (as tornado declares it)
        """Answer with an error, whatever it is."""
        error = kwargs.get("exc_info", (None, None))[1]
        if not isinstance(error, HTTPError):
            refusal = refusal_of(error)
        elif status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            refusal = self._no_method()
        else:  # tornado's own: bytes or escapes that HTTP has not
            message = "The request is not understood here; check its address and its query string."
            refusal = Refusal(status_code, "BadRequest", message)
        self.told |= {"error_type": refusal.kind, "error": refusal.detail or str(refusal)}
        if refusal.kind == "InternalError":
            self.told |= trace(error)
        self.set_status(refusal.status)
        for name, value in refusal.headers.items():
            self.set_header(name, value)
        self.finish(dump(refusal.body()))

    def log_exception(self, *_: object) -> None:
        """Leave it to the line of the request."""

    def finish(self, chunk: bytes | None = None) -> "asyncio.Future[None]":
        """Send the answer; from a service that stops, as the connection's last."""
        if self.application.stopping:
            self.set_header("Connection", "close")
        sent = super().finish(chunk)
        stream = self.request.connection.stream
        if stream.writing():
            patience = asyncio.get_running_loop().call_later(ANSWER_TIMEOUT_S, stream.close)
            sent.add_done_callback(lambda _: patience.cancel())
        return sent

    def on_finish(self) -> None:
        """Count the request as answered, once."""
        self._patience.cancel()
        if not self._closed:
            self._closed = True
            self._let_go()
            self.application.in_hand -= 1

    def on_connection_close(self) -> None:
        """Give up a request whose caller hung up."""
        super().on_connection_close()
        if not self._closed and not self._finished:
            self.told["error_type"] = "HungUp"
            self.set_status(499, "Caller hung up")
            self.log()
            self.on_finish()
            if self._answering is not None:
                self._answering.cancel()

    def _hang_up(self) -> None:
        self.request.connection.stream.close()

    def _let_go(self) -> None:
        self.application.desk.hold(-self._held)
        self._held = 0
        self.body = bytearray()

    def log(self) -> None:
        """Write the line: no query string, no header, no body."""
        if self._closed:  # it was written when the caller hung up
            return
        status = self.get_status()
        note(
            "info" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "error",
            request_id=self.request_id,
            remote=self.request.remote_ip,
            method=self.request.method,
            path=self.request.path[:200],
            status=status,
            duration=round(self.request.request_time(), 5),
            **self.told,
        )
