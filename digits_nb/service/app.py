"""The tornado application: what can be asked at which address."""

import asyncio
import re
from functools import partial
from time import perf_counter
from typing import Any, ClassVar

from tornado.web import Application, RequestHandler

from digits_nb.errors import DigitsError
from digits_nb.images.query import TIMEOUT_S, read_bytes
from digits_nb.service.algorithms import ALGORITHMS, Algorithm, Found, recognized
from digits_nb.service.body import MAX_BODY_BYTES, Query, read_body
from digits_nb.service.handlers import Exchange
from digits_nb.service.keys import KeyFile
from digits_nb.service.loaded_models import HostedModels
from digits_nb.service.log import trace
from digits_nb.service.micro_batch import Tray
from digits_nb.service.openapi import describe
from digits_nb.service.responses import Refusal, dump, refusal_of
from digits_nb.service.scheduler import Desk
from digits_nb.service.versions import MODEL, Cards, Collection, Latest, Version

MAX_TIMEOUT_S = 300.0
"""What a caller may ask for with `timeout`, and gets without it."""

AT_ONCE = 8
"""Queries of one list that are in work at the same time, so that a list does not keep others waiting."""


class Service(Application):
    """What is served, by one process.

    Parameters
    ----------
    models
        Who answers.
    keys
        Who may ask.
    owner
        The name that stands in every address.
    queue
        How many requests may be in hand.
    """

    def __init__(self, models: HostedModels, keys: KeyFile, owner: str, queue: int) -> None:
        self.models, self.keys, self.owner = models, keys, owner
        self.desk = Desk(queue)
        self.tray = Tray(lambda: self.in_hand)
        self.stopping = False
        self.in_hand = 0  # requests that are not answered yet
        addresses = [
            (r"/v1/algo/([^/]+)/([^/]+)(?:/([^/]+))?", Question),
            (r"/v1/algorithms/([^/]+)/([^/]+)/versions", Cards),
            (r"/v1/data/([^/]+)/([^/]+)", Collection),
            (r"/v1/data/([^/]+)/([^/]+)/latest", Latest),
            (r"/v1/data/([^/]+)/([^/]+)/([^/]+)", Version),
            (r"/healthz", Health),
            (r"/readyz", Readiness),
            (r"/openapi\.json", Description),
        ]
        super().__init__(addresses, default_handler_class=Nothing)

    def log_request(self, handler: RequestHandler) -> None:
        """Write the line of a request that is answered."""
        if isinstance(handler, Exchange):
            handler.log()


class Question(Exchange):
    """`/v1/algo/<owner>/<algorithm>[/<version>]`: a query, or a list of them."""

    rights: ClassVar = {"POST": "ask"}
    limits: ClassVar = {"POST": MAX_BODY_BYTES}

    async def do_post(self, owner: str, name: str, version: str | None) -> None:
        """Answer."""
        self.check_names(owner, name, tuple(ALGORITHMS))
        algorithm = ALGORITHMS[name]
        timeout_s, raw = self._timeout(), self._raw()
        asked = read_body(self.body, self.request.headers.get("Content-Type", ""))
        version = version or "latest"
        answers = await self._at_once(algorithm, version, asked)
        if answers is None:
            answers = await self._in_time(timeout_s, algorithm, version, asked)
        self.finish(dump(_bare(answers) if raw else answers))

    async def _in_time(
        self, timeout_s: float, algorithm: Algorithm, version: str, asked: Query | list[Query | Refusal]
    ) -> dict[str, Any] | list[dict[str, Any]]:
        ask = partial(self._ask, algorithm, version, perf_counter() + timeout_s)
        with self.application.desk.place():
            try:
                async with asyncio.timeout(timeout_s):
                    return await (self._each(ask, asked) if isinstance(asked, list) else ask(asked))
            except TimeoutError:
                message = f"No answer came within the timeout of {timeout_s:g} s; ask again, or for less."
                raise Refusal(504, "TimedOut", message) from None

    async def _each(self, ask: Any, queries: list[Query | Refusal]) -> list[dict[str, Any]]:  # noqa: ANN401
        turns = asyncio.Semaphore(AT_ONCE)

        async def answer(query: Query | Refusal) -> dict[str, Any]:
            if isinstance(query, Refusal):
                return query.body()
            async with turns:
                try:
                    return await ask(query)
                except Exception as error:  # noqa: BLE001 (the other queries are answered all the same)
                    refusal = refusal_of(error)
                    if refusal.kind == "InternalError":
                        self.told |= trace(error)
                    return refusal.body()

        self.told["queries"] = len(queries)
        return await asyncio.gather(*map(answer, queries))

    async def _ask(self, algorithm: Algorithm, version: str, ends: float, query: Query) -> dict[str, Any]:
        start = perf_counter()
        desk, fetched = self.application.desk, b""
        if "url" in query:
            try:
                timeout_s = max(0.1, min(TIMEOUT_S, ends - start))
                work = partial(read_bytes, query, timeout_s=timeout_s)
                fetched = await desk.fetch(work, self.told["key"])
            except DigitsError as error:
                raise refusal_of(error, fetching=True) from error
            query = {"bytes": fetched}
        with desk.holding(fetched):
            return self._told(start, await desk.picture(partial(self._run, algorithm, version, query)))

    def _told(self, start: float, found: Found) -> dict[str, Any]:
        result, more = found
        if "model_version" in more:
            self.told["model_version"] = more["model_version"]
        metadata = {"content_type": "json", "duration": round(perf_counter() - start, 6), **more}
        return {"result": result, "metadata": {**metadata, "request_id": self.request_id}}

    async def _at_once(
        self, algorithm: Algorithm, version: str, asked: Query | list[Query | Refusal]
    ) -> dict[str, Any] | None:
        """Read one small picture here and now, by a model that is loaded; nothing for all else."""
        if algorithm is not ALGORITHMS[MODEL] or isinstance(asked, list) or "url" in asked:
            return None
        start = perf_counter()
        model = self.application.models.loaded(version)
        if model is None:
            return None
        if "grid" in asked:
            return self._told(start, algorithm(asked, model))
        answer = await self.application.tray.read(asked, model)
        return None if answer is None else self._told(start, recognized(answer))

    def _run(self, algorithm: Algorithm, version: str, query: Query) -> Found:
        """Do the work, in a thread."""
        return algorithm(query, self.application.models.load(version))

    def _timeout(self) -> float:
        given = self.get_query_argument("timeout", None)
        if given is None:
            return MAX_TIMEOUT_S
        if re.fullmatch(r"\d{1,3}(\.\d{1,9})?", given, re.ASCII) and 1 <= float(given) <= MAX_TIMEOUT_S:
            return float(given)
        message = f"The timeout is {given!r:.40}, but must be 1 to {MAX_TIMEOUT_S:g}, in seconds; change it."
        raise Refusal(400, "QueryError", message)

    def _raw(self) -> bool:
        given = self.get_query_argument("output", "json")
        if given in {"json", "raw"}:
            return given == "raw"
        message = f"The output is {given!r:.40}, but must be 'json' or 'raw'; leave it out for 'json'."
        raise Refusal(400, "QueryError", message)


def _bare(answers: Any) -> Any:  # noqa: ANN401 (JSON values)
    if isinstance(answers, list):
        return [_bare(answer) for answer in answers]
    return answers.get("result", answers)


class Health(Exchange):
    """`/healthz`: whether this process answers at all."""

    async def do_get(self) -> None:
        """Say so."""
        self.finish(dump({"status": "ok"}))


class Readiness(Exchange):
    """`/readyz`: whether a query would be answered."""

    async def do_get(self) -> None:
        """Say so, or what is missing."""
        if self.application.stopping:
            raise Refusal(503, "NotReady", "The service is stopping; ask another, or again in a while.")
        if not await asyncio.to_thread(self.application.models.ready):
            raise Refusal(503, "NotReady", "There is no model here that can answer; send one with PUT.")
        self.finish(dump({"status": "ready"}))


class Description(Exchange):
    """`/openapi.json`: all this for programs."""

    async def do_get(self) -> None:
        """Give the OpenAPI file."""
        self.finish(dump(describe(self.application.owner)))


class Nothing(Exchange):
    """Any other address."""

    def admit(self) -> None:
        """Refuse, whatever the method."""
        raise Refusal(404, "NotFound", "There is nothing at this address; /openapi.json lists all there are.")
