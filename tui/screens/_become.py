"""As whom commands and shells run on a node: asked for, shown before it is sent, changed."""

from __future__ import annotations

from tui.ports import Ref
from tui.screens._base import ConsoleScreen
from tui.screens._dialogs import Confirm, Prompt
from tui.services.nodes import Nodes


async def change_become(screen: ConsoleScreen, ref: Ref, name: str) -> None:
    """Let a node run things as root by sudo, or no more; sudo's password is asked for and stays in memory."""
    nodes = screen.shell.services.of(Nodes, ref.context)
    wanted = "none" if (await nodes.details(ref.id)).become == "sudo" else "sudo"
    what = "as root, by sudo" if wanted == "sudo" else "as the engine's own user"
    about = f"Commands and shells from now on; what runs stays.\nUpdateNode {ref.id} Become={wanted}"
    if not await screen.ask(Confirm(f"Run on {name} {what}?", about)):
        return
    await nodes.set_become(ref.id, wanted)
    if wanted == "sudo":
        text = "Empty where sudo asks for none. It stays in the engine's memory and is never written down."
        password = await screen.ask(Prompt("The password that sudo asks for", text, secret=True))
        if password:
            await nodes.set_become_password(ref.id, password)
    screen.shell.notice(f"Commands and shells on {name} run {what} from now on.", "good")
    screen.reload()
