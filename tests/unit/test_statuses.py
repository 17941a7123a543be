"""The sums of Run Command: statuses, rate control, and cut outputs (semantics 4.3, 4.4, 4.7)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tui.engine import output
from tui.engine.command_records import duration_text, time_text
from tui.engine.plugins.run_shell_script import prepare
from tui.engine.rate_control import RateControl, concurrency_limit, error_threshold
from tui.engine.statuses import command_details, command_status, invocation_details, plugin_status, status_of


@pytest.mark.parametrize(
    ("text", "targets", "limit"),
    [("1", 9, 1), ("50", 3, 50), ("10%", 50, 5), ("10%", 5, 1), ("33%", 10, 3), ("100%", 7, 7), ("5%", 0, 1)],
)
def test_concurrency_is_a_number_or_a_percentage_rounded_down_but_at_least_one(
    text: str, targets: int, limit: int
) -> None:
    assert concurrency_limit(text, targets) == limit


def test_ten_percent_of_fifty_stops_after_the_sixth_error() -> None:
    rate = RateControl("1", "10%", 50)
    assert rate.threshold == error_threshold("10%", 50) == 5
    errors = 0
    while rate.has_room:
        rate.started()
        rate.ended(is_error=True)
        errors += 1
    assert errors == 6


@pytest.mark.parametrize(
    ("counts", "threshold", "cancelled", "expected"),
    [
        ({}, 0, False, "NoInstancesInTag"),
        ({"Pending": 3}, 0, False, "Pending"),
        ({"Pending": 1, "Delayed": 1}, 0, False, "Delayed"),
        ({"Pending": 1, "Success": 1}, 0, False, "InProgress"),
        ({"InProgress": 1}, 0, True, "Cancelling"),
        ({"Success": 1, "Cancelled": 1}, 0, True, "Cancelled"),
        ({"Success": 3}, 0, False, "Success"),
        ({"Success": 2, "Failed": 1}, 0, False, "Failed"),
        ({"Success": 2, "Failed": 1}, 1, False, "Incomplete"),
        ({"Failed": 1, "ExecutionTimedOut": 1}, 0, False, "Failed"),
        ({"ExecutionTimedOut": 1, "Success": 1}, 0, False, "ExecutionTimedOut"),
        ({"ExecutionTimedOut": 1, "Failed": 1}, 2, False, "Incomplete"),
        ({"DeliveryTimedOut": 1, "Success": 1}, 0, False, "DeliveryTimedOut"),
        ({"DeliveryTimedOut": 1, "Success": 1}, 1, False, "Incomplete"),
        ({"InvalidPlatform": 2}, 0, False, "Failed"),
        ({"InvalidPlatform": 2, "Success": 1}, 0, False, "Success"),
        ({"Undeliverable": 1, "Cancelled": 1}, 0, False, "Incomplete"),
        ({"Cancelled": 2}, 0, False, "Cancelled"),
        ({"Failed": 2, "Terminated": 4}, 1, False, "Failed"),
    ],
)
def test_invocations_add_up_to_the_command(
    counts: dict[str, int], threshold: int, cancelled: bool, expected: str
) -> None:
    assert command_details(Counter(counts), threshold, cancelled=cancelled) == expected


def test_details_have_awss_status() -> None:
    assert [status_of(each) for each in ("ExecutionTimedOut", "Incomplete", "NoInstancesInTag", "Delayed")] == [
        "TimedOut",
        "Failed",
        "Success",
        "Delayed",
    ]
    assert command_status("Delayed") == plugin_status("Delayed") == "Pending"


def test_the_worst_step_is_the_invocation() -> None:
    assert invocation_details(["Success", "Failed", "ExecutionTimedOut"]) == "Failed"
    assert invocation_details(["ExecutionTimedOut", "Cancelled"]) == "ExecutionTimedOut"
    assert invocation_details(["Success", "Skipped"]) == "Success"
    assert invocation_details(["Success", "Pending"]) == "InProgress"


def test_outputs_are_cut_as_the_agent_cuts_them() -> None:
    assert output.cut("x" * 24_000, 24_000) == "x" * 24_000
    cut = output.cut("x" * 24_001, 24_000)
    assert (len(cut), cut[-20:]) == (24_000, "--output truncated--")
    assert output.plugin_output("out", "") == "out"
    assert output.plugin_output("out", "err") == "out\n----------ERROR-------\nerr"
    for out, err in (("o" * 5000, "e" * 5000), ("o" * 5000, "e"), ("o", "e" * 5000), ("o" * 5000, "")):
        both = output.plugin_output(out, err)
        assert len(both) <= 2_500
        assert ("---Output truncated---" in both) == (len(out) > 1000)
        assert ("---Error truncated----" in both) == (len(err) > 1000)
    assert output.plugin_output("o" * 5000, "short").endswith("short")


def test_a_multi_byte_character_on_the_cut_is_not_torn(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes("é€😀".encode() * 20_000)
    assert "\ufffd" not in output.cut(output.head(tmp_path / "out", 24_000), 24_000)
    assert output.head(tmp_path / "missing", 10) == ""


def test_times_and_durations_are_written_as_awss() -> None:
    assert time_text(1582136283.419) == "2020-02-19T18:18:03.419Z"
    assert time_text(None) == ""
    assert [duration_text(each) for each in (0.091, 0.0, 12.5, 123.5, 7200)] == [
        "PT0.091S",
        "PT0S",
        "PT12.5S",
        "PT2M3.5S",
        "PT2H0S",
    ]


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("4", 3600), ("5", 5), ("172800", 172_800), ("172801", 3600), ("x", 3600), (None, 3600), (60, 60)],
)
def test_a_timeout_outside_its_range_means_an_hour(given: object, seconds: int) -> None:
    assert prepare({"runCommand": ["a", "b"], "timeoutSeconds": given}).timeout == seconds
    assert prepare({"runCommand": ["a", "b"]}).text == "a\nb\n"
