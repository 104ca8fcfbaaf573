"""A version of a model as one file: a zip of its folder, checked as a store checks its own."""

import io
import re
import zipfile

from digits_nb.errors import DigitsError, TamperedModel
from digits_nb.models.graph import MAX_MODEL_BYTES
from digits_nb.models.model import DigitModel
from digits_nb.models.version import MAX_CARD_BYTES, MAX_MANIFEST_BYTES, check, pack

MAX_ARCHIVE_BYTES = MAX_MODEL_BYTES + MAX_CARD_BYTES + MAX_MANIFEST_BYTES + 2**16
"""The largest version there can be, not compressed, and what a zip adds."""

_MAX_ENTRIES = 16
_NAME = re.compile(r"(?:([0-9a-f]{64})/)?([\w.]*)", re.ASCII)
_EPOCH = (1980, 1, 1, 0, 0, 0)  # a zip's first moment: the same version gives the same bytes
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 1  # a flag of the zip format
_AGAIN = "send what GET gave for the version, or a zip of its folder"


def zip_version(model: DigitModel) -> bytes:
    """Write a model as the zip of its version's folder.

    Raises
    ------
    DigitsError
        Its card is not one that a store keeps.
    """
    version, files = pack(model.onnx, model.card)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(f"{version}/{name}", _EPOCH), data, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def unzip_version(data: bytes, version: str = "") -> DigitModel:
    """Read a model out of a zip, checked as a store checks its own folders.

    Nothing is written, and of each file at most as much is unpacked as it may have.

    Parameters
    ----------
    data
        The zip: the three files of a version, in a folder that has its name or in none.
    version
        The full version that it must be, if the sender has said.

    Raises
    ------
    ModelNotFound
        Another release wrote it, in a format that this one does not read.
    TamperedModel
        It is no such zip; a file is missing, foreign, or not what its manifest says; or the model does what
        no model may.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            folder, entries = _entries(archive)
            if version and folder and folder != version:
                _refuse(
                    f"holds the folder {folder[:8]}, which is not the version {version[:8]} that was named"
                )

            def read(name: str, max_bytes: int) -> bytes:
                return _read(archive, entries[name], max_bytes)

            onnx, card = check(version or folder, set(entries), read, where="the zip that was sent")
    except DigitsError:
        raise
    except Exception as error:  # a broken zip finds its way through any list of errors
        msg = f"What was sent is no zip, or is broken or cut short ({type(error).__name__}); {_AGAIN}."
        raise TamperedModel(msg) from error
    return DigitModel(onnx, card)


def _entries(archive: zipfile.ZipFile) -> tuple[str, dict[str, zipfile.ZipInfo]]:
    """Give the folder that the entries are in, and each by its name there."""
    listed = archive.infolist()
    if len(listed) > _MAX_ENTRIES:
        _refuse(f"has {len(listed):,} entries, where a version has three files")
    entries: dict[str, zipfile.ZipInfo] = {}
    folders = set()
    for entry in listed:
        parts = _NAME.fullmatch(entry.filename)
        if not parts or not (parts[1] or parts[2]):
            _refuse(f"holds a foreign file, {entry.filename!r:.80}")
        folder, name = parts[1] or "", parts[2]
        folders.add(folder)
        if name in entries:
            _refuse(f"holds {name!r:.80} twice")
        if name:  # the folder itself has none
            entries[name] = entry
    if len(folders) > 1:
        _refuse("holds several folders, where a version is one")
    return "".join(folders), entries


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, max_bytes: int) -> bytes:
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
        _refuse("is encrypted, or compressed in another way than deflate")
    with archive.open(entry) as file:
        data = file.read(max_bytes + 1)  # whatever size the entry claims
    if len(data) > max_bytes:
        _refuse(f"holds a file of more than the {max_bytes:,} bytes that it may have")
    return data


def _refuse(fault: str) -> None:
    msg = f"The zip that was sent {fault}; {_AGAIN}."
    raise TamperedModel(msg)
