"""Make the pictures in this folder from a real run: `python -m screenshots.export [NAME …]` at the top of a clone.

The console runs without a terminal at 120x36 on engines of their own in a temporary folder: one of simulated nodes
(the header says DEMO), one with this machine, and a pair of simulated ones of which `ssm-tui serve` serves the second
as an account of AWS. Keys are pressed, and what is on screen then is the picture.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import os
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
from textual.events import Paste

from screenshots.parameter_scenes import PARAMETERS
from tests.contract.serving import Served, serving
from tui.app import Launch, SsmApp
from tui.cli._demo import make_demo
from tui.config import Config
from tui.contexts import ContextSpec, aws_context
from tui.transport.aws import AwsTransport
from tui.transport.local import LocalTransport
from tui.transport.starting import wait_until_gone

HERE = Path(__file__).parent
SIZE = (120, 36)
NODES, SEED = 48, 3
PATIENCE = 60.0
"""Seconds that a picture may take to come together."""

SSH_CONFIG = """\
Host bastion
  HostName bastion.example.net
  User ops
Host web-1 web-2 web-3
  User deploy
  Port 2222
  ProxyJump bastion
Host db-1
  HostName 192.0.2.17
  User postgres
"""

SCRIPT = """\
#!/bin/sh
# Roll nginx over, one node at a time.
set -eu

for node in web-01 web-02 web-03; do
    echo "reloading $node"
    nginx -t && systemctl reload nginx
    until curl -fsS "http://$node/healthz"; do
        sleep 1
    done
done
"""


@dataclass
class Stage:
    """The console on one engine, and what a scene does with it."""

    app: SsmApp
    pilot: Any

    @property
    def text(self) -> str:
        """What is on screen."""
        lines = []
        for strips in self.app.screen._compositor.render_strips():
            lines.append("".join(segment.text for segment in strips if not segment.control))
        return "\n".join(lines)

    async def until(self, true: Callable[[], Any], what: str) -> None:
        """Let the app run until something is so."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not true():
            if asyncio.get_running_loop().time() > deadline:
                raise SystemExit(f"{what} did not come; the screen:\n{self.text}")
            await self.pilot.pause(0.05)
        await self.pilot.pause(0.3)

    async def says(self, *texts: str) -> None:
        """Wait for texts on screen."""
        await self.until(lambda: all(text in self.text for text in texts), repr(texts))

    async def go(self, noun: str, *keys: str, argument: Any = None, says: Sequence[str] = ()) -> None:
        """Open a screen, wait for texts, and press keys."""
        self.app.go(noun, argument)
        await self.pilot.pause()
        await self.says(*says)
        await self.pilot.press(*keys)
        self.app.notices.clear()
        await self.pilot.pause(0.3)

    async def type_line(self, text: str, says: str = "") -> None:
        """Type a line into the shell that shows."""
        screen: Any = self.app.screen
        await self.until(lambda: screen.pane_now and screen.pane_now.attached, "the shell")
        self.app.post_message(Paste(text))
        await self.pilot.press("enter")
        if says:
            await self.says(says)

    async def call(self, operation: str, **params: Any) -> Any:
        """Call the engine's API directly."""
        return await self.app.links.services.transport().call(operation, params)  # type: ignore[union-attr]

    async def send(self, script: str, **to: Any) -> str:
        """Send a command, and give its id."""
        targets = [{"Key": key.replace("__", ":"), "Values": [value]} for key, value in to.items()]
        sent = await self.call(
            "SendCommand",
            DocumentName="AWS-RunShellScript",
            Parameters={"commands": [script]},
            Targets=targets,
            MaxConcurrency="12",
            MaxErrors="100%",
        )
        return str(sent["Command"]["CommandId"])


async def overview(stage: Stage) -> None:
    await stage.send("sleep 900", tag__role="build")
    for script, tag in (
        ("uptime", "web"),
        ("systemctl reload nginx", "web"),
        ("pg_dump -Fc shop > /backup/shop.dump", "db"),
        ("apt-get -qy upgrade", "worker"),
        ("certbot renew", "api"),
        ("journalctl --vacuum-time=7d", "api"),
    ):
        await stage.send(script, tag__role=tag)
    await stage.go("overview", says=["Nodes", "Running now", "pid"])
    await stage.until(lambda: "of the last 7" in stage.text and "Running now · 1" in stage.text, "the commands' ends")


async def fleet(stage: Stage) -> None:
    await stage.go("nodes", "j", "space", "space", "j", "space", "j", says=["api-", "Debian"])
    await stage.says("3 marked")


async def fleet_filter(stage: Stage) -> None:
    await stage.go("nodes", "asterisk", "asterisk", "slash", *"role=web env=prod", "enter", says=["api-"])
    await stage.says(" of 48")


async def fleet_groups(stage: Stage) -> None:
    await stage.go("nodes", "escape", says=["web-"])
    await stage.says("api-")
    await stage.pilot.press("B")
    await stage.says("Group by", "ping status")
    await stage.pilot.press("4")
    await stage.says("Fleet by env", "env=prod")
    await stage.pilot.press("g", "h", "j", "j")


async def node(stage: Stage) -> None:
    await stage.go("nodes", "B", says=["env="])
    await stage.says("Group by")
    await stage.pilot.press("1")
    found = await stage.call("DescribeInstanceInformation", MaxResults=50)
    names = {one["ComputerName"]: one["InstanceId"] for one in found["InstanceInformationList"]}
    chosen = next(id for name, id in names.items() if name.startswith("web"))
    await stage.go("node", argument=chosen, says=["CPU", "runs as"])
    screen: Any = stage.app.screen
    await stage.until(lambda: len(screen.samples) >= 24, "the samples")


async def node_processes(stage: Stage) -> None:
    await stage.pilot.press("2")
    await stage.says("nginx: worker process")


async def node_commands(stage: Stage) -> None:
    await stage.pilot.press("3")
    await stage.says("AWS-RunShellScript")


async def run(stage: Stage) -> None:
    await stage.go("run", argument="tag:role=web", says=["executionTimeout"])
    await stage.until(lambda: getattr(stage.app.focused, "takes_text", False), "the field of the command")
    stage.app.post_message(Paste("systemctl reload nginx"))
    await stage.says("systemctl reload nginx", "runs on", "aws ssm send-command")


async def command(stage: Stage) -> None:
    id = await stage.send("apt-get -qy upgrade", tag__env="prod")
    await stage.go("command", argument=id, says=["apt-get"])
    await stage.until(lambda: "✔" in stage.text and stage.text.count("[2/") >= 3, "some output")


async def command_same(stage: Stage) -> None:
    id = await stage.send("cat /etc/os-release", tag__env="prod")
    await stage.go("command", argument=id)
    await stage.until(lambda: stage.text.count("PRETTY_NAME") >= 4, "the output")
    await stage.pilot.pause(4)
    await stage.pilot.press("u")
    await stage.pilot.pause(1)


async def commands(stage: Stage) -> None:
    await stage.go("commands", "j", "j", says=["certbot", "apt-get"])


async def goto(stage: Stage) -> None:
    await stage.go("nodes", "escape", "colon", says=["api-"])
    await stage.pilot.press(*"node web")
    await stage.says("node mi-")


async def palette(stage: Stage) -> None:
    await stage.pilot.press("escape")
    await stage.go("nodes", "ctrl+p", says=["api-"])
    await stage.says("Open a shell on the node")


async def help_window(stage: Stage) -> None:
    await stage.pilot.press("escape")
    await stage.go("nodes", "question_mark", says=["api-"])
    await stage.says("Keys: Fleet")


async def calls(stage: Stage) -> None:
    await stage.pilot.press("escape")
    await stage.go("commands", "at", says=["certbot"])
    await stage.says("ListCommands")


async def groups(stage: Stage) -> None:
    transport = stage.app.links.services.transport()  # type: ignore[union-attr]
    for name, about, tags in (
        ("checkout", "what a customer pays through", {"env": ["prod"], "role": ["web", "api"]}),
        ("databases", "", {"role": ["db"]}),
        ("staging", "may be broken by anybody", {"env": ["staging"]}),
    ):
        filters = [{"Key": key, "Values": values} for key, values in tags.items()]
        query = {"ResourceTypeFilters": ["AWS::AllSupported"], "TagFilters": filters}
        asked = {"Type": "TAG_FILTERS_1_0", "Query": json.dumps(query)}
        params = {"Name": name, "Description": about, "ResourceQuery": asked}
        await transport.call("CreateGroup", params, service="resource-groups")
    await stage.pilot.press("escape")
    await stage.go("groups", says=["checkout", "databases", "staging"])
    await stage.pilot.pause(1.0)


async def group(stage: Stage) -> None:
    await stage.go("group", argument="checkout", says=["checkout", "Online"])


async def hosts(stage: Stage) -> None:
    await stage.go("hosts", says=["web-3", "bastion"])
    await stage.pilot.press("j", "j", "space", "j", "space", "j")
    await stage.says("2 marked")


async def contexts(stage: Stage) -> None:
    await stage.go("nodes", says=["prod/eu-west-1"])
    await stage.pilot.press("greater_than_sign", "j", "j", "j")
    await stage.pilot.pause(1.5)
    stage.app.notices.clear()
    await stage.pilot.pause(1.2)


async def this_machine(stage: Stage) -> None:
    found = await stage.call("DescribeInstanceInformation")
    await stage.go("node", argument=found["InstanceInformationList"][0]["InstanceId"], says=["CPU", "runs as"])
    screen: Any = stage.app.screen
    await stage.until(lambda: len(screen.samples) >= 12, "the samples")


async def shell(stage: Stage) -> None:
    folder = Path(str(stage.app.launch.folder))
    (folder / "roll.sh").write_text(SCRIPT)
    await stage.go("sessions", argument={"start": stage.app.screen.node_id})  # type: ignore[attr-defined]
    # A plain prompt, and a folder that says nothing of this machine.
    await stage.type_line(f"cd {folder} && PS1='$ ' && export PS1 && clear && printf '\\033]2;%s\\007' web")
    await stage.type_line("vim -n -u NONE -N '+syntax on' '+set number laststatus=2' roll.sh", says="healthz")
    stage.app.notices.clear()
    await stage.pilot.press(*"jjjj")
    await stage.pilot.pause(0.5)


async def sessions(stage: Stage) -> None:
    prefix = "ctrl+right_square_bracket"
    await stage.pilot.press(prefix, "n")
    screen: Any = stage.app.screen
    await stage.until(lambda: len(screen.shells.panes) == 2, "a second shell")
    await stage.type_line("PS1='$ '; clear; exit 3", says="exit status 3")
    await stage.pilot.press("enter", prefix, "1")
    await stage.says("Terminated", "Connected")
    stage.app.notices.clear()
    await stage.pilot.pause(1.2)


Scene = Callable[[Stage], Awaitable[None]]

DEMO: dict[str, Scene] = {
    "overview": overview,
    "fleet": fleet,
    "fleet-filter": fleet_filter,
    "fleet-groups": fleet_groups,
    "node": node,
    "node-processes": node_processes,
    "node-commands": node_commands,
    "run": run,
    "command": command,
    "command-same": command_same,
    "commands": commands,
    "go-to": goto,
    "palette": palette,
    "help": help_window,
    "calls": calls,
    "groups": groups,
    "group": group,
    **PARAMETERS,
}
REAL: dict[str, Scene] = {"hosts": hosts, "this-machine": this_machine, "shell": shell, "sessions": sessions}
PAIR: dict[str, Scene] = {"contexts": contexts}
"""In this order: each scene begins where the one before it ended."""
FAR = aws_context("prod", "eu-west-1")


@contextlib.asynccontextmanager
async def opened(folder: Path, *, demo: int = 0, pair: bool = False) -> AsyncIterator[Stage]:
    """Open the console on an engine of its own, and end both."""

    # A home of its own: the hosts and accounts of whoever makes the pictures are none of them.
    (folder / ".ssh").mkdir(parents=True, mode=0o700)
    (folder / ".ssh" / "config").write_text(SSH_CONFIG)
    os.environ["HOME"] = str(folder)
    far: Served | None = None
    stack = contextlib.ExitStack()
    if pair:
        make_demo(folder / "far", 9, SEED + 1)
        far = stack.enter_context(serving(folder / "far", "--region", FAR.region))

    async def connect(spec: ContextSpec) -> Any:
        if spec == FAR:
            assert far is not None
            session = boto3.session.Session(*far.key(), region_name=FAR.region)
            return await AwsTransport.open(
                "", FAR.region, context=spec.name, endpoint_url=far.endpoint, session=session
            )
        return await LocalTransport.connect(folder / "state", demo=demo, seed=SEED)

    config = Config(theme="dark", glyphs="unicode")
    specs = (ContextSpec(), FAR) if pair else (ContextSpec(),)
    launch = Launch(connect=connect, config=config, folder=folder, log_file=folder / "console.log", words="nodes")
    app = SsmApp(replace(launch, contexts=specs))
    with stack:
        async with app.run_test(size=SIZE) as pilot:
            stage = Stage(app, pilot)
            await stage.says("Online")
            try:
                yield stage
            finally:
                local = app.links.services.transport("local")  # type: ignore[union-attr]
                await local.call("StopEngine", {"Force": True}, service="ssm-tui")
                await wait_until_gone(folder / "state", int(app.links.peer["pid"]))
        await app.links.aclose()


def leaks(svg: str, folder: Path) -> list[str]:
    """Give the paths of this machine that a picture shows."""
    shown = html.unescape(re.sub(r"<[^>]*>", "", svg)).replace("\xa0", " ")
    paths = {str(folder), str(Path.home()), str(HERE.parent), tempfile.gettempdir(), sys.prefix}
    return sorted(path for path in paths if len(path) > 1 and path in shown)


async def main(names: Sequence[str]) -> None:
    """Play the scenes up to the last one that is wanted, and write the pictures of those that are."""
    with tempfile.TemporaryDirectory(prefix="pictures-", ignore_cleanup_errors=True) as name:
        for room, scenes in (("demo", DEMO), ("real", REAL), ("pair", PAIR)):
            wanted = [scene for scene in scenes if not names or scene in names]
            if not wanted:
                continue
            simulated = {"demo": NODES, "pair": 7}.get(room, 0)
            async with opened(Path(name) / room, demo=simulated, pair=scenes is PAIR) as stage:
                for scene, play in scenes.items():
                    await play(stage)
                    svg = stage.app.export_screenshot(title=f"ssm-tui: {scene.replace('-', ' ')}")
                    if found := leaks(svg, Path(name)):
                        raise SystemExit(f"{scene} shows {', '.join(found)}")
                    if scene in wanted:
                        (HERE / f"{scene}.svg").write_text(svg + "\n", "utf-8")
                        print(f"screenshots/{scene}.svg")
                    if scene == wanted[-1]:
                        break


if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - {*DEMO, *REAL, *PAIR}:
        raise SystemExit(f"No picture is named {', '.join(unknown)}; there are {', '.join([*DEMO, *REAL, *PAIR])}.")
    asyncio.run(main(sys.argv[1:]))
