"""Tests reach this machine and the servers in their settings, nothing else."""

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings

Address = tuple[str | int, ...]  # of an internet socket: host, port, …


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


_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_resolve = socket.getaddrinfo


def _near_connect(self: socket.socket, address: Address) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        _check(address[0])
    _connect(self, address)


def _near_connect_ex(self: socket.socket, address: Address) -> int:
    if self.family in (socket.AF_INET, socket.AF_INET6):
        _check(address[0])
    return _connect_ex(self, address)


def _near_addresses(host: object, *arguments: object, **options: object) -> object:
    _check(host)
    return _resolve(host, *arguments, **options)


def close_network() -> None:
    """Refuse, for the rest of this process, every address but the machine's own."""
    socket.socket.connect = _near_connect  # type: ignore[method-assign]
    socket.socket.connect_ex = _near_connect_ex  # type: ignore[method-assign]
    socket.getaddrinfo = _near_addresses
