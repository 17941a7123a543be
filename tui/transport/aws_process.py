"""A profile's credential_process: run apart from the terminal, and why it gave no credentials."""

from __future__ import annotations

import subprocess
from typing import Any

LONGEST = 160
"""Characters of what it said that are repeated."""


class ProcessFailed(Exception):  # noqa: N818 - it is a fact about a profile
    """The program gave no credentials; `profile` names it, the message says why, without its arguments and output."""

    def __init__(self, profile: str, reason: str) -> None:
        super().__init__(reason)
        self.profile = profile


class CredentialProcess:
    """Stands between one of botocore's process providers and the program that it starts."""

    def __init__(self, provider: Any) -> None:
        self._profile = str(provider._profile_name or "default")
        self._ask = provider._retrieve_credentials_using
        self._program = ""
        self._process: subprocess.Popen[bytes] | None = None
        provider._popen = self._start
        provider._retrieve_credentials_using = self._retrieve

    def _start(self, words: list[str], **pipes: Any) -> subprocess.Popen[bytes]:
        self._program = words[0] if words else ""
        # It may not speak to the terminal, which is ours.
        self._process = subprocess.Popen(words, stdin=subprocess.DEVNULL, start_new_session=True, **pipes)
        return self._process

    def _retrieve(self, command: str) -> Any:
        """Ask the program for credentials. Raises: ProcessFailed."""
        from botocore.exceptions import CredentialRetrievalError

        self._program, self._process = "", None
        try:
            return self._ask(command)
        except CredentialRetrievalError as error:
            reason = _short(str(error.kwargs.get("error_msg") or ""))
            status = self._process.returncode if self._process is not None else 0
            ended = f"ended with status {status}" if status >= 0 else f"was ended by signal {-status}"
            said = f"{self._program} {ended}{f': {reason}' if reason else ''}" if status else reason
            raise ProcessFailed(self._profile, said) from error
        except OSError as error:
            said = f"{self._program or 'it'} could not be started: {error.strerror or error}"
            raise ProcessFailed(self._profile, said) from error
        except (ValueError, AttributeError, TypeError, IndexError) as error:
            # What it printed may hold half a secret: none of it is repeated.
            said = f"{self._program} printed no credentials in JSON" if self._program else "its line can't be read"
            raise ProcessFailed(self._profile, said) from error


def watch_processes(provider: Any) -> None:
    """Stand between a provider of botocore's, and those that it makes for source profiles, and their programs."""
    if hasattr(provider, "_retrieve_credentials_using") and hasattr(provider, "_popen"):
        CredentialProcess(provider)
    builder = getattr(provider, "_profile_provider_builder", None)
    if builder is None:
        return
    make = builder._create_process_provider

    def watched(profile_name: str) -> Any:
        made = make(profile_name)
        watch_processes(made)
        return made

    builder._create_process_provider = watched


def _short(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    last = "".join(char if char.isprintable() else " " for char in lines[-1]) if lines else ""
    return last[:LONGEST].rstrip(".")
