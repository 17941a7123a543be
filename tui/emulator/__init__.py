"""The terminal emulator: bytes in, screen out; no I/O, no Textual.

Importing this package loads nothing of pyte: `Terminal` is reached by its module, `tui.emulator.terminal`, when the
first terminal is opened.
"""
