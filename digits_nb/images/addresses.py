"""Allowed URLs and IP addresses, and the reason for each that is refused.

A forbidden address stops server-side request forgery: a URL that makes the machine of a service ask servers
that only this machine can reach, such as a cloud's metadata service, which hands out passwords.
"""

import re
from contextlib import suppress
from ipaddress import IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import requests
from requests_hardened.ip_filter import EXTRA_BLOCKED_NET_RANGES

from digits_nb import __version__
from digits_nb.errors import DigitsError

MAX_URL = 8_192
MAX_HOST = 253  # characters (RFC 1035, as text)

# IANA's special-purpose registries, the outdated ranges that the IPv6 RFCs name, and the addresses of clouds'
# metadata services
FORBIDDEN = {
    ip_network(block): reason
    for blocks, reason in {
        "0.0.0.0/8": "this machine itself (RFC 1122)",
        "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16": "a private network (RFC 1918)",
        "100.64.0.0/10": "a provider's inner network (RFC 6598)",
        "127.0.0.0/8": "this machine itself (loopback, RFC 1122)",
        "168.63.129.16/32": "a cloud's inner service (Azure's wire server)",
        "169.254.0.0/16": "a link-local address (RFC 3927), where clouds serve metadata",
        "192.0.0.0/24": "an address kept for protocols (RFC 6890)",
        "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24": "an address kept for documentation (RFC 5737)",
        "192.88.99.0/24": "a 6to4 relay (RFC 7526)",
        "198.18.0.0/15": "an address kept for benchmarks (RFC 2544)",
        "224.0.0.0/4": "a multicast address (RFC 5771)",
        "240.0.0.0/4": "a reserved or broadcast address (RFC 1112)",
        "::/128": "this machine itself (unspecified, RFC 4291)",
        "::1/128": "this machine itself (loopback, RFC 4291)",
        "::/96": "an IPv4-compatible address (RFC 4291), which can hide a private one",
        "64:ff9b::/96": "a NAT64 address (RFC 6052), which can hide a private one",
        "64:ff9b:1::/48": "a local NAT64 address (RFC 8215)",
        "100::/64": "an address that discards (RFC 6666)",
        "2001::/32": "a Teredo address (RFC 4380), which can hide a private one",
        "2001::/23": "an address kept for protocols (RFC 2928)",
        "2001:db8::/32": "an address kept for documentation (RFC 3849)",
        "2002::/16": "a 6to4 address (RFC 3056), which can hide a private one",
        "3fff::/20": "an address kept for documentation (RFC 9637)",
        "5f00::/16": "an address of segment routing (RFC 9602)",
        "fc00::/7": "a private network (RFC 4193), where clouds serve metadata",
        "fe80::/10": "a link-local address (RFC 4291)",
        "fec0::/10": "a site-local address (RFC 3879)",
        "ff00::/8": "a multicast address (RFC 4291)",
    }.items()
    for block in blocks.split()
}
UNICAST = ip_network("2000::/3")  # all that IANA gives out for global unicast (RFC 4291)

WEB_PORTS = (80, 443)
OTHER_PORTS = range(1024)  # IANA's system ports (RFC 6335): mail and others may take our request as commands


def why_forbidden(address: str) -> str:
    """Return why nothing is fetched from an address: what kind it is, or `""` if it is public.

    Parameters
    ----------
    address
        An IPv4 or IPv6 address as numbers, not a name. `::ffff:a.b.c.d` (IPv4-mapped) counts as `a.b.c.d`.

    Raises
    ------
    ValueError
        It is a name.
    """
    ip = ip_address(address)
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip
    for block, reason in FORBIDDEN.items():
        if ip in block:
            return reason
    # ranges that a newer Python or requests-hardened knows and FORBIDDEN does not yet
    if not ip.is_global or any(ip in block for block in EXTRA_BLOCKED_NET_RANGES):
        return "an address that is not public"
    if isinstance(ip, IPv6Address) and ip not in UNICAST:
        return "an address that is not global (RFC 4291)"
    return ""


def prepare(url: str, name: str, refusal: type[DigitsError]) -> requests.PreparedRequest:
    """Make the GET request for a URL.

    Parameters
    ----------
    url
        As a user or a server wrote it; white space around it does not count.
    name
        The subject of the error's sentence, such as "The URL".
    refusal
        The error that is raised for a URL of the wrong form.
    """
    url = url.strip()
    scheme, found, rest = url.partition("://")
    if not found or scheme.lower() not in {"http", "https"}:
        rule = "only a URL that begins with http:// or https:// is fetched; use path for a file"
    elif len(url) > MAX_URL:
        rule = f"a URL has at most {MAX_URL:,} characters; use base64 for the picture itself"
    elif re.search(r"[\x00-\x20\x7f\\]", url):
        rule = "a URL has no blanks, backslashes or control characters; write them as %20, %5C and so on"
    elif "@" in re.split(r"[/?#]", rest, maxsplit=1)[0]:
        rule = "no user name or password goes into a URL; give one that opens without them"
    else:
        headers = {
            "Accept": "image/*,*/*;q=0.5",
            "Accept-Encoding": "identity",
            "Connection": "close",
            "User-Agent": f"digits_nb/{__version__}",
        }
        with suppress(requests.RequestException, ValueError):
            request = requests.Request("GET", url, headers).prepare()
            parts = urlsplit(str(request.url))
            host_fits = 0 < len(parts.hostname or "") <= MAX_HOST
            if host_fits and "@" not in parts.netloc and urlsplit(url).port != 0:
                return request
        rule = "its host or port is not valid; check the spelling"
    msg = f"{name} cannot be fetched: {rule}."
    raise refusal(msg)


def server_of(request: requests.PreparedRequest) -> tuple[str, str, int]:
    """Return the scheme, host and port of a request."""
    parts = urlsplit(str(request.url))
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}[parts.scheme]


def pair(host: str, port: int) -> str:
    """Return a server as `host:port`, in the form of `$DIGITS_NB_ALLOW`."""
    return f"[{host}]:{port}".lower() if ":" in host else f"{host}:{port}".lower()
