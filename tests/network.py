"""Tests reach this machine and the servers in their settings, nothing else."""

import ipaddress
import socket
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings


class NetworkClosedError(RuntimeError):
    """A test tried to reach another machine."""


def _allowed_names() -> set[str]:
    return {"localhost", urlsplit(settings.REDIS_URL).hostname or "localhost"}


def _check(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
    if name in _allowed_names():
        return
    try:
        near = ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        near = False
    if not near:
        msg = f"tests may not reach {name}"
        raise NetworkClosedError(msg)


class _NearSocket(socket.socket):
    """A socket that connects to this machine only."""

    def connect(self, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _check(address[0])
        super().connect(address)

    def connect_ex(self, address: Any) -> int:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _check(address[0])
        return super().connect_ex(address)


_resolve = socket.getaddrinfo


def _near_addresses(host: Any, *arguments: Any, **options: Any) -> Any:
    _check(host)
    return _resolve(host, *arguments, **options)


def close_network() -> None:
    """Refuse, for the rest of this process, every address but the machine's own."""
    socket.socket = _NearSocket  # type: ignore[misc]
    socket.getaddrinfo = _near_addresses
