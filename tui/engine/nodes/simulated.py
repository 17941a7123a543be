"""Simulated nodes, for demos: they answer slowly, fail and vanish, by a seed, and start no process at all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from random import Random

from tui import __version__
from tui.engine.context import ApiFault, Services
from tui.engine.nodes.base import Facts, Node, NodeUnreachable, Shell, ShellRequest, Step, StepNeverStarted, StepRun
from tui.engine.nodes.directory import NodeDirectory, NodeRecord
from tui.engine.nodes.simulated_run import Personality, SimulatedRun
from tui.ports import Clock, Shape

KIND = "simulated"

PLATFORMS = (
    ("Linux", "Amazon Linux", "2023"),
    ("Linux", "Amazon Linux", "2023"),
    ("Linux", "Ubuntu", "24.04"),
    ("Linux", "Debian GNU/Linux", "12"),
    ("Linux", "Red Hat Enterprise Linux", "9.4"),
    ("MacOS", "macOS", "15.1"),
)
ROLES = ("web", "web", "web", "api", "api", "db", "cache", "worker", "batch", "build")
TEAMS = ("payments", "search", "platform", "data", "mobile")
ENVIRONMENTS = ("prod", "prod", "staging", "dev")

DAY = 86_400.0


class SimulatedNode:
    """One node that does not exist. See `tui.engine.nodes.base.Node`."""

    slots = 5

    def __init__(self, fleet_seed: int, number: int, clock: Clock) -> None:
        random = Random(f"{fleet_seed}/{number}")  # noqa: S311 - a demo's dice, not a secret
        self.id = f"mi-{hashlib.sha256(f'{fleet_seed}/{number}'.encode()).hexdigest()[:17]}"
        self.become = "none"
        self._clock = clock
        self._seed = random.getrandbits(32)
        self._role = random.choice(ROLES)
        self.tags = {
            "env": random.choice(ENVIRONMENTS),
            "role": self._role,
            "team": random.choice(TEAMS),
        }
        kind, name, version = random.choice(PLATFORMS)
        self._cpus = random.choice((2, 4, 8, 16))
        self._memory = random.choice((4, 8, 16, 32, 64)) * 2**30
        self._load = random.uniform(2, 70)
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        self._facts = Facts(
            computer_name=f"{self._role}-{number + 1:02}",
            platform_type=kind,
            platform_name=name,
            platform_version=version,
            ip_address=address,
            agent_version=__version__,
            details={
                "Kernel": "Darwin 24.1.0" if kind == "MacOS" else "Linux 6.1.112",
                "Architecture": random.choice(("x86_64", "aarch64")),
                "BootTime": clock.now() - random.uniform(0.1, 90) * DAY,
                "Cpus": self._cpus,
                "MemoryBytes": self._memory,
                "Addresses": [address],
            },
        )
        # One in thirty comes and goes.
        self._gone_for = random.uniform(20, 120) if random.random() < 1 / 30 else 0.0
        self._period = random.uniform(180, 900)
        self._phase = random.uniform(0, 900)
        self._failing = random.choice((0.0, 0.0, 0.02, 0.05, 0.3))
        self._slowness = random.choice((0.5, 1.0, 1.0, 2.0, 6.0))

    @property
    def effective_user(self) -> str:
        return "root" if self.become == "sudo" else "ssm-user"

    @property
    def comes_and_goes(self) -> bool:
        return self._gone_for > 0

    @property
    def answers(self) -> bool:
        return not self.comes_and_goes or (self._clock.now() + self._phase) % self._period >= self._gone_for

    def _personality(self) -> Personality:
        return Personality(
            seed=self._seed,
            name=self._facts.computer_name,
            platform=f"{self._facts.platform_name} {self._facts.platform_version}",
            kernel=str(self._facts.details["Kernel"]),
            user=self.effective_user,
            failing=self._failing,
            slowness=self._slowness,
            load=self._load,
        )

    async def run(self, step: Step) -> StepRun:
        return SimulatedRun.start(step, self._personality(), self._clock, lambda: self.answers)

    async def resume(self, step: Step) -> StepRun:
        found = SimulatedRun.resume(step, self._personality(), self._clock, lambda: self.answers)
        if found is None:
            raise StepNeverStarted(str(step.folder))
        return found

    async def open_shell(self, request: ShellRequest) -> Shell:
        raise ApiFault("TargetNotConnected", f"{self.id} is simulated: there is no machine to open a shell on.")

    async def ping(self) -> bool:
        return self.answers

    async def reach(self) -> None:
        if not self.answers:
            raise NodeUnreachable("It does not answer.")

    async def facts(self) -> Facts:
        return self._facts

    def known_facts(self) -> Facts:
        """Give the facts without asking anybody."""
        return self._facts

    def sample(self) -> Shape | None:
        if not self.answers:
            return None
        now = self._clock.now()
        random = Random(f"{self._seed}/{int(now)}")  # noqa: S311 - a demo's dice
        cpu = min(100.0, max(0.3, random.gauss(self._load, 6)))
        passed = now % (30 * DAY)
        return {
            "At": now,
            "CpuPercent": round(cpu, 1),
            "MemoryPercent": round(30 + self._load * 0.6 + random.uniform(-1, 1), 1),
            "DiskPercent": round(20 + self._seed % 60 + passed / DAY / 10, 1),
            "NetworkInBytes": int(passed * 900 * self._load),
            "NetworkOutBytes": int(passed * 400 * self._load),
            "LoadAverage": round(cpu / 100 * self._cpus, 2),
        }

    async def processes(self) -> list[Shape]:
        random = Random(self._seed)  # noqa: S311 - a demo's dice
        now = self._clock.now()
        names = {
            "web": ("nginx: master process", "nginx: worker process"),
            "db": ("postgres -D /var/lib/pgsql", "postgres: checkpointer"),
            "cache": ("redis-server *:6379",),
        }.get(self._role, (f"/opt/{self._role}/bin/{self._role} --config /etc/{self._role}.yaml",))
        found = []
        for number, command in enumerate(("/sbin/init", "/usr/bin/amazon-ssm-agent", "sshd: [listener]", *names)):
            resident = random.randrange(4, 900) * 2**20
            found.append(
                {
                    "Pid": 1 if number == 0 else 100 + number * 37,
                    "User": "root" if number < 3 else self._role,
                    "CpuPercent": round(random.uniform(0, self._load / 3), 1),
                    "MemoryPercent": round(100 * resident / self._memory, 2),
                    "ResidentBytes": resident,
                    "StartedAt": now - random.uniform(1, 30) * DAY,
                    "State": "sleeping",
                    "Command": command,
                }
            )
        return found

    def set_become_password(self, password: str) -> None:
        """A simulated sudo asks for nothing."""


class SimulatedFleet:
    """All the nodes of a demo; the same seed and count make the same fleet."""

    def __init__(self, services: Services, *, count: int, seed: int) -> None:
        self._services = services
        self._directory = services.part(NodeDirectory)
        self.nodes = [SimulatedNode(seed, number, services.clock) for number in range(count)]

    def records(self, stored: Sequence[NodeRecord]) -> Iterator[tuple[Node, NodeRecord]]:
        """Give every node with its record, that of an earlier start where there was one."""
        now = self._services.clock.now()
        known = {each.id: each for each in stored}
        for number, node in enumerate(self.nodes):
            record = known.get(node.id)
            if record is None:
                registered = now - 3600.0 * (number % 97 + 1)
                record = NodeRecord(
                    id=node.id, kind=KIND, facts=node.known_facts(), registered_at=registered, last_ping=now
                )
            record.last_ping, record.ping_status = now, "Online" if node.answers else "ConnectionLost"
            node.become = record.become
            yield node, record

    def tags(self, known: set[str]) -> list[tuple[str, str, str]]:
        """Give the tags of the nodes that are new; those of others are the operator's by now."""
        return [
            (node.id, key, value) for node in self.nodes if node.id not in known for key, value in node.tags.items()
        ]

    async def behave(self) -> None:
        """Let nodes vanish and come back."""
        for node in self.nodes:
            if node.comes_and_goes:
                await self._directory.pinged(node.id, answered=node.answers)
