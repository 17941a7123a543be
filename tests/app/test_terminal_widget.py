"""The terminal pane on a real pty, and the bytes of every key."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import shutil
import signal
import string
import struct
import subprocess
import sys
import termios
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.events import Key, MouseScrollUp, Paste
from textual.pilot import Pilot

from tui.emulator.modes import Modes
from tui.widgets.terminal import TerminalView
from tui.widgets.terminal_keys import encode_key, encode_mouse, encode_paste, teach_parser
from tui.widgets.terminal_paint import drawable


class Pane(App[None]):
    """A terminal pane and nothing else; `command` runs in a pty from the first size on."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = [Binding("ctrl+q", "quit", "Quit", priority=False)]

    def __init__(self, *command: str) -> None:
        super().__init__()
        self.command = command
        self.typed = bytearray()
        self.seen: list[object] = []
        self.pid = self.master = -1

    def compose(self) -> ComposeResult:
        yield TerminalView()

    @property
    def pane(self) -> TerminalView:
        return self.query_one(TerminalView)

    def screen_text(self) -> list[str]:
        """What is drawn, row by row."""
        return [self.pane.render_line(y).text.rstrip() for y in range(self.pane.size.height)]

    def on_mount(self) -> None:
        self.pane.focus()

    def on_terminal_view_resized(self, message: TerminalView.Resized) -> None:
        self.seen.append((message.rows, message.columns))
        size = struct.pack("HHHH", message.rows, message.columns, 0, 0)
        if self.command and self.pid < 0:
            self.pid, self.master = pty.fork()
            if self.pid == 0:
                fcntl.ioctl(0, termios.TIOCSWINSZ, size)
                keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
                os.execvpe(
                    self.command[0], self.command, keep | {"TERM": "xterm-256color", "PS1": "$ ", "LC_ALL": "C.UTF-8"}
                )
            asyncio.get_running_loop().add_reader(self.master, self.read)
        elif self.pid > 0:
            fcntl.ioctl(self.master, termios.TIOCSWINSZ, size)

    def read(self) -> None:
        try:
            data = os.read(self.master, 65536)
        except OSError:
            data = b""
        if data:
            self.pane.feed(data)
        else:
            asyncio.get_running_loop().remove_reader(self.master)
            self.pane.exit_text = "exit status 3"

    def on_terminal_view_input(self, message: TerminalView.Input) -> None:
        self.typed += message.data
        if self.master >= 0:
            os.write(self.master, message.data)

    def on_terminal_view_prefix(self, message: TerminalView.Prefix) -> None:
        self.seen.append(message.key)

    def on_terminal_view_bell(self) -> None:
        self.seen.append("bell")

    def on_terminal_view_clipboard_requested(self, message: TerminalView.ClipboardRequested) -> None:
        self.seen.append(("clipboard", message.text))

    def on_key(self, event: Key) -> None:
        self.seen.append(("bubbled", event.key))


@asynccontextmanager
async def opened(*command: str, size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[Pane, Pilot[None]]]:
    app = Pane(*command)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        try:
            yield app, pilot
        finally:
            if app.pid > 0:
                asyncio.get_running_loop().remove_reader(app.master)
                os.kill(app.pid, signal.SIGKILL)
                os.waitpid(app.pid, 0)
                os.close(app.master)


async def until(pilot: Pilot[None], seen: Callable[[], bool]) -> None:
    for _ in range(500):
        if seen():
            return
        await pilot.pause(0.02)
    assert seen(), "\n".join(pilot.app.screen_text())  # type: ignore[attr-defined]


def shows(app: Pane, text: str) -> Callable[[], bool]:
    return lambda: any(text in line for line in app.screen_text())


def at_cursor(app: Pane) -> str:
    """The line of the cursor with which one looks back."""
    back = app.pane._back
    assert back is not None
    return app.screen_text()[back.cursor.line - back.top]


async def test_a_shell_has_the_true_size_from_the_start_and_after_a_resize() -> None:
    async with opened("sh", size=(93, 31)) as (app, pilot):
        assert app.seen == [(31, 93)]
        await until(pilot, shows(app, "$"))
        await pilot.press(*"stty", "space", *"size", "enter")
        await until(pilot, shows(app, "31 93"))
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: (20, 60) in app.seen)
        await pilot.press(*"stty", "space", *"size", "enter")
        await until(pilot, shows(app, "20 60"))


@pytest.mark.skipif(not shutil.which("vim"), reason="vim is not installed")
async def test_vim_edits_in_the_pane_and_leaves_the_screen_as_it_was() -> None:
    async with opened("sh") as (app, pilot):
        await until(pilot, shows(app, "$"))
        app.pane.post_message(Paste("vim -n -u NONE -N\n"))
        await until(pilot, shows(app, "~"))
        await pilot.press("i", *"hello", "escape", "y", "y", "p", "colon", *"set", "space", *"nu", "enter")
        await until(pilot, shows(app, "  2 hello"))
        await pilot.press("colon", "q", "exclamation_mark", "enter")
        await until(pilot, lambda: not shows(app, "hello")() and shows(app, "$ vim")())


async def test_a_long_reason_of_the_end_does_not_push_the_way_out_of_a_narrow_pane() -> None:
    async with opened() as (app, pilot):
        app.pane.exit_hint = "· Enter closes"
        app.pane.exit_text = "The connection was lost, and the shell with it: " + "nobody answers " * 20
        await until(pilot, shows(app, "The connection was lost"))
        assert any("… · Enter closes" in row for row in app.screen_text())


async def test_the_exit_is_shown_and_keys_that_type_nothing_bubble_then() -> None:
    async with opened("sh", "-c", "seq 40; exit 3") as (app, pilot):
        await until(pilot, shows(app, "exit status 3"))
        assert "40" in app.screen_text()
        await pilot.press("f2", "q", "f3")
        assert ("bubbled", "f2") in app.seen
        # A letter was meant for the far end, and so was what is pressed in the same breath.
        assert ("bubbled", "q") not in app.seen and ("bubbled", "f3") not in app.seen
        assert app.typed == b""


async def test_every_key_reaches_the_far_end_and_none_the_app() -> None:
    async with opened() as (app, pilot):
        for key in ("tab", "shift+tab", "ctrl+c", "ctrl+q", "ctrl+p", "escape", "f1", "ctrl+z", "ctrl+at", "enter"):
            await pilot.press(key)
        await pilot.pause()
        assert bytes(app.typed) == b"\t\x1b[Z\x03\x11\x10\x1b\x1bOP\x1a\x00\r"
        assert not [seen for seen in app.seen if isinstance(seen, tuple) and seen[0] == "bubbled"]
        assert app.focused is app.pane


async def test_the_prefix_makes_a_command_of_the_next_key_and_twice_sends_it() -> None:
    async with opened() as (app, pilot):
        prefix = "ctrl+right_square_bracket"
        await pilot.press(prefix, "d", "f12", "1", prefix, "vertical_line", prefix, "escape", prefix, prefix, "d")
        assert app.seen[1:] == ["d", "1", "|"]
        assert bytes(app.typed) == b"\x1dd"
        await pilot.press("f12", "f12")
        assert bytes(app.typed) == b"\x1dd\x1b[24~"


async def test_a_paste_is_bracketed_only_where_asked_for_and_cannot_end_the_brackets() -> None:
    async with opened() as (app, pilot):
        app.pane.post_message(Paste("a\nb"))
        await pilot.pause()
        app.pane.feed(b"\x1b[?2004h")
        app.pane.post_message(Paste("a\x1b[20\x1b[201~1~rm"))
        await pilot.pause()
        assert bytes(app.typed) == b"a\rb\x1b[200~arm\x1b[201~"


async def test_looking_back_stays_put_under_new_output_and_searches() -> None:
    async with opened(size=(40, 10)) as (app, pilot):
        app.pane.feed("".join(f"line {n}\r\n" for n in range(100)).encode())
        await pilot.press("f12", "left_square_bracket", "ctrl+y", "ctrl+y")
        top = app.screen_text()[0]
        assert top == "line 90"
        app.pane.feed(b"more\r\n" * 50)
        await pilot.pause(0.05)
        assert app.screen_text()[0] == top
        await pilot.press("slash", *"line", "space", *"1", "enter")
        await until(pilot, shows(app, "1 of 11"))
        assert at_cursor(app) == "line 19"
        await pilot.press("n")
        assert at_cursor(app) == "line 18"
        await pilot.press("N")
        assert at_cursor(app) == "line 19"
        await pilot.press("g")
        assert app.screen_text()[0] == "line 0"
        await pilot.press("G", "q")
        assert app.screen_text()[8] == "more"
        assert bytes(app.typed) == b""


async def test_the_wheel_looks_back_and_is_arrows_in_the_alternate_screen_and_reports_with_a_mouse_mode() -> None:
    def wheel(app: Pane) -> MouseScrollUp:
        return MouseScrollUp(app.pane, 4, 2, 0, 0, 0, False, False, False, screen_x=4, screen_y=2)

    async with opened(size=(40, 10)) as (app, pilot):
        app.pane.feed(b"x\r\n" * 30)
        app.pane.post_message(wheel(app))
        await pilot.pause()
        assert app.pane.looking_back
        await pilot.press("q")
        app.pane.feed(b"\x1b[?1049h\x1b[?1h")
        app.pane.post_message(wheel(app))
        await pilot.pause()
        app.pane.feed(b"\x1b[?1000;1006h")
        app.pane.post_message(wheel(app))
        await pilot.pause()
        assert bytes(app.typed) == b"\x1bOA" * 3 + b"\x1b[<64;5;3M"


async def test_answers_bells_titles_and_clipboard_are_passed_on_and_a_replay_passes_none() -> None:
    async with opened() as (app, pilot):
        old = b"\x1b[6n\a\x1b]2;[red]web\x07\x1b]52;c;aGk=\x07"
        app.pane.feed(old, replay=True)
        await pilot.pause()
        assert (app.seen[1:], bytes(app.typed), app.pane.title) == ([], b"", "[red]web")
        app.pane.feed(old)
        await pilot.pause()
        assert (app.seen[1:], bytes(app.typed)) == (["bell", ("clipboard", "hi")], b"\x1b[1;1R")


async def test_bytes_fed_before_the_size_is_known_are_shown() -> None:
    class Early(Pane):
        def compose(self) -> ComposeResult:
            view = TerminalView()
            view.feed(b"early")
            yield view

    app = Early()
    async with app.run_test() as pilot:
        await pilot.pause()
        assert app.screen_text()[0] == "early"


async def test_wide_markup_like_and_joined_text_keeps_the_columns() -> None:
    async with opened(size=(40, 5)) as (app, pilot):
        app.pane.feed("[red]한글 👩\u200d💻 ❤\ufe0f|\x1b[31mr\x1b[m|👍🏽|".encode())
        await pilot.pause(0.05)
        strip = app.pane.render_line(0)
        assert strip.text.startswith("[red]한글 👩 ❤|r|👍  |")
        assert sum(segment.cell_length for segment in strip) == strip.cell_length == 40


async def test_the_cursor_is_drawn_and_the_outer_cursor_follows_it() -> None:
    async with opened(size=(40, 5)) as (app, pilot):
        app.pane.feed("ab\x1b[1;1H한".encode())
        await pilot.pause(0.05)
        assert tuple(app.cursor_position) == (2, 0)
        app.pane.feed(b"\x1b[D\x1b[D")
        await pilot.pause(0.05)
        reversed_text = [text for text, style, _ in app.pane.render_line(0) if style and style.reverse]
        assert reversed_text == ["한"]


async def test_a_flood_is_painted_a_frame_at_a_time_and_its_last_line_is_shown() -> None:
    async with opened(size=(40, 5)) as (app, pilot):
        for n in range(2000):
            app.pane.feed(f"line {n}\r\n".encode())
        await until(pilot, shows(app, "line 1999"))


def keys_of(data: str) -> list[Key]:
    """What Textual's own parser makes of the bytes a terminal sends."""
    from textual._xterm_parser import XTermParser

    teach_parser()
    parser = XTermParser()
    events = list(parser.feed(data))
    if parser._timeout_time is not None:
        parser._timeout_time = 0.0  # as if the escape delay had passed
        events += parser.tick()
    return [event for event in events if isinstance(event, Key)]


SENT = [
    *(chr(code) for code in range(32) if code not in (0x1D,)),
    *string.printable[:95],
    "\x7f",
    *(f"\x1b{letter}" for letter in string.ascii_letters if letter != "O"),
    *(f"\x1b{other}" for other in string.digits + string.punctuation + " " if other != "["),
    *(f"\x1bO{letter}" for letter in "PQRS"),
    *(f"\x1b[{code}~" for code in (15, 17, 18, 19, 20, 21, 23, 2, 3, 5, 6)),
    *(f"\x1b[{letter}" for letter in "ABCDHFZ"),
    *(f"\x1b[1;{modifier}{letter}" for modifier in (2, 3, 5, 6) for letter in "ABCDHF"),
    *(f"\x1b[1;{modifier}R" for modifier in (2, 3, 5)),
    *("\x1b\x01", "\x1b\x1a", "\x1b\x7f", "\x1b\r", "\x1b[1;2P", "\x1b[23;2~", "é", "한", "ㅓ"),
]


@pytest.mark.parametrize("sent", SENT, ids=repr)
def test_what_the_keyboard_sends_arrives_unchanged(sent: str) -> None:
    arrived = b"".join(encode_key(key.key, key.character, Modes()) for key in keys_of(sent))
    assert arrived == sent.encode()


def test_escape_and_a_colon_typed_fast_keep_the_escape() -> None:
    arrived = b"".join(encode_key(key.key, key.character, Modes()) for key in keys_of("\x1b:wq\r"))
    assert arrived == b"\x1b:wq\r"


def test_arrows_follow_the_application_mode() -> None:
    modes = Modes(cursor_keys=True)
    assert encode_key("up", None, modes) == b"\x1bOA"
    assert encode_key("home", None, modes) == b"\x1bOH"
    assert encode_key("ctrl+up", None, modes) == b"\x1b[1;5A"


KITTY = {
    "ctrl+space": b"\0",
    "ctrl+h": b"\b",
    "ctrl+i": b"\t",
    "ctrl+minus": b"\x1f",
    "ctrl+left_square_bracket": b"\x1b",
    "alt+ctrl+a": b"\x1b\x01",
    "alt+shift+o": b"\x1bO",
    "alt+left_square_bracket": b"\x1b[",
    "shift+enter": b"\r",
    "f13": b"\x1b[1;2P",
    "super+left": b"\x1b[D",
    "nonsense_key": b"",
}


@pytest.mark.parametrize(("key", "data"), KITTY.items())
def test_keys_as_kittys_protocol_names_them(key: str, data: bytes) -> None:
    assert encode_key(key, None, Modes()) == data


def test_mouse_reports() -> None:
    sgr, old = Modes(mouse="drag", mouse_sgr=True), Modes(mouse="click")
    assert encode_mouse(0, 4, 2, modes=sgr) == b"\x1b[<0;5;3M"
    assert encode_mouse(0, 4, 2, modes=sgr, released=True, held="ctrl") == b"\x1b[<16;5;3m"
    assert encode_mouse(0, 4, 2, modes=sgr, moved=True) == b"\x1b[<32;5;3M"
    assert encode_mouse(3, 4, 2, modes=sgr, moved=True) == b""
    assert encode_mouse(2, 4, 2, modes=old) == b'\x1b[M"%#'
    assert encode_mouse(2, 4, 2, modes=old, released=True) == b"\x1b[M#%#"
    assert encode_mouse(0, 300, 2, modes=old) == b""
    assert encode_mouse(0, 1, 1, modes=Modes()) == b""


def test_a_plain_paste_has_returns_for_line_ends() -> None:
    assert encode_paste("a\r\nb\nc", bracketed=False) == b"a\rb\rc"


def test_text_is_drawn_in_the_cells_it_has() -> None:
    assert drawable("👩\u200d👩\u200d👧!") == "👩!"
    assert drawable("1\ufe0f\u20e3") == "1\u20e3"


def test_importing_the_widget_loads_no_pyte() -> None:
    code = "import sys, tui.widgets.terminal; print('pyte' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"
