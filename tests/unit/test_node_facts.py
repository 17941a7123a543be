"""What the Summary of a node says."""

from datetime import UTC, datetime, timedelta

from tui.ports import Ref
from tui.screens._node_facts import summary_lines
from tui.services.nodes import Node, PingStatus, Sample

START = datetime(2026, 11, 21, 3, 10, tzinfo=UTC)


def said(samples: list[Sample]) -> list[str]:
    node = Node(ref=Ref("local", "mi-1"), name="web-1", ping=PingStatus.ONLINE)
    lines = summary_lines(node, None, samples, ("Online", "good"), 10, "ascii")
    return ["".join(text for text, _ in line) for line in lines]


def samples(*counters: int) -> list[Sample]:
    return [Sample(at=START + timedelta(seconds=2 * i), network_in=counter) for i, counter in enumerate(counters)]


def test_the_network_shows_bytes_a_second_not_all_that_came_since_boot():
    line = next(line for line in said(samples(10_000_000, 10_004_096)) if line.startswith("network in"))
    assert "2 KiB/s" in line


def test_a_counter_that_begins_again_after_a_reboot_is_no_negative_rate():
    line = next(line for line in said(samples(10_000_000, 500)) if line.startswith("network in"))
    assert " 0 B/s" in line


def test_one_measurement_has_no_rate_to_show():
    assert not any(line.startswith("network") for line in said(samples(10)))
