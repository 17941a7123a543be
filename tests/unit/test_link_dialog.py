"""Which links a browser is given, and where there is none beside this terminal."""

from __future__ import annotations

import pytest

from tui.screens._link_dialog import browser_for, host_of


@pytest.mark.parametrize(
    "uri", ["file:///etc/passwd", "javascript:alert(1)", "ssh://host", "https://x/\x1b]0;y", "", "x"]
)
def test_only_plain_links_of_the_web_and_mail_are_opened(uri: str) -> None:
    assert browser_for(uri, {"DISPLAY": ":0"}, "linux") is None


def test_nothing_is_opened_where_a_browser_would_draw_over_the_console() -> None:
    assert browser_for("https://example.com/", {}, "linux") is None


@pytest.mark.parametrize(
    ("uri", "host"),
    [("https://a.example.com:8/x", "a.example.com"), ("https://good.com@bad.com/", "bad.com"), ("https://[bad", "")],
)
def test_the_host_of_a_link_is_the_one_that_it_leads_to(uri: str, host: str) -> None:
    assert host_of(uri) == host
