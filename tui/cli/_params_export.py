"""`ssm-tui params export`: what stands below a path as a text, on stdout or in a file that only its owner can read."""

from __future__ import annotations

import os
import secrets
import stat
import sys
from argparse import Namespace
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from tui.cli._args import OK, Common, parser
from tui.cli._context import printable, run_async, talk
from tui.cli._params_places import Place, one_at, path_named
from tui.cli._params_trees import read_values
from tui.errors import SsmTuiError, UsageError
from tui.services.parameter_texts import TextFormat, entry_of, format_of, write_text
from tui.services.parameters import Parameters

ABOUT = """\
Write the parameters below a path as a text that params import reads back. SecureStrings are written with --decrypt
alone: without it a name stands for each, which import takes to mean that the secret stays as it is."""


def main(common: Common, words: Sequence[str]) -> int:
    parse = parser("params export", "PATH [--format F] [--decrypt] [--flat] [-o FILE]", ABOUT)
    parse.add_argument("path", metavar="PATH", help="a path; all levels below it are written")
    parse.add_argument("--format", choices=[*TextFormat], help="by the file's name without it, env on stdout")
    parse.add_argument("--decrypt", action="store_true", help="SecureStrings in plain text")
    parse.add_argument("--flat", action="store_true", help="json and yaml: keys like db/host instead of levels")
    parse.add_argument("-o", "--output", default="-", metavar="FILE", help="made anew as a whole; only you can read it")
    args = parse.parse_args(words[1:])
    file = None if args.output == "-" else _file(args.output)
    kind = TextFormat(args.format) if args.format else TextFormat.ENV if file is None else format_of(file.name)
    return run_async(_export(common, path_named(args.path), args, kind, file))


def _file(word: str) -> Path:
    """Give the path of a file that may be made anew. Raises: UsageError."""
    path = Path(word).expanduser()
    with suppress(OSError):
        path = path.resolve()
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(
                f"{printable(word)} is no file that can be made anew.", hint="Without -o it goes to stdout."
            )
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {printable(str(path.parent))}.")
    return path


async def _export(common: Common, place: Place, args: Namespace, kind: TextFormat, file: Path | None) -> int:
    async with one_at(common, place.context, "export") as transport:
        values = await read_values(Parameters(transport), place.path, decrypt=args.decrypt)
    if not values:
        raise SsmTuiError(f"There is no parameter below {place}; nothing was written.")
    entries = [entry_of(value) for _, value in sorted(values.items())]
    text = write_text(entries, kind, under=place.path, nested=not args.flat).encode()
    if file is None:
        sys.stdout.buffer.write(text)
    else:
        _write(file, text)
    hidden = sum(entry.value is None for entry in entries)
    if hidden:
        several = f"{hidden} SecureStrings are" if hidden > 1 else "1 SecureString is"
        talk(f"{several} written without the value; --decrypt writes it.")
    plain = sum(entry.is_secret and entry.value is not None for entry in entries)
    if plain:
        several = f"{plain} SecureStrings are" if plain > 1 else "1 SecureString is"
        way = "" if kind is TextFormat.YAML else f"; {kind} does not say that, and an import elsewhere needs --secret"
        talk(f"{several} written in plain text{way}.")
    if file is not None:
        talk(f"{len(entries)} parameter{'s' if len(entries) != 1 else ''} written to {printable(str(file))}.")
    return OK


def _write(file: Path, data: bytes) -> None:
    """Write a file as a whole or not at all; nobody else can read it at any time. Raises: SsmTuiError."""
    made = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        made.replace(file)
    except OSError as error:
        raise SsmTuiError(f"{printable(str(file))} can't be written: {error.strerror}.") from error
    finally:
        made.unlink(missing_ok=True)
