"""What this machine is and how it fares: platform, addresses, samples and processes."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import platform
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tui import __version__
from tui.engine.nodes.base import Facts
from tui.ports import Shape

OS_RELEASE = (Path("/etc/os-release"), Path("/usr/lib/os-release"))


def machine_facts() -> Facts:
    """Ask the machine who it is; takes some milliseconds, and a process on macOS."""
    import psutil  # deferred: it costs milliseconds that a start does not have

    kind, name, version = platform_names()
    addresses = ip_addresses()
    details: dict[str, Any] = {
        "Kernel": f"{platform.system()} {platform.release()}",
        "Architecture": platform.machine(),
        "BootTime": float(psutil.boot_time()),
        "Cpus": psutil.cpu_count() or 1,
        "MemoryBytes": int(psutil.virtual_memory().total),
        "Addresses": addresses,
    }
    return Facts(
        computer_name=socket.gethostname()[:255] or "localhost",
        platform_type=kind,
        platform_name=name,
        platform_version=version,
        ip_address=addresses[0] if addresses else "127.0.0.1",
        agent_version=__version__,
        details=details,
    )


def platform_names() -> tuple[str, str, str]:
    """Give (PlatformType, PlatformName, PlatformVersion) of this machine."""
    if sys.platform.startswith("darwin"):
        words = {}
        for flag in ("-productName", "-productVersion"):
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                words[flag] = subprocess.run(
                    ["sw_vers", flag], capture_output=True, text=True, timeout=5
                ).stdout.strip()
        return "MacOS", words.get("-productName") or "macOS", words.get("-productVersion") or platform.mac_ver()[0]
    release: dict[str, str] = {}
    for path in OS_RELEASE:
        with contextlib.suppress(OSError):
            release = parse_os_release(path.read_text(errors="replace"))
            break
    return "Linux", release.get("NAME") or "Linux", release.get("VERSION_ID") or platform.release()


def parse_os_release(text: str) -> dict[str, str]:
    """Read the assignments of an os-release file, which are quoted as sh would have them."""
    found = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if not equals or key.startswith("#"):
            continue
        try:
            found[key] = " ".join(shlex.split(value))
        except ValueError:
            found[key] = value.strip("\"'")
    return found


def ip_addresses() -> list[str]:
    """List this machine's addresses, those that others reach first, without loopback and link-local ones."""
    import psutil  # deferred: likewise

    try:
        interfaces = psutil.net_if_addrs()
    except OSError:
        return []
    found: list[tuple[int, str]] = []
    for name, addresses in interfaces.items():
        for entry in addresses:
            if entry.family not in (socket.AF_INET, socket.AF_INET6):
                continue
            text = entry.address.partition("%")[0]
            address = ipaddress.ip_address(text)
            if address.is_loopback or address.is_link_local:
                continue
            virtual = name.startswith(("docker", "br-", "veth", "virbr", "utun", "lxc", "cni", "flannel"))
            found.append((2 * (address.version == 6) + virtual, text))
    return [text for _, text in sorted(found, key=lambda item: item[0])]


class Sampler:
    """Measures CPU, memory, disk and network; rates and percentages are since the sampler's last measure."""

    def __init__(self) -> None:
        import psutil  # deferred: likewise

        self._psutil = psutil
        psutil.cpu_percent(None)

    def sample(self, at: float) -> Shape:
        """Give one item of ListNodeSamples; network counters are bytes since boot."""
        psutil = self._psutil
        network_in = network_out = 0
        with contextlib.suppress(OSError):
            for name, counters in psutil.net_io_counters(pernic=True).items():
                if not name.startswith("lo"):
                    network_in += counters.bytes_recv
                    network_out += counters.bytes_sent
        disk = 0.0
        with contextlib.suppress(OSError):
            disk = float(psutil.disk_usage("/").percent)
        load = 0.0
        with contextlib.suppress(OSError):
            load = os.getloadavg()[0]
        return {
            "At": at,
            "CpuPercent": float(psutil.cpu_percent(None)),
            "MemoryPercent": float(psutil.virtual_memory().percent),
            "DiskPercent": disk,
            "NetworkInBytes": int(network_in),
            "NetworkOutBytes": int(network_out),
            "LoadAverage": float(load),
        }


def list_processes() -> list[Shape]:
    """List this machine's processes as items of ListProcesses; blocks for as long as the machine takes."""
    import psutil  # deferred: likewise

    total = psutil.virtual_memory().total or 1
    found: list[Shape] = []
    names = ["pid", "username", "cpu_percent", "memory_info", "create_time", "status", "cmdline", "name"]
    for process in psutil.process_iter(names):
        info = process.info
        memory = info["memory_info"]
        resident = int(memory.rss) if memory else 0
        found.append(
            {
                "Pid": int(info["pid"]),
                "User": info["username"] or "",
                "CpuPercent": float(info["cpu_percent"] or 0.0),
                "MemoryPercent": round(100.0 * resident / total, 2),
                "ResidentBytes": resident,
                "StartedAt": float(info["create_time"] or 0.0),
                "State": str(info["status"] or ""),
                "Command": " ".join(info["cmdline"] or []) or f"[{info['name'] or '?'}]",
            }
        )
    return found
