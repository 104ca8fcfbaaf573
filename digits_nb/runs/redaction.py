"""Remove the secrets of URLs that a run was given from what is kept of the run.

papermill writes every parameter into the executed notebook. A URL can hold a user name and a password, and a
token in its query string or its fragment.
"""

import html
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

_URL = re.compile(r"https?://\S+", re.IGNORECASE)
# How a text may stand in an output: as it is, in JSON or a Python literal, and in HTML.
_FORMS: tuple[Callable[[str], str], ...] = (
    str,
    lambda text: json.dumps(text)[1:-1],
    lambda text: repr(text)[1:-1],
    html.escape,
)
# What follows a host, as it may stand in a Python literal, HTML or JSON: a path, and what is removed.
_PATH, _REST = r"((?:/[^\s\"'<>?#\\]*)?)", r"(?:[?#](?:\\.|[^\s\"'<>\\])*)?"


def redactor(values: Iterable[object]) -> Callable[[Any], Any]:
    """Make a function that removes the secrets of the URLs in some values.

    Parameters
    ----------
    values
        Parameters of a run. Only texts can hold URLs.

    Returns
    -------
    Callable
        Takes a text, or JSON's lists and dicts, and returns it with shorter URLs: one of the given that has a
        secret, and every other one of the same host, without user name, password, query string and fragment.
    """
    given = {url for value in values if isinstance(value, str) for url in _URL.findall(value)}
    secret = {url: _plain(url) for url in given if url != _plain(url)}
    hosts = "|".join({re.escape(url.split("/")[2]) for url in secret.values()} - {""})
    written = {form(url): form(plain) for url, plain in secret.items() for form in _FORMS}
    longest_first = sorted(written, key=len, reverse=True)  # one may be the beginning of another
    same_host = re.compile(rf"(https?://)(?:[^\s/?#\"'<>]*@)?({hosts}){_PATH}{_REST}", re.IGNORECASE)

    def redact(content: Any) -> Any:  # noqa: ANN401 (JSON's any)
        match content:
            case str():
                for url in longest_first:
                    content = content.replace(url, written[url])
                return same_host.sub(r"\1\2\3", content) if hosts else content
            case list():
                return [redact(item) for item in content]
            case dict():
                return {redact(key): redact(item) for key, item in content.items()}
        return content

    return redact


def _plain(url: str) -> str:
    """Remove user name, password, query string and fragment from a URL."""
    scheme, _, rest = url.partition("://")
    server = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" not in server and not re.fullmatch(r"(\[.*\]|[^:]*)(:\d*)?", server):
        rest = rest.rpartition("@")[2]  # the password holds one of / ? #
    else:
        rest = rest[server.rfind("@") + 1 :]
    return f"{scheme}://{re.split('[?#]', rest, maxsplit=1)[0]}"
