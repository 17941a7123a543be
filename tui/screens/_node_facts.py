"""What the Summary of a node says, as lines of words."""

from __future__ import annotations

from collections.abc import Sequence

from tui.screens._words import age, moment, size
from tui.services.nodes import Node, NodeDetails, Sample
from tui.widgets.charts import sparkline
from tui.widgets.top_bar import Word

Line = list[Word]


def summary_lines(
    node: Node,
    details: NodeDetails | None,
    samples: Sequence[Sample],
    ping: Word,
    width: int,
    glyphs: str,
    lacks: Sequence[str] = (),
    link: Sequence[Line] = (),
) -> list[Line]:
    """Give the lines: what it is on top, then how it fares, `width` cells for each sparkline.

    `lacks` says why some of it is not known, a sentence each; `link` how its connection stands.
    """
    lines: list[Line] = [
        [],
        _fact("status", ping, (f"  last ping {age(node.last_ping)} ago" if node.last_ping else "", "dim")),
        _fact("id", (node.id, "text"), (f"  {node.resource_type}", "dim")),
        _fact("host name", (node.computer_name, "text")),
        _fact("platform", (node.platform, "text"), (f"  {node.platform_type}", "dim")),
        _fact("agent", (node.agent_version, "text")),
        _fact("address", (", ".join(details.addresses) if details and details.addresses else node.address, "text")),
        _fact("registered", (moment(node.registered), "text")),
    ]
    if details is not None:
        kernel = f"{details.kernel} {details.architecture}".strip()
        up = f"up {age(details.boot_time)}" if details.boot_time else ""
        user = (details.effective_user, "bad" if details.effective_user == "root" else "text")
        lines += [
            _fact("kernel", (kernel, "text"), (f"  {up}", "dim")),
            _fact("hardware", (f"{details.cpus} CPUs, {size(details.memory)}" if details.cpus else "", "text")),
            _fact("runs as", user, (f"  become: {details.become}", "dim")),
        ]
    lines = [line for line in lines if not line or line[1][0]] + [*link]
    if samples:
        lines += [[], *_measures(samples, width, glyphs)]
    if node.tags:
        lines += [[], [("tags", "accent")], *(_fact(key, (value, "text")) for key, value in sorted(node.tags.items()))]
    if lacks:
        lines += [[], *([(said, "dim")] for said in lacks)]
    return lines


def _measures(samples: Sequence[Sample], width: int, glyphs: str) -> list[Line]:
    last = samples[-1]
    percents: list[tuple[str, list[float]]] = [
        ("CPU", [sample.cpu for sample in samples]),
        ("memory", [sample.memory for sample in samples]),
        ("disk", [sample.disk for sample in samples]),
    ]
    lines: list[Line] = []
    for name, values in percents:
        style = "bad" if values[-1] >= 90 else "warn" if values[-1] >= 75 else "good"
        drawn = sparkline(values, width, high=100, glyphs=glyphs)
        lines.append(_fact(name, (f"{values[-1]:>9.1f} %  ", style), (drawn, "accent")))
    for name, rates in (
        ("network in", _rates(samples, [sample.network_in for sample in samples])),
        ("network out", _rates(samples, [sample.network_out for sample in samples])),
    ):
        if not rates:
            continue
        drawn = sparkline(rates, width, high=max(*rates, 1.0), glyphs=glyphs)
        lines.append(_fact(name, (f"{size(rates[-1]) + '/s':>11}  ", "text"), (drawn, "accent")))
    lines.append(
        _fact("load", (f"{last.load:>9.2f}", "text"), (f"    measured {age(last.at)} ago" if last.at else "", "dim"))
    )
    return lines


def _rates(samples: Sequence[Sample], counters: Sequence[float]) -> list[float]:
    """Turn counters since boot into bytes a second between one measurement and the next; a reboot counts as none."""
    rates = []
    for before, after, low, high in zip(samples, samples[1:], counters, counters[1:], strict=False):
        if before.at is not None and after.at is not None and after.at > before.at:
            rates.append(max(high - low, 0.0) / (after.at - before.at).total_seconds())
    return rates


def _fact(name: str, *words: Word) -> Line:
    return [(f"{name:<12} ", "dim"), *words]
