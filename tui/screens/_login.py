"""Logging in to AWS from the console: the AWS CLI does it with the terminal to itself, or the way is shown."""

from __future__ import annotations

import asyncio
import logging
import os
import shlex
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from tui.aws_profiles import Profile, find_profile
from tui.contexts import ContextSpec, aws_files
from tui.errors import CredentialsExpired

if TYPE_CHECKING:
    from tui.screens._contexts_app import ContextsApp

log = logging.getLogger(__name__)


async def log_in(app: ContextsApp, spec: ContextSpec) -> None:
    """Log in to a context, and look again with the new credentials."""
    from tui.screens._dialogs import Notice

    profile = await asyncio.to_thread(find_profile, spec.profile)
    words = ["aws", "sso", "login", "--profile", spec.profile or "default"]
    trouble = app.links.trouble(spec.name)
    if isinstance(trouble, CredentialsExpired) and trouble.login:
        words = shlex.split(trouble.login)
    elif profile is None or not profile.logs_in_by_sso:
        await app.push_screen_wait(Notice(f"Log in to {spec.name}", _way(spec, profile)))
        words = []
    if words and shutil.which(words[0]) is None:
        text = f"The {words[0]} command is not installed here. Where it is, run:\n\n{shlex.join(words)}\n\nThen R."
        await app.push_screen_wait(Notice(f"Log in to {spec.name}", text))
    elif words:
        status = _run(app, words)
        if status is None:
            await app.push_screen_wait(Notice(f"Log in to {spec.name}", f"Run in a shell: {shlex.join(words)}"))
        elif status:
            app.notice(f"{shlex.join(words)} ended with status {status}; {spec.name} is as it was.", "bad")
            return
    app.links.renew(spec.name)
    for feed in app.links.services.feeds.of(spec.name):
        feed.refresh()


def _way(spec: ContextSpec, profile: Profile | None) -> str:
    """Say how the credentials of a profile that logs in without the browser are renewed."""
    config, credentials = aws_files()
    name = spec.profile or "default"
    match profile.kind if profile is not None else None:
        case None:
            return f"No profile is called {name} in {config} or {credentials}."
        case "environment":
            return "The keys come from AWS_ACCESS_KEY_ID in the environment: start the console again with new ones."
        case "role":
            return f"{name} takes a role by another profile's credentials: renew those, then R."
        case "process":
            return f"{name} is given credentials by a program, credential_process in {config}: see why it fails."
        case _:
            return (
                f"The keys of {name} stand in {config} or {credentials}. Put new ones there, for example with\n\n"
                f"aws configure --profile {shlex.quote(name)}\n\nThen R."
            )


def _run(app: ContextsApp, words: list[str]) -> int | None:
    """Run a program with the terminal to itself; gives its exit status, None where there is no terminal to give."""
    # Ctrl+C is for the program: a handler of Python's, unlike SIG_IGN, is not handed on to it.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        with app.suspend():
            os.write(1, f"\n$ {shlex.join(words)}\n\n".encode())
            status = subprocess.run(words, check=False).returncode
            if status:
                os.write(1, f"\n{words[0]} ended with status {status}. Enter goes back to the console.\n".encode())
                os.read(0, 4096)
            return status
    except SuspendNotSupported:
        return None
    except OSError as error:
        log.warning("%s can't be run: %s", words[0], error)
        return 127
    finally:
        signal.signal(signal.SIGINT, before)
