"""What a terminal pane tells whoever mounted it; each is a member of `TerminalView` and handled by that name."""

from __future__ import annotations

from textual.message import Message


class Input(Message, namespace="terminal_view"):
    """Bytes were typed, or answered, for the far end."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self.data = data


class Resized(Message, namespace="terminal_view"):
    """The pane has a new size in cells."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.rows = rows
        self.columns = columns


class Prefix(Message, namespace="terminal_view"):
    """A command key was pressed after the prefix; `key` is its character, or its name where it has none."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key


class Bell(Message, namespace="terminal_view"):
    """The bell rang; the pane itself flashes."""


class ClipboardRequested(Message, namespace="terminal_view"):
    """The far end wants a text on the clipboard: ask first."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class Copied(Message, namespace="terminal_view"):
    """The operator copied a selection: put it on the clipboard."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class LinkRequested(Message, namespace="terminal_view"):
    """The operator chose a link, which the far end wrote: show it whole and ask before anything is opened."""

    def __init__(self, uri: str) -> None:
        super().__init__()
        self.uri = uri
