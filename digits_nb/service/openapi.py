"""The description of the service for programs: OpenAPI 3.1, for the owner that it is started with."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from digits_nb import __version__

_FILE = Path(__file__).parent / "openapi.json"


@cache
def describe(owner: str) -> dict[str, Any]:
    """Give the description as JSON values.

    Parameters
    ----------
    owner
        The only value that an address may have there.
    """
    description = json.loads(_FILE.read_bytes())
    description["info"]["version"] = __version__
    description["components"]["parameters"]["owner"]["schema"] = {"type": "string", "enum": [owner]}
    return description
