"""What is pasted into a shell arrives whole and at once, also from a terminal that marks no pastes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from textual._xterm_parser import XTermParser
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.events import Key, Paste
from textual.message import Message

from tests.app._session_fake import SessionsFake, session
from tests.app.console import console, says, until
from tui.screens._drawing_turns import Turns
from tui.screens._shell_terminal import ShellTerminal
from tui.screens._typed_text import TypedText, teach_parser_text
from tui.widgets.terminal import TerminalView

LINES = "".join(f"echo {n}; # a line that somebody pastes\r" for n in range(2500))


def parsed(*chunks: str) -> list[Message]:
    teach_parser_text()
    parser = XTermParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


def words(events: Iterable[Message]) -> list[str]:
    said = []
    for event in events:
        match event:
            case TypedText():
                said.append(f"text {event.text}")
            case Paste():
                said.append(f"paste {event.text}")
            case Key():
                said.append(event.key)
    return said


def test_a_stretch_of_text_is_one_event_and_keys_stay_keys() -> None:
    assert words(parsed("ab\x1b[A", "some longer text\x1b[B\x03tail of it\rx")) == [
        "a", "b", "up", "text some longer text", "down", "ctrl+c", "text tail of it\rx"
    ]  # fmt: skip


def test_a_marked_paste_stays_one_wherever_it_is_cut() -> None:
    whole = "\x1b[200~first line\nsecond line of it\x1b[201~q"
    for cut in range(1, len(whole)):
        assert words(parsed(whole[:cut], whole[cut:])) == ["paste first line\nsecond line of it", "q"]


async def test_a_paste_of_100_kb_that_the_terminal_did_not_mark_came_key_by_key(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with console(fake.transport, tmp_path, words="sessions", size=(80, 24)) as (app, pilot):
        await says(pilot, "Connected")
        await pilot.press("enter")
        await until(pilot, lambda: fake.channels)
        for event in parsed(*(LINES[at : at + 4096] for at in range(0, len(LINES), 4096))):
            app.post_message(event)
        app.post_message(Key("f5", None))
        await until(pilot, lambda: fake.channels[0].typed == LINES.encode() + b"\x1b[15~")


async def test_text_typed_at_once_behind_the_prefix_or_outside_a_shell_is_its_keys(tmp_path: Path) -> None:
    fake = SessionsFake(session(1))
    async with console(fake.transport, tmp_path, words="sessions", size=(80, 24)) as (app, pilot):
        await says(pilot, "Connected")
        for noun in ("nodes", "sessions"):
            app.post_message(TypedText(f":{noun}\r"))
            await until(pilot, lambda noun=noun: getattr(app.screen, "NOUN", "") == noun)  # type: ignore[misc]
        await says(pilot, "Connected")
        await pilot.press("enter")
        await until(pilot, lambda: fake.channels)
        app.post_message(Key("f12", None))
        app.post_message(TypedText("[gvG$hhhq and on"))
        await until(pilot, lambda: fake.channels[0].typed == b" and on")


class Box(Vertical):
    """Holds a shell, and what is typed into it."""

    typed = b""

    def on_terminal_view_input(self, message: TerminalView.Input) -> None:
        self.typed += message.data


class Two(App[None]):
    """Two shells; what is typed into the first goes to both."""

    def compose(self) -> ComposeResult:
        for name in ("one", "two"):
            yield Box(
                ShellTerminal(
                    prefix="ctrl+right_square_bracket",
                    scrollback=1000,
                    turns=Turns(),
                    others=lambda name=name: self.query(ShellTerminal)[1:] if name == "one" else [],  # type: ignore[misc]
                    commanded=lambda: None,
                ),
                id=name,
            )


async def test_text_typed_at_once_goes_to_every_shell_of_a_broadcast() -> None:
    app = Two()
    async with app.run_test() as pilot:
        await pilot.pause()
        app.query(ShellTerminal)[0].type_text("echo one for all\r")
        await pilot.pause()
        assert [box.typed for box in app.query(Box)] == [b"echo one for all\r"] * 2
