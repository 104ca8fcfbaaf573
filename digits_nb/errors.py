"""Everything that digits_nb refuses, by name: one base error and one line for each kind.

A message is one sentence that says what was given, which rule it broke and what to do. It never carries
the data itself: no picture, no base64, no query string of a URL.
"""


class DigitsError(Exception):
    """The base of every error that digits_nb raises on purpose."""


class QueryError(DigitsError):
    """The query has the wrong shape: no source, several, or one of the wrong type."""


class DownloadError(DigitsError):
    """The URL could not be fetched: no answer, a bad status, too slow, too many redirects."""


class ForbiddenAddress(DigitsError):
    """The URL leads, or redirects, to an address that is not public."""


class UnsupportedImage(DigitsError):
    """The bytes are no picture in a format that is read."""


class CorruptImage(DigitsError):
    """The bytes begin like a picture but cannot be decoded to the end."""


class TooLarge(DigitsError):
    """The data or the picture is larger than the limits allow."""


class NoDigit(DigitsError):
    """The picture is blank, or shows nothing like a digit."""


class SeveralDigits(DigitsError):
    """The picture shows more than one digit."""


class ModelNotFound(DigitsError):
    """The store has no such version, or none that this release can read."""


class TamperedModel(DigitsError):
    """A file of the version is not what its manifest says, or does what no model may."""


class NotebookError(DigitsError):
    """The file is no notebook, or not one that can be run or read."""


class UnknownParameter(DigitsError):
    """The notebook declares no parameter of this name."""


class BadParameter(DigitsError):
    """The value does not fit the type that the notebook declares for the parameter."""


class RunFailed(DigitsError):
    """The run of a notebook stopped at an error that is not one of ours, or was interrupted."""
