"""Fleet with SSH hosts: how each stands and why, adding and removing, keys and secrets that are asked for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.app._ssh_fake import CHANGED, UNKNOWN, WANTS, SshFake, connection, host
from tests.app.console import SIZES, at_each_size, console, hit, says, text_of, until
from tests.app.fake_transport import fleet, node
from tui.errors import NotImplementedByEngine


@pytest.mark.parametrize(
    ("state", "word"),
    [
        ("Connecting", "▶ connecting"),
        ("HostKeyUnknown", "○ key?"),
        ("HostKeyChanged", "✖ key changed"),
        ("SecretNeeded", "○ secret?"),
        ("AuthenticationFailed", "✖ refused"),
        ("Unreachable", "✖ unreachable"),
        ("Misconfigured", "✖ misconfigured"),
        ("Connected", "● Online"),
    ],
)
async def test_a_host_that_was_never_reached_says_what_keeps_it_away(state: str, word: str, tmp_path: Path) -> None:
    async with console(SshFake(connection(1, state)).transport, tmp_path) as (_, pilot):
        await says(pilot, f"{word} ", "web-01")


async def test_the_side_panel_says_why_a_host_is_away_and_the_key_that_helps(tmp_path: Path) -> None:
    fake = SshFake(connection(1, "Unreachable"), connection(2, "HostKeyUnknown"))
    async with console(fake.transport, tmp_path) as (_, pilot):
        await says(pilot, "Connection refused by 10.0.0.5 port", "K tries again now.")
        await pilot.press("j")
        await says(pilot, "A shows the key, to be accepted.")


async def test_a_lost_host_that_only_its_owner_can_help_says_so(tmp_path: Path) -> None:
    fake = SshFake(connection(1, "SecretNeeded"))
    fake.transport.answers["DescribeInstanceInformation"] = {
        "InstanceInformationList": [node(1, ping="ConnectionLost")]
    }
    async with console(fake.transport, tmp_path) as (_, pilot):
        await says(pilot, "○ secret?")


@pytest.mark.parametrize("size", SIZES)
async def test_hosts_that_wait_are_counted_in_a_line_and_open_nothing_by_themselves(
    size: tuple[int, int], tmp_path: Path
) -> None:
    links = [connection(1, "HostKeyUnknown"), connection(2, "HostKeyUnknown"), connection(3, "SecretNeeded")]
    async with console(SshFake(*links).transport, tmp_path, size=size) as (app, pilot):
        await says(pilot, "3 hosts wait for you: 2 unknown host keys, 1 passphrase. A begins.")
        assert not app.screen.is_modal


async def test_an_unknown_key_is_shown_and_only_a_capital_a_accepts_it(tmp_path: Path) -> None:
    fake = SshFake(connection(1, "HostKeyUnknown"))
    async with console(fake.transport, tmp_path) as (app, pilot):
        await says(pilot, "web-01 waits for you: 1 unknown host key. A shows it.")
        await pilot.press("A")
        await at_each_size(
            pilot,
            "Is this the key of web-01?",
            UNKNOWN["Fingerprint"],
            "ED25519",
            "[10.0.0.5]:2222",
            UNKNOWN["File"],
        )
        await pilot.press("enter", "a", "space")
        assert app.screen.is_modal
        assert fake.sent("AcceptHostKey") == []
        await pilot.press("A")
        await says(pilot, "Connected to web-01.", "● Online")
        accepted = {"InstanceId": connection(1)["InstanceId"], "Fingerprint": UNKNOWN["Fingerprint"]}
        assert fake.sent("AcceptHostKey") == [accepted]


async def test_a_changed_key_is_refused_loudly_and_nothing_there_accepts_it(tmp_path: Path) -> None:
    fake = SshFake(connection(1, "HostKeyChanged"))
    async with console(fake.transport, tmp_path) as (app, pilot):
        await says(pilot, "1 changed host key")
        await pilot.press("A")
        await at_each_size(
            pilot,
            "REFUSED: the host key of web-01 has CHANGED",
            CHANGED["Fingerprint"],
            CHANGED["Expected"],
            CHANGED["File"],
            "ssh-keygen -R '[10.0.0.5]:2222' -f",
        )
        await pilot.press("c")
        assert app.clipboard.startswith("ssh-keygen -R")
        await pilot.press("A", "y", "enter")
        await until(pilot, lambda: not app.screen.is_modal)
        assert fake.sent("AcceptHostKey") == []


async def test_a_wrong_passphrase_says_so_and_asks_again_and_a_right_one_opens_all_of_its_file(tmp_path: Path) -> None:
    fake = SshFake(*(connection(number, "SecretNeeded") for number in (1, 2, 3)))
    async with console(fake.transport, tmp_path) as (app, pilot):
        await says(pilot, "3 hosts wait for you: 3 passphrases.")
        await pilot.press("A")
        await at_each_size(pilot, "The passphrase for web-01", WANTS["For"], "web-02, web-03", "never written down")
        await hit(pilot, *"wrong", "enter")
        screen = await says(pilot, "That passphrase is wrong.")
        assert "•" not in screen
        await hit(pilot, *"correct horse")
        screen = await says(pilot, "•" * len("correct horse"))
        assert "correct" not in screen
        await pilot.press("enter")
        await says(pilot, "Connected to 3 hosts.")
        assert [request["Secret"] for request in fake.sent("SetNodeSecret")] == ["wrong", *["correct horse"] * 3]
        assert not app.screen.is_modal
        await pilot.press("at")
        await says(pilot, "ssm-tui SetNodeSecret")
        assert "horse" not in text_of(app)


async def test_the_queue_goes_from_host_to_host_and_esc_ends_it(tmp_path: Path) -> None:
    fake = SshFake(*(connection(number, "HostKeyUnknown") for number in (1, 2, 3)))
    async with console(fake.transport, tmp_path) as (app, pilot):
        await says(pilot, "3 hosts wait")
        await pilot.press("j", "A")
        await says(pilot, "1 of 3: Is this the key of web-02?")  # the one under the cursor first
        await pilot.press("A")
        await says(pilot, "2 of 3: Is this the key of web-01?")
        await pilot.press("escape")
        await says(pilot, "Connected to web-02.")
        assert not app.screen.is_modal
        assert len(fake.sent("AcceptHostKey")) == 1


async def test_a_question_that_comes_late_opens_no_window_over_another_screen(tmp_path: Path) -> None:
    fake, gate = SshFake(connection(1, "HostKeyUnknown"), connection(2, "HostKeyUnknown")), asyncio.Event()
    accept = fake.transport.answers["AcceptHostKey"]

    async def late(request: dict[str, Any]) -> dict[str, Any]:
        await gate.wait()
        return accept(request)  # type: ignore[no-any-return]

    fake.transport.answers["AcceptHostKey"] = late
    async with console(fake.transport, tmp_path) as (app, pilot):
        await says(pilot, "2 hosts wait")
        await pilot.press("A")
        await says(pilot, "1 of 2: Is this the key of web-01?")
        await pilot.press("A")
        await until(pilot, lambda: "AcceptHostKey" in fake.transport.called and not app.screen.is_modal)
        await hit(pilot, "colon", *"groups", "enter")
        await until(pilot, lambda: getattr(app.screen, "NOUN", "") == "groups")
        gate.set()
        await says(pilot, "Connected to web-01.")
        assert not app.screen.is_modal


async def test_a_shell_on_a_host_that_waits_is_refused_with_what_it_waits_for(tmp_path: Path) -> None:
    fake = SshFake(connection(1, "SecretNeeded"), connection(2, "HostKeyUnknown"))
    async with console(fake.transport, tmp_path) as (_, pilot):
        await says(pilot, "2 hosts wait for you")
        await pilot.press("s")
        await says(pilot, "web-01 waits for its passphrase, with A")
        await pilot.press("j", "s")
        await says(pilot, "web-02 waits for its key to be looked at, with A")


async def test_a_read_only_console_says_that_hosts_wait_and_no_key_that_it_refuses(tmp_path: Path) -> None:
    async with console(SshFake(connection(1, "SecretNeeded")).transport, tmp_path, read_only=True) as (app, pilot):
        await says(pilot, "web-01 waits for somebody: 1 passphrase.")
        assert "A shows it" not in text_of(app)


async def test_a_host_is_added_by_a_form_that_says_what_is_wrong_at_the_field(tmp_path: Path) -> None:
    fake = SshFake(connection(1))
    async with console(fake.transport, tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await pilot.press("n")
        await at_each_size(pilot, "A node over SSH", "address", "ssh config file", "ctrl+s add it")
        await pilot.press("ctrl+s")
        await says(pilot, "Give a name, an address, or both.")
        await hit(pilot, *"web-01", "tab", *"ssh://ops@10.0.0.9:99:9")
        await says(pilot, "No address: write host")
        await hit(pilot, "backspace", "backspace", "tab", *"env=prod oops")
        await says(
            pilot,
            "'oops' is not key=value.",
        )
        await hit(pilot, *["backspace"] * 5, "ctrl+s")
        await says(pilot, "A node is named web-01 already.")
        assert app.screen.focused.key == "name"  # type: ignore[union-attr]
        await hit(pilot, "ctrl+u", *"web-02", "ctrl+s")
        await says(pilot, "web-02 is a node now.", "▶ connecting")
        assert fake.sent("AddNode")[-1] == {
            "Name": "web-02",
            "Address": "ssh://ops@10.0.0.9:99",
            "Tags": [{"Key": "env", "Value": "prod"}],
        }


async def test_the_name_alone_is_an_address_and_the_address_alone_a_name(tmp_path: Path) -> None:
    fake = SshFake(connection(1))
    async with console(fake.transport, tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        for typed, meant in (
            ([*"db-1"], {"Name": "db-1", "Address": "db-1"}),
            (["tab", *"ops@10.0.0.7"], {"Name": "10.0.0.7", "Address": "ops@10.0.0.7"}),
        ):
            await pilot.press("n")
            await hit(pilot, *typed, "ctrl+s")
            await until(pilot, lambda meant=meant: meant in fake.sent("AddNode"))
            await until(pilot, lambda: not app.screen.is_modal)


async def test_hosts_are_removed_once_their_name_or_count_is_typed_and_hidden_marks_are_named(tmp_path: Path) -> None:
    fake = SshFake(*(connection(number) for number in (1, 2, 3)))
    async with console(fake.transport, tmp_path) as (_, pilot):
        await says(pilot, "web-03")
        await pilot.press("D")
        await at_each_size(pilot, "Remove web-01?", "on the host is touched", "type web-01:")
        await hit(pilot, *"web-02", "enter")
        await says(pilot, "That is not web-01.")
        await hit(pilot, "ctrl+u", *"web-01", "enter")
        await says(pilot, "Removed web-01.", "2 nodes")
        await pilot.press("M", "slash", *"03", "enter")
        await says(pilot, "1 of 2", "2 marked")
        await pilot.press("D")
        await says(pilot, "Remove 2 nodes?", "Hidden by the filter, yet marked: web-02.")
        await hit(pilot, *"2", "enter")
        await says(pilot, "Removed 2 nodes.")
        assert len(fake.sent("DeregisterManagedInstance")) == 3


async def test_what_is_no_ssh_host_is_refused_with_the_reason(tmp_path: Path) -> None:
    fake = SshFake()
    fake.transport.answers["DescribeInstanceInformation"] = {"InstanceInformationList": [node(1)]}
    async with console(fake.transport, tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        for key, said in (("D", "web-01 is not reached over SSH"), ("A", "no host waits for an answer")):
            await pilot.press(key)
            await says(pilot, said)


async def test_an_aws_account_has_no_ssh_hosts_and_the_keys_say_so(tmp_path: Path) -> None:
    transport = fleet(node(1))
    transport.answers["ListNodeConnections"] = NotImplementedByEngine("UnknownOperation", "not here")
    async with console(transport, tmp_path) as (_, pilot):
        await says(pilot, "web-01")
        await until(pilot, lambda: any(name == "ListNodeConnections" for name, _ in transport.sent))
        for key, said in (
            ("n", "an AWS account has no SSH hosts"),
            ("I", "an AWS account has no SSH hosts"),
            ("D", "web-01 is a node of AWS, not an SSH host"),
            ("A", "no host waits"),
        ):
            await pilot.press(key)
            await says(pilot, said)


async def test_k_tries_the_marked_hosts_again(tmp_path: Path) -> None:
    fake = SshFake(connection(1, "Unreachable"), connection(2, "Unreachable"))
    async with console(fake.transport, tmp_path) as (_, pilot):
        await says(pilot, "web-02")
        await pilot.press("M", "K")
        await says(pilot, "Trying 2 hosts.")
        await until(pilot, lambda: len(fake.sent("ConnectNode")) == 2)


# the first start


async def test_the_first_start_offers_the_hosts_of_the_client_config_once(tmp_path: Path) -> None:
    def fake() -> Any:
        made = SshFake(hosts=[host("web-8"), host("web-9"), host("old", InstanceId="mi-1")])
        made.transport.answers["DescribeInstanceInformation"] = {"InstanceInformationList": [node(1)]}
        return made.transport

    offer = "2 hosts in ~/.ssh/config could be nodes here: I chooses some, or none."
    async with console(fake(), tmp_path) as (app, pilot):
        await at_each_size(pilot, offer)
        assert not app.screen.is_modal
        await pilot.press("I")
        await says(pilot, "web-9.example.com")
        await pilot.press("escape")
        await says(pilot, "web-01")
        await until(pilot, lambda: offer not in text_of(app))
    async with console(fake(), tmp_path) as (app, pilot):
        await says(pilot, "web-01")
        await until(pilot, lambda: app.services is not None)
        await pilot.press("R")
        assert offer not in text_of(app)


@pytest.mark.parametrize("how", ["demo", "read-only", "no hosts"])
async def test_nothing_is_offered_in_a_demo_read_only_or_without_hosts(how: str, tmp_path: Path) -> None:
    made = SshFake(hosts=[] if how == "no hosts" else [host("web-9")])
    made.transport.answers["DescribeInstanceInformation"] = {"InstanceInformationList": [node(1)]}
    made.transport.peer["demo"] = how == "demo"
    async with console(made.transport, tmp_path, read_only=how == "read-only") as (app, pilot):
        await says(pilot, "web-01")
        await until(pilot, lambda: made.sent("ListNodeConnections"))
        await until(pilot, lambda: how != "no hosts" or made.sent("ListSshHosts"))
        await pilot.pause()
        assert "could be" not in text_of(app)


# the node's own screen


async def test_a_nodes_own_screen_says_why_it_is_away_and_answers_what_it_waits_for(tmp_path: Path) -> None:
    fake = SshFake(connection(1, "HostKeyUnknown"))
    async with console(fake.transport, tmp_path, words="node web-01") as (_, pilot):
        await at_each_size(pilot, "○ key?", "The host's key is in no known_hosts file.", "A shows the key")
        await pilot.press("A")
        await says(pilot, "Is this the key of web-01?")
        await pilot.press("A")
        await says(pilot, "Connected to web-01.", "● connected")
        await pilot.press("A")
        await says(pilot, "it waits for no answer")


async def test_a_nodes_own_screen_tries_again_with_k_and_says_where_there_is_no_ssh(tmp_path: Path) -> None:
    fake = SshFake(connection(1, "Unreachable"))
    async with console(fake.transport, tmp_path, words="node web-01") as (_, pilot):
        await says(pilot, "Connection refused by 10.0.0.5 port 22.")
        await pilot.press("K")
        await until(pilot, lambda: fake.sent("ConnectNode"))
    transport = fleet(node(1))
    transport.answers["ListNodeConnections"] = NotImplementedByEngine("UnknownOperation", "not here")
    async with console(transport, tmp_path, words="node web-01") as (_, pilot):
        await says(pilot, "● Online")
        await pilot.press("K")
        await says(pilot, "this node is not reached over SSH")
