"""Every error that digits_nb raises on purpose.

A message is one sentence that says what was given, which rule it broke and what to do. It never contains
the data itself: no picture, no base64, no query string of a URL.

DigitsError
    QueryError
    DownloadError
    ForbiddenAddress
    UnsupportedImage
    CorruptImage
    TooLarge
    NoDigit
    SeveralDigits
    ModelNotFound
    TamperedModel
    NotebookError
    UnknownParameter
    BadParameter
    RunFailed
    MissingPackage (also an ImportError)
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digits_nb.preprocessing.normalization import Stages


class DigitsError(Exception):
    """Base class of every error that digits_nb raises on purpose.

    Attributes
    ----------
    stages : digits_nb.Stages or None
        What was seen in a picture that was refused: the stages of its highest digit, made of the picture
        reduced for display. `box` and `left_out` are in pixels of `stages.gray`, which is the whole picture.
        None if the picture was not looked at, or is blank.
    """

    stages: "Stages | None" = None


class QueryError(DigitsError):
    """The query has the wrong shape: no source, several sources, or a source of the wrong type."""


class DownloadError(DigitsError):
    """The URL could not be fetched: no answer, an error status, too slow, or too many redirects."""


class ForbiddenAddress(DigitsError):
    """The URL, or a redirect from it, leads to an address that is not public."""


class UnsupportedImage(DigitsError):
    """The bytes are not a picture in a supported format."""


class CorruptImage(DigitsError):
    """The bytes begin like a picture but cannot be decoded to the end."""


class TooLarge(DigitsError):
    """The data or the picture is larger than the limits allow."""


class NoDigit(DigitsError):
    """The picture is blank or shows nothing like a digit."""


class SeveralDigits(DigitsError):
    """The picture shows more than one digit."""


class ModelNotFound(DigitsError):
    """The store has no such version, or none that this release can read."""


class TamperedModel(DigitsError):
    """The file of the version has other content than its name says, or does what no model may."""


class NotebookError(DigitsError):
    """The file is not a notebook, or not one that can be run or read."""


class UnknownParameter(DigitsError):
    """The notebook declares no parameter of this name."""


class BadParameter(DigitsError):
    """The value does not fit the type that the notebook declares for the parameter."""


class RunFailed(DigitsError):
    """The run of a notebook stopped at an error that is not a `DigitsError`, or was interrupted."""


class MissingPackage(DigitsError, ImportError):
    """A package that an extra of digits_nb installs is not installed."""


def require(extra: str, purpose: str, *modules: str) -> None:
    """Check that modules can be imported, without importing them.

    A sub-package calls this before its own imports, so that using it without its extra raises an error that
    says what to install.

    Parameters
    ----------
    extra
        Extra of digits_nb that installs the modules, such as `train`.
    purpose
        Subject of the message: what needs the modules.
    modules
        Top-level modules.

    Raises
    ------
    MissingPackage
        A module is not installed.
    """
    from importlib.util import find_spec

    for module in modules:
        if find_spec(module) is None:
            msg = f"{purpose} needs {module}, which is not installed: run pip install 'digits_nb[{extra}]'."
            raise MissingPackage(msg)
