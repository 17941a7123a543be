"""What hosts say of themselves: real answers of this machine's sh, and those of platforms that are not at hand."""

from __future__ import annotations

import os
import subprocess
import time

import pytest

from tui.engine.nodes.ssh.facts import FACTS, MARK, PROCESSES, SAMPLE, BadAnswer, Sampler, parse_facts, parse_processes

NOW = 1_800_000_000.0


def answer(script: str) -> str:
    done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=True)
    return done.stdout


def said(*parts: tuple[str, str]) -> str:
    """Make an answer of words and their lines."""
    lines = [f"{MARK}{word} {text}" if "\n" not in text else f"{MARK}part {word}\n{text}" for word, text in parts]
    return "\n".join([*lines, f"{MARK}end yes"])


def test_this_machine_says_the_same_over_sh_as_it_says_of_itself() -> None:
    from tui.engine.nodes.facts import machine_facts

    ours, own = parse_facts(answer(FACTS), now=time.time(), fallback_name="x", agent_version="1"), machine_facts()
    assert (ours.computer_name, ours.platform_type, ours.platform_name, ours.platform_version) == (
        own.computer_name,
        own.platform_type,
        own.platform_name,
        own.platform_version,
    )
    for name in ("Kernel", "Architecture", "MemoryBytes"):
        assert ours.details[name] == own.details[name]
    assert abs(ours.details["BootTime"] - own.details["BootTime"]) < 60
    assert set(ours.details["Addresses"]) == set(own.details["Addresses"])


def test_a_host_whose_clock_is_off_has_the_engine_s_times() -> None:
    found = parse_facts(answer(FACTS), now=NOW, fallback_name="x", agent_version="1")
    uptime = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert abs(NOW - uptime - found.details["BootTime"]) < 60
    rows = parse_processes(answer(PROCESSES), now=NOW)
    (mine,) = [row for row in rows if row["Pid"] == os.getpid()]
    assert NOW - 86_400 < mine["StartedAt"] <= NOW
    assert mine["ResidentBytes"] > 0 and mine["State"] and "python" in mine["Command"]


def test_what_login_files_print_is_no_answer() -> None:
    noise = "Welcome!\nkind Darwin\n"
    found = parse_facts(noise + answer(FACTS), now=NOW, fallback_name="x", agent_version="1")
    assert found.platform_type == "Linux"
    with pytest.raises(BadAnswer, match="This account is not available"):
        parse_facts("This account is not available.\n", now=NOW, fallback_name="x", agent_version="1")


def test_a_host_with_a_long_name_for_itself_took_every_list_of_nodes_with_it() -> None:
    long = "x" * 200
    release = f'NAME="{long}"\nVERSION_ID={long}'
    found = parse_facts(
        said(("kind", "Linux"), ("os", release), ("machine", long)), now=NOW, fallback_name="x", agent_version="1"
    )
    lengths = [len(each) for each in (found.platform_name, found.platform_version, found.details["Architecture"])]
    assert lengths == [120, 120, 120]


def test_samples_are_since_the_last_one_and_survive_a_reboot() -> None:
    sampler = Sampler()
    rest = (("meminfo", "MemTotal: 1000 kB\nMemAvailable: 250 kB"), ("load", "0.50 0.1 0.1 1/99 1"))
    sampler.parse(said(("stat", "cpu 100 0 100 800 0 0 0 0"), *rest), now=NOW)
    sample = sampler.parse(said(("stat", "cpu 130 0 110 860 0 0 0 0"), *rest), now=NOW)
    assert (sample["CpuPercent"], sample["MemoryPercent"], sample["LoadAverage"]) == (40.0, 75.0, 0.5)
    assert sampler.parse(said(("stat", "cpu 1 0 1 8 0 0 0 0"), *rest), now=NOW)["CpuPercent"] == 0.0


def test_a_sample_of_this_machine_has_everything() -> None:
    sampler = Sampler()
    sampler.parse(answer(SAMPLE), now=NOW)
    sample = sampler.parse(answer(SAMPLE), now=NOW)
    assert sample["At"] == NOW
    assert 0 <= sample["CpuPercent"] <= 100 and 0 < sample["MemoryPercent"] < 100 and 0 < sample["DiskPercent"] <= 100


def test_a_mac_is_understood() -> None:
    text = said(
        ("kind", "Darwin"),
        ("release", "24.1.0"),
        ("machine", "arm64"),
        ("name", "mac.local"),
        ("product", "macOS"),
        ("version", "15.1"),
        ("cpus", "8"),
        ("memsize", "17179869184"),
        ("boottime", "{ sec = 1799990000, usec = 5 } Sat Jan  1 00:00:00 2027"),
        ("now", "1799993600"),
        (
            "ifconfig",
            "lo0: flags=8049<UP,LOOPBACK> mtu 16384\n\tinet 127.0.0.1 netmask 0xff000000\n"
            "en0: flags=8863<UP> mtu 1500\n\tinet6 fe80::1%en0 prefixlen 64\n\tinet 192.168.1.9 netmask 0xffffff00",
        ),
    )
    found = parse_facts(text, now=NOW, fallback_name="x", agent_version="1")
    assert (found.platform_type, found.platform_name, found.platform_version) == ("MacOS", "macOS", "15.1")
    assert (found.ip_address, found.details["MemoryBytes"], found.details["Cpus"]) == ("192.168.1.9", 17179869184, 8)
    assert found.details["BootTime"] == NOW - 3600
    sample = Sampler().parse(
        said(
            ("cpus", "8"),
            ("load", " 2.10 1.90 1.80 "),
            ("pcpu", "40.0\n 8.0"),
            ("memsize", "16384000"),
            (
                "vm",
                "Mach Virtual Memory Statistics: (page size of 16384 bytes)\nPages free: 100.\nPages active: 500.\n"
                "Pages inactive: 150.\nPages speculative: 0.",
            ),
            (
                "netstat",
                "Name Mtu Network Address Ipkts Ierrs Ibytes Opkts Oerrs Obytes Coll\n"
                "lo0 16384 <Link#1> 1 0 9 1 0 9 0\nen0 1500 <Link#4> aa:bb 10 0 1000 20 0 2000 0\n"
                "en0 1500 192.168.1 192.168.1.9 10 - 1000 20 - 2000 -",
            ),
            ("df", "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/disk1 1000 200 600 25% /"),
        ),
        now=NOW,
    )
    assert sample == {
        "At": NOW,
        "CpuPercent": 6.0,
        "MemoryPercent": 75.0,
        "DiskPercent": 25.0,
        "NetworkInBytes": 1000,
        "NetworkOutBytes": 2000,
        "LoadAverage": 2.1,
    }


def test_processes_of_a_small_ps_are_listed() -> None:
    lines = "    1 root      0.0  1024  02-03:04:05 S  /sbin/init splash\n  77 ann 1.5 2048 01:02 ? sh -c x\n junk"
    first, second = parse_processes(said(("ps", lines), ("meminfo", "MemTotal: 102400 kB")), now=NOW)
    assert (first["Command"], first["MemoryPercent"], first["State"]) == ("/sbin/init splash", 1.0, "sleeping")
    assert first["StartedAt"] == NOW - (2 * 86400 + 3 * 3600 + 4 * 60 + 5)
    assert (second["StartedAt"], second["CpuPercent"]) == (NOW - 62, 1.5)
