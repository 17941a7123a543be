"""A TCP connection to a host: its name is looked up beside everything else, its addresses are tried in order."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

from tui.engine.nodes.ssh.beside import beside
from tui.engine.nodes.ssh.host_config import HostConfig

ADDRESS_SECONDS = 5.0
"""How long an address may say nothing while there is another one to try."""


async def open_socket(config: HostConfig) -> socket.socket:
    """Connect to a host. Raises: OSError of the last address, socket.gaierror where it has none."""
    addresses = await _addresses(config)
    own = None
    if config.bind_address:
        bind, family = config.bind_address, addresses[0][0]
        own = (await beside(lambda: socket.getaddrinfo(bind, 0, family, socket.SOCK_STREAM)))[0][4]
    error: OSError = OSError(f"{config.host} has no address")
    for place, (family, address) in enumerate(addresses):
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            made.setblocking(False)
            if own is not None:
                made.bind(own)
            async with asyncio.timeout(ADDRESS_SECONDS if place < len(addresses) - 1 else None):
                await asyncio.get_running_loop().sock_connect(made, address)
        except TimeoutError:
            made.close()
            error = OSError(f"{address[0]} did not answer")
        except OSError as refused:
            made.close()
            error = refused
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise error


async def _addresses(config: HostConfig) -> list[tuple[int, tuple[str, int] | tuple[str, int, int, int]]]:
    host, port, family = config.host, config.port, config.family
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        found = await beside(lambda: socket.getaddrinfo(host, port, family, socket.SOCK_STREAM))
        return [(each[0], each[4]) for each in found]  # type: ignore[misc]  # none of the families has bytes in it
    if literal.version == 6 and "%" in host:
        found = socket.getaddrinfo(host, port, socket.AF_INET6, socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        return [(each[0], each[4]) for each in found]  # type: ignore[misc]  # likewise
    if literal.version == 6:
        return [(socket.AF_INET6, (host, port, 0, 0))]
    return [(socket.AF_INET, (host, port))]
