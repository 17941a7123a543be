"""A text in the operator's editor, which has the terminal to itself meanwhile.

Nothing is drawn in that time, and everything else goes on: feeds are read, and what shells say is taken in, so that no
session stops because somebody edits.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import signal
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from textual.app import App, SuspendNotSupported

from tui.errors import UsageError
from tui.screens._editor_program import Editor
from tui.screens._memory_file import EditedFile, edited_file, memory_folder

log = logging.getLogger(__name__)
T = TypeVar("T")

MOST = 1 << 20
"""Bytes of an edited text; a parameter has 8 KB at the most."""


class EditorFailedError(UsageError):
    """The editor did not end as it should; `left` is what stood in the file then, None where that is no text."""

    def __init__(self, message: str, left: str | None) -> None:
        super().__init__(message)
        self.left = left


async def edit_text(
    app: App[Any], editor: Editor, text: str, *, name: str, secret: bool, most: int = MOST
) -> str | None:
    """Let a text be edited as a file called `name`; gives it as it is then, or None where it is unchanged.

    A secret goes through a file in memory. The line's end that editors put behind the last line is not part of it.
    Raises: UsageError with a sentence where it could not be edited, and was not changed; EditorFailedError among them.
    """
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise UsageError("This value is no text: it has half of a character in it.") from error
    folder = memory_folder() if secret else await asyncio.to_thread(_any_folder)
    with edited_file(folder, name, data) as file:
        said = f"\n{editor.name} has {name}: close it there to come back here.\n" if editor.has_window else ""
        status = await _run(app, editor.argv(file.path, secret=secret), file.wipe, said)
        if status:
            said = f"{editor.name} {_ended(status)}: nothing was changed."
            raise EditorFailedError(said, _left_in(file, most))
        try:
            data = file.read(most)
        except OSError as error:
            raise UsageError(f"{editor.name} left no file behind: nothing was changed.") from error
    if len(data) > most:
        raise UsageError(f"What {editor.name} left is larger than {most >> 20} MiB: nothing was changed.")
    try:
        after = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(
            f"What {editor.name} left is not UTF-8 at byte {error.start}: nothing was changed.",
            hint="Save it as UTF-8.",
        ) from error
    if not text.endswith("\n"):
        after = after.removesuffix("\n")
    return None if after == text else after


def _left_in(file: EditedFile, most: int) -> str | None:
    """Give what stands in a file as far as it is a text of such a size."""
    with suppress(OSError, UnicodeDecodeError):
        data = file.read(most)
        return data.decode() if len(data) <= most else None
    return None


def suffix_of(text: str) -> str:
    """Give the suffix by which an editor colours a text: what it reads as, JSON, YAML or plain."""
    stripped = text.strip()
    if stripped[:1] in ("{", "["):
        import json  # deferred: opened on a key

        with suppress(ValueError):
            json.loads(stripped)
            return ".json"
    lines = [line for line in stripped.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if len(lines) > 1 or stripped.startswith("---"):
        import yaml  # deferred: as above

        with suppress(yaml.YAMLError, ValueError):
            if isinstance(yaml.safe_load(stripped), dict | list):
                return ".yaml"
    return ".txt"


def _any_folder() -> Path:
    with suppress(UsageError):
        return memory_folder()
    return Path(tempfile.gettempdir())


def _ended(status: int) -> str:
    if status > 0:
        return f"ended with status {status}"
    with suppress(ValueError):
        return f"was ended by {signal.Signals(-status).name}"
    return f"was ended by signal {-status}"


async def _run(app: App[Any], words: list[str], wipe: Callable[[], None], said: str = "") -> int:
    """Run a program with the terminal to itself; gives its exit status, -N after signal N.

    `said` stands on the terminal meanwhile. `wipe` is called where the console is ended.
    Raises: UsageError where it can't be run.
    """
    # These are for the program: a handler of Python's, unlike SIG_IGN, is not handed on to it.
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        # In a batch nothing is drawn; without one the first frames would be drawn over the editor.
        # Whatever were raised in here would leave the terminal suspended.
        with app.batch_update(), app.suspend(), _Ending(app, wipe) as ending:
            with suppress(OSError):
                os.write(1, said.encode())
            answer, cancelled = await _to_its_end(ending.run(words))
    except SuspendNotSupported as error:
        raise UsageError("There is no terminal here to give to an editor.", hint="e changes it in a form.") from error
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    app.refresh(layout=True)
    if cancelled:
        raise asyncio.CancelledError
    if isinstance(answer, OSError):
        log.info("an editor can't be run: %s", answer)
        raise UsageError(f"{shlex.quote(words[0])} can't be run: {os.strerror(answer.errno or 0)}.")
    return answer


async def _to_its_end(work: Coroutine[Any, Any, T]) -> tuple[T, bool]:
    """Wait for work that must not be left half-done; gives its answer, and whether nobody wants it any more."""
    waiting, cancelled = asyncio.ensure_future(work), False
    while not waiting.done():
        try:
            await asyncio.shield(waiting)
        except asyncio.CancelledError:
            cancelled = True
    return waiting.result(), cancelled


class _Ending:
    """Where the console is told to end, have nothing left behind: the file is wiped, and the editor ended."""

    NUMBERS = (signal.SIGTERM, signal.SIGHUP)

    def __init__(self, app: App[Any], wipe: Callable[[], None]) -> None:
        self._app, self._wipe = app, wipe
        self._process: asyncio.subprocess.Process | None = None

    async def run(self, words: Sequence[str]) -> int | OSError:
        """Run the program; gives its status, or why it can't be run."""
        try:
            self._process = await asyncio.create_subprocess_exec(*words)
        except OSError as error:
            return error
        return await self._process.wait()

    def __enter__(self) -> _Ending:
        loop = asyncio.get_running_loop()
        for number in self.NUMBERS:
            loop.add_signal_handler(number, self._end, 128 + number)
        return self

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in self.NUMBERS:
            # As the app itself has it.
            loop.add_signal_handler(number, self._leave, 128 + number)

    def _end(self, code: int) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(signal.SIGHUP)
        self._wipe()
        self._leave(code)

    def _leave(self, code: int) -> None:
        leave = getattr(self._app, "leave", None)
        if leave is not None:
            leave(code)
        else:
            self._app.exit(return_code=code)
