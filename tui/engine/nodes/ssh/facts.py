"""What a host says of itself: POSIX sh scripts that are handed to `sh` on its stdin, and how their answers are read.

No clock of the host's is believed: times are the engine's own, less the seconds that the host counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tui.engine.nodes.base import Facts
from tui.engine.nodes.facts import parse_os_release
from tui.ports import Shape

MARK = "@ssm-tui@"
"""What stands at the beginning of our lines: login shells and their files may say things of their own."""

LONGEST = 120
"""Characters that DescribeInstanceProperties takes of what a host calls itself."""

COMMAND = "exec sh"
"""What is asked of the login shell, csh and fish included; the script follows on stdin."""

# Each program that is started costs a host more than all that the shell does by itself: there are as few as can be.
_HEAD = f"""\
LC_ALL=C; export LC_ALL
PATH="$PATH:/usr/bin:/bin:/usr/sbin:/sbin"; export PATH
exec 2>/dev/null
say() {{ printf '%s%s %s\\n' '{MARK}' "$1" "$2"; }}
part() {{ printf '\\n%spart %s\\n' '{MARK}' "$1"; }}
memory() {{
if [ -r /proc/meminfo ]; then part meminfo; cat /proc/meminfo; part -
else say memsize "$(sysctl -n hw.memsize || sysctl -n hw.physmem)"; fi
}}
"""

FACTS = (
    _HEAD
    + """\
set -- $(uname -srm); kind=$1; say kind "$1"; say release "$2"; say machine "$3"
if [ -r /proc/sys/kernel/hostname ]; then read -r name </proc/sys/kernel/hostname; say name "$name"
else say name "$(hostname || uname -n)"; fi
if [ -r /etc/os-release ]; then part os; cat /etc/os-release; part -
elif [ -r /usr/lib/os-release ]; then part os; cat /usr/lib/os-release; part -; fi
case $kind in
Darwin) say product "$(sw_vers -productName)"; say version "$(sw_vers -productVersion)" ;;
esac
say cpus "$(getconf _NPROCESSORS_ONLN || sysctl -n hw.ncpu)"
memory
if [ -r /proc/uptime ]; then read -r up rest </proc/uptime; say uptime "$up"
else say boottime "$(sysctl -n kern.boottime)"; say now "$(date +%s)"; fi
if command -v ip >/dev/null; then part ip; ip -o addr show; else part ifconfig; ifconfig -a; fi
part -
say end yes
"""
)

SAMPLE = (
    _HEAD
    + """\
if [ -r /proc/stat ]; then
read -r line </proc/stat; say stat "$line"
memory
part net; cat /proc/net/dev; part -
read -r line </proc/loadavg; say load "$line"
else
say cpus "$(getconf _NPROCESSORS_ONLN || sysctl -n hw.ncpu)"
say load "$(sysctl -n vm.loadavg | tr -d '{}')"
part pcpu; ps -A -o pcpu=
part vm; vm_stat
part netstat; netstat -ibn; part -
memory
fi
part df; df -P -k /; part -
say end yes
"""
)

PROCESSES = (
    _HEAD
    + """\
memory
part ps
ps -A -ww -o pid=,user=,pcpu=,rss=,etime=,state=,args= || ps -A -o pid=,user=,pcpu=,rss=,etime=,stat=,args= ||
ps -A -o pid=,user=,pcpu=,vsz=,etime=,args= | while read -r a b c d e f; do echo "$a $b $c $d $e ? $f"; done
part -
say end yes
"""
)

STATES = {
    "R": "running",
    "S": "sleeping",
    "D": "disk-sleep",
    "Z": "zombie",
    "T": "stopped",
    "t": "tracing-stop",
    "I": "idle",
    "X": "dead",
    "U": "disk-sleep",
}
"""What a letter of ps means, in the words that this machine's own processes have."""


class BadAnswer(ValueError):  # noqa: N818 - it is what a host said
    """A host did not say what its script was to say."""


class Answer:
    """The lines of one script's output, by their words."""

    def __init__(self, text: str) -> None:
        self._found: dict[str, list[str]] = {}
        part = ""
        for line in text.splitlines():
            _, mark, rest = line.partition(MARK)
            word, _, value = rest.partition(" ")
            if not mark:
                if part and line:
                    self._found.setdefault(part, []).append(line)
            elif word == "part":
                part = "" if value == "-" else value
            else:
                self._found.setdefault(word, []).append(value)
        if "end" not in self._found:
            last = " ".join(text.split())[-200:]
            raise BadAnswer(f"no POSIX shell answered: {last}" if last else "no POSIX shell answered")

    def one(self, word: str) -> str:
        return self._found.get(word, [""])[0].strip()

    def all(self, word: str) -> Sequence[str]:
        return self._found.get(word, ())

    def number(self, word: str) -> float:
        return _number(self.one(word))


def parse_facts(text: str, *, now: float, fallback_name: str, agent_version: str) -> Facts:
    """Read what FACTS printed; `now` is the engine's time. Raises: BadAnswer."""
    answer = Answer(text)
    kind = answer.one("kind")
    if kind == "Darwin":
        platform = ("MacOS", answer.one("product") or "macOS", answer.one("version"))
    else:
        release = parse_os_release("\n".join(answer.all("os")))
        version = release.get("VERSION_ID") or release.get("BUILD_ID") or answer.one("release")
        # AWS knows Windows, Linux and MacOS: a BSD goes as what it is most like.
        platform = ("Linux", release.get("NAME") or kind or "Linux", version)
    addresses = _addresses(answer)
    details: dict[str, Any] = {
        "Kernel": f"{kind} {answer.one('release')}".strip(),
        "Architecture": answer.one("machine")[:LONGEST],
        "Cpus": int(answer.number("cpus")) or 1,
        "MemoryBytes": _memory(answer)[0],
        "Addresses": addresses,
    }
    uptime = _uptime(answer)
    if uptime > 0:
        details["BootTime"] = now - uptime
    return Facts(
        computer_name=answer.one("name")[:255] or fallback_name,
        platform_type=platform[0],
        platform_name=platform[1][:LONGEST],
        platform_version=platform[2][:LONGEST],
        ip_address=addresses[0] if addresses else "",
        agent_version=agent_version,
        details=details,
    )


@dataclass(slots=True)
class Sampler:
    """Turns counters into percentages: each is since the last measure of the same host."""

    _total: float = 0.0
    _idle: float = 0.0

    @property
    def has_begun(self) -> bool:
        return self._total > 0

    def parse(self, text: str, *, now: float) -> Shape:
        """Read what SAMPLE printed, as one item of ListNodeSamples. Raises: BadAnswer."""
        answer = Answer(text)
        total, available = _memory(answer)
        network_in, network_out = _network(answer)
        return {
            "At": now,
            "CpuPercent": self._cpu(answer),
            "MemoryPercent": round(100.0 * (total - available) / total, 1) if total else 0.0,
            "DiskPercent": _disk(answer),
            "NetworkInBytes": network_in,
            "NetworkOutBytes": network_out,
            "LoadAverage": _number((answer.one("load").split() or ["0"])[0]),
        }

    def _cpu(self, answer: Answer) -> float:
        words = answer.one("stat").split()[1:9]
        if not words:
            self._total = 1.0
            used = sum(_number(each) for each in answer.all("pcpu"))
            return round(min(100.0, used / (answer.number("cpus") or 1.0)), 1)
        numbers = [_number(each) for each in words]
        total, idle = sum(numbers), sum(numbers[3:5])
        passed, rested = total - self._total, idle - self._idle
        self._total, self._idle = total, idle
        # A host that was started anew counts from 0: the next measure is right again.
        return round(100.0 * (passed - rested) / passed, 1) if passed > 0 and 0 <= rested <= passed else 0.0


def parse_processes(text: str, *, now: float) -> list[Shape]:
    """Read what PROCESSES printed, as items of ListProcesses. Raises: BadAnswer."""
    answer = Answer(text)
    total = _memory(answer)[0] or 1
    found: list[Shape] = []
    for line in answer.all("ps"):
        words = line.split(None, 6)
        if len(words) < 6 or not words[0].isdecimal():
            continue
        pid, user, cpu, rss, elapsed, state = words[:6]
        resident = int(_number(rss)) * 1024
        found.append(
            {
                "Pid": int(pid),
                "User": user,
                "CpuPercent": _number(cpu),
                "MemoryPercent": round(100.0 * resident / total, 2),
                "ResidentBytes": resident,
                "StartedAt": now - _elapsed(elapsed),
                "State": STATES.get(state[:1], state),
                "Command": words[6] if len(words) > 6 else "?",
            }
        )
    return found


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return 0.0


def _elapsed(text: str) -> float:
    """Read ps's `[[days-]hours:]minutes:seconds`."""
    days, _, clock = text.rpartition("-")
    seconds = 0.0
    for word in clock.split(":"):
        seconds = seconds * 60 + _number(word)
    return _number(days) * 86400 + seconds if days else seconds


def _uptime(answer: Answer) -> float:
    if answer.one("uptime"):
        return answer.number("uptime")
    # `{ sec = 1700000000, usec = 0 } …` on the BSDs and macOS, by the host's own clock: so is `now`.
    text = answer.one("boottime")
    seconds = text.partition("sec =")[2].split(",")[0].strip() or text
    return answer.number("now") - _number(seconds) if _number(seconds) else 0.0


def _memory(answer: Answer) -> tuple[int, int]:
    """Give (total, available) in bytes."""
    info = {line.partition(":")[0]: line.partition(":")[2].split() for line in answer.all("meminfo")}

    def kib(name: str) -> int:
        return int(_number(info[name][0])) * 1024 if info.get(name) else 0

    if info:
        available = kib("MemAvailable") or kib("MemFree") + kib("Buffers") + kib("Cached")
        return kib("MemTotal"), available
    total = int(answer.number("memsize"))
    pages: Mapping[str, float] = {
        line.partition(":")[0]: _number(line.partition(":")[2].strip().rstrip(".")) for line in answer.all("vm")
    }
    size = 4096
    for line in answer.all("vm"):
        if "page size of" in line:
            size = int(_number(line.partition("page size of")[2].split()[0])) or size
    free = sum(pages.get(name, 0.0) for name in ("Pages free", "Pages inactive", "Pages speculative"))
    return total, int(free) * size if pages else total


def _network(answer: Answer) -> tuple[int, int]:
    taken = sent = 0
    for line in answer.all("net"):
        name, colon, rest = line.strip().partition(":")
        words = rest.split()
        if colon and len(words) >= 9 and name != "lo":
            taken += int(_number(words[0]))
            sent += int(_number(words[8]))
    for line in answer.all("netstat"):
        words = line.split()
        # Name Mtu Network Address Ipkts Ierrs Ibytes Opkts Oerrs Obytes: one line of each interface is its link's.
        if len(words) >= 10 and words[2].startswith("<Link#") and not words[0].startswith("lo"):
            taken += int(_number(words[-5]))
            sent += int(_number(words[-2]))
    return taken, sent


def _disk(answer: Answer) -> float:
    for line in answer.all("df")[1:]:
        words = line.split()
        used, free = (_number(words[2]), _number(words[3])) if len(words) >= 5 else (0.0, 0.0)
        if used + free > 0:
            return round(100.0 * used / (used + free), 1)
    return 0.0


def _addresses(answer: Answer) -> list[str]:
    """List the host's addresses, those that others reach first, without loopback and link-local ones."""
    found: list[tuple[int, str]] = []
    name = ""
    for line in answer.all("ip"):
        words = line.split()
        if len(words) >= 4 and words[2] in ("inet", "inet6"):
            found += _address(words[1], words[3].partition("/")[0])
    for line in answer.all("ifconfig"):
        words = line.split()
        if words and not line[:1].isspace():
            name = words[0].rstrip(":")
        for place, word in enumerate(words[:-1]):
            if word in ("inet", "inet6"):
                found += _address(name, words[place + 1].removeprefix("addr:").partition("/")[0])
    return list(dict.fromkeys(text for _, text in sorted(found, key=lambda item: item[0])))


def _address(interface: str, text: str) -> list[tuple[int, str]]:
    import ipaddress  # deferred: it costs milliseconds that a start does not have

    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return []
    if address.is_loopback or address.is_link_local:
        return []
    virtual = interface.startswith(("docker", "br-", "veth", "virbr", "utun", "lxc", "cni", "flannel"))
    return [(2 * (address.version == 6) + virtual, str(address))]
