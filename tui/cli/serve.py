"""`ssm-tui serve`: the engine in the foreground, answering AWS's own clients over HTTP."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import os
import re
import socket
import ssl
import sys
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tui.cli._args import Common, parser
from tui.cli._context import printable
from tui.cli._taking_over import take_over
from tui.engine.context import ApiFault, StatePaths
from tui.engine.daemon import crashed, serve, start_log
from tui.errors import StateError, UsageError

if TYPE_CHECKING:
    from tui.engine.server.http import HttpServer


def main(common: Common, words: Sequence[str]) -> int:
    """Run the verb.

    Raises: UsageError for an address or a certificate that can't be used, StateError where the folder can't be.
    """
    args = _parsed(words)
    _refuse_contexts(common)
    tls = _tls(args)
    listener = _bound(args.host, args.port, guarded=tls is not None or args.insecure)
    paths = StatePaths(common.state)
    os.umask(0o077)
    from tui.engine.server.http import HttpServer  # deferred: aiohttp

    front = HttpServer(listener, _endpoint(args.host, listener, tls), tls=tls, read_only=common.read_only)
    lock = asyncio.run(take_over(paths, account=args.account))
    try:
        start_log(paths)
        return asyncio.run(serve(paths, _settings(common, args), idle=0.0, ready=Announced(front), front=front))
    except ApiFault as fault:
        raise StateError(f"The engine could not start: {fault}") from fault
    except (StateError, BrokenPipeError, KeyboardInterrupt):
        raise
    except Exception:
        crashed(paths)
        raise
    finally:
        os.close(lock)


class Announced:
    """Says on stdout where the engine is served, once, in one line."""

    def __init__(self, front: HttpServer) -> None:
        self._front = front

    def yes(self) -> None:
        sys.stdout.write(json.dumps(self._front.described()) + "\n")
        sys.stdout.flush()


def _parsed(words: Sequence[str]) -> Namespace:
    parse = parser(
        "serve",
        "[--host HOST] [--port N] [--account ID] [--region R] [--tls-cert FILE --tls-key FILE] [--insecure]",
        "The engine in the foreground for AWS's own clients: the aws CLI, boto3 and any SDK, signed requests only."
        " One line of JSON says where it is, and where its keys are. --region is the one that it names there; requests"
        " may be signed for any.",
    )
    parse.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parse.add_argument("--port", type=int, default=0, metavar="N", help="the port (0: any that is free)")
    parse.add_argument("--account", default="", metavar="ID", help="the account's 12 digits, for a new state folder")
    parse.add_argument("--tls-cert", type=Path, metavar="FILE", help="the certificate, and what it was issued by (PEM)")
    parse.add_argument("--tls-key", type=Path, metavar="FILE", help="its private key (PEM)")
    parse.add_argument("--insecure", action="store_true", help="listen beyond this machine without TLS")
    args = parse.parse_args(words)
    if not 0 <= args.port <= 65535:
        raise UsageError("--port takes 0 to 65535.")
    if args.account and not re.fullmatch("[0-9]{12}", args.account):
        raise UsageError("--account takes 12 digits.")
    if (args.tls_cert is None) != (args.tls_key is None):
        raise UsageError("--tls-cert and --tls-key go together.")
    return args


def _refuse_contexts(common: Common) -> None:
    from tui.engine.server.sigv4 import REGION

    if common.profiles:
        raise UsageError("serve answers from the engine of this machine.", hint="Leave --profile out.")
    if common.regions and not REGION.fullmatch(common.regions[-1]):
        raise UsageError(f"{printable(common.regions[-1])} is no region.", hint="For example: --region eu-west-1.")


def _settings(common: Common, args: Namespace) -> dict[str, object]:
    from tui.cli._demo import demo_of
    from tui.config import load_config

    settings: dict[str, object] = dict(load_config().engine_settings)
    demo = demo_of(common.state)
    if demo is not None:
        settings |= {"demo": demo[0], "demo_nodes": demo[0], "demo_seed": demo[1]}
    if args.account:
        settings["account"] = args.account
    if common.regions:
        settings["region"] = common.regions[-1]
    return settings


def _tls(args: Namespace) -> ssl.SSLContext | None:
    if args.tls_cert is None:
        return None
    for path in (args.tls_cert, args.tls_key):
        try:
            path.open("rb").close()
        except OSError as error:
            raise UsageError(f"{printable(str(path))} can't be read: {error.strerror}.") from error
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # A key with a passphrase is refused: there is nobody to be asked for it.
        context.load_cert_chain(args.tls_cert, args.tls_key, password="")
    except (ssl.SSLError, ValueError, OSError) as error:
        reason = getattr(error, "reason", None) or str(error)
        raise UsageError(
            f"The certificate {printable(str(args.tls_cert))} and the key {printable(str(args.tls_key))} can't be"
            f" used: {str(reason).replace('_', ' ').lower()}.",
            hint="Both are PEM files, and the key has no passphrase.",
        ) from error
    return context


def _bound(host: str, port: int, *, guarded: bool) -> socket.socket:
    """Bind the address, so that nothing is touched where it can't be had; it does not listen yet."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        reason = error.strerror if isinstance(error, socket.gaierror) else "it is no name"
        raise UsageError(f"The host {printable(host)} can't be found: {reason}.") from error
    family, kind, protocol, _, address = found[0]
    if not guarded and not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback:
        raise UsageError(
            f"{printable(host)} can be reached from other machines, and requests would go unencrypted.",
            hint="Give --tls-cert and --tls-key, or --insecure where the network is trusted.",
        )
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        listener.close()
        raise StateError(
            f"Port {port} of {printable(host)} can't be listened on: {error.strerror}.",
            hint="Choose another with --port, or none for any that is free.",
        ) from error
    listener.setblocking(False)
    return listener


def _endpoint(host: str, listener: socket.socket, tls: ssl.SSLContext | None) -> str:
    """Give the URL for clients on this machine."""
    named = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - nothing is bound here
    where = f"[{named}]" if ":" in named else named
    return f"{'https' if tls else 'http'}://{where}:{listener.getsockname()[1]}"
