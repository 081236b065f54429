"""Whose allowance a request uses: an account's, or else its client address's."""

import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from django.utils.crypto import salted_hmac
from rest_framework.settings import api_settings

UNKNOWN_ADDRESS: Final = "unknown"  # one allowance for all that cannot be told apart
IPV6_PREFIX: Final = 64  # bits; whoever has one such address has all of them
# How much of an address a log line may tell.
MASKED_BITS: Final = {4: 24, 6: 48}


def user_ident(pk: object) -> str:
    """Name an account; never equal to the name of an address."""
    return f"u{pk}"


def address_ident(address: str) -> str:
    """Name a client address, as ``client_address`` returns it."""
    return f"i{address}"


def tried_ident(text: str) -> str:
    """Name what a request tries to open, such as an e-mail address, by a digest."""
    value = text.encode(errors="replace")  # a lone surrogate has no bytes
    digest = salted_hmac("custom.throttling", value, algorithm="sha256")
    return f"t{digest.hexdigest()}"


def client_address(meta: Mapping[str, Any]) -> str:
    """Return the client's address, or its network of IPv6, from a WSGI environment.

    ``NUM_PROXIES`` says how many proxies in front of the shop append to
    ``X-Forwarded-For``: that many entries from the right are theirs, the rest is
    whatever the client wrote. With fewer entries no proxy was passed.
    """
    proxies = api_settings.NUM_PROXIES or 0
    if proxies and (forwarded := meta.get("HTTP_X_FORWARDED_FOR")):
        hops = forwarded.split(",")
        if len(hops) >= proxies:
            return normalize_address(hops[-proxies])
    return normalize_address(meta.get("REMOTE_ADDR") or "")


@lru_cache(maxsize=4096)
def normalize_address(text: str) -> str:
    """Return one spelling for all that one client has; a port or a zone is dropped."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return UNKNOWN_ADDRESS
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    network = ipaddress.ip_network((address, IPV6_PREFIX), strict=False)
    return str(network.network_address)


def mask_address(address: str) -> str:
    """Return what a log may tell of a client address: its network."""
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return address
    return str(ipaddress.ip_network((address, MASKED_BITS[version]), strict=False))
