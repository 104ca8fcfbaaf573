"""The versions of the model over HTTP: looked at, given out, taken in, made the latest."""

import re
from collections.abc import Callable
from functools import partial
from typing import ClassVar, TypeVar

from digits_nb.errors import DigitsError
from digits_nb.models.file_format import MAX_FILE_BYTES
from digits_nb.models.model import DigitModel
from digits_nb.service.handlers import Exchange
from digits_nb.service.responses import Refusal, dump

MODEL = "digits_recognition"
"""The one algorithm that has a model of its own."""

_MAX_POINTER_BYTES = 1000

T = TypeVar("T")


class _Hosted(Exchange):
    """Something about the versions of the model."""

    rights: ClassVar = {"GET": "ask", "HEAD": "ask", "PUT": "write"}

    async def look(self, names: tuple[str, str], work: Callable[[], T]) -> T:
        """Do this in a thread, for a caller who knows the names."""
        self.check_names(*names, known=(MODEL,))
        with self.application.desk.place():
            return await self.application.desk.picture(work)


class Cards(_Hosted):
    """`/v1/algorithms/<owner>/digits_recognition/versions`: the versions and their cards."""

    async def do_get(self, *names: str) -> None:
        """List them, the last one saved first."""
        self.finish(dump({"results": await self.look(names, self.application.models.listing)}))


class Collection(_Hosted):
    """`/v1/data/<owner>/digits_recognition`: the versions as files."""

    limits: ClassVar = {"PUT": MAX_FILE_BYTES}

    async def do_get(self, *names: str) -> None:
        """List them, the last one saved first."""
        listing = await self.look(names, self.application.models.listing)
        files = [{"version": item["version"], "latest": item["latest"]} for item in listing]
        self.finish(dump({"results": files}))

    do_head = do_get

    async def do_put(self, *names: str, version: str = "") -> None:
        """Take up a version, if it is one that a store takes."""
        fresh, version = await self.look(names, partial(self._take, bytes(self.body), version))
        latest = self.application.models.is_latest(version)
        self.told["model_version"] = version
        self.set_status(201 if fresh else 200)
        self.finish(dump({"result": {"version": version, "latest": latest}}))

    def _take(self, data: bytes, version: str) -> tuple[bool, str]:
        try:
            model = DigitModel.from_bytes(data, version=version, where="the body that was sent")
        except DigitsError as error:  # its words are about what was sent
            raise Refusal(400, type(error).__name__, str(error)) from error
        store = self.application.models.store
        before = store.versions()
        version = store.save(model, latest=False)
        return version not in before, version


class Version(Collection):
    """`/v1/data/<owner>/digits_recognition/<version>`: one version as a file."""

    async def do_get(self, owner: str, name: str, version: str) -> None:  # type: ignore[override]
        """Give it, as the file that a store keeps."""
        version, data = await self.look((owner, name), partial(self._read, version))
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Disposition", f'attachment; filename="{version}.safetensors"')
        self.set_header("X-Model-Version", version)
        self.finish(data)

    def _read(self, version: str) -> tuple[str, bytes]:
        models = self.application.models
        version = models.resolve(version)
        return version, models.store.load(version).to_bytes()

    do_head = do_get

    async def do_put(self, owner: str, name: str, version: str) -> None:  # type: ignore[override]
        """Take it up under this name, which must be its own."""
        if not re.fullmatch(r"[0-9a-f]{64}", version):
            message = "A version is sent under its full name of 64 hex digits; give that, or leave it out."
            raise Refusal(400, "QueryError", message)
        await super().do_put(owner, name, version=version)


class Latest(Version):
    """`/v1/data/<owner>/digits_recognition/latest`: what `latest` means, and how to change that."""

    limits: ClassVar = {"PUT": _MAX_POINTER_BYTES}

    async def do_get(self, owner: str, name: str) -> None:  # type: ignore[override]
        """Give the latest version, as the file that a store keeps."""
        await super().do_get(owner, name, "latest")

    do_head = do_get

    async def do_put(self, *names: str) -> None:  # type: ignore[override]
        """Publish a version, or roll back to it."""
        found = re.fullmatch(rb'\s*\{\s*"version"\s*:\s*"([0-9a-f]{8,64})"\s*\}\s*', self.body)
        if not found:
            message = 'The body is not {"version": "…"} with 8 or more digits of a version; send that.'
            raise Refusal(400, "QueryError", message)
        version = await self.look(names, partial(self.application.models.store.point, found[1].decode()))
        self.told["model_version"] = version
        self.finish(dump({"result": {"version": version, "latest": True}}))
