"""Every exception that crosses a seam of this project.

SsmTuiError                   a sentence for the operator, and a way out
├── UsageError                a flag, target or word on the command line that can't be meant
├── ConfigError               a file of the operator's is wrong: file, line, what was expected
├── StateError                the state folder can't be used (not writable, full, owned, too new)
├── Cancelled                 the operator gave up a call before it answered
└── TransportError            a call did not come back with an answer
    ├── Unreachable           nobody answers at the other end
    │   ├── EngineStopped     because it was stopped, on purpose
    │   └── EngineHangs       it is there, and does not say a word
    ├── OutcomeUnknown        a write was sent and the answer was lost
    ├── NotFollowed           a command was sent, and what became of it can't be read
    ├── VersionMismatch       the daemon is of another version
    ├── ReadOnlyRefused       --read-only: the call was not sent
    └── ApiError              the API answered with an error code
        ├── AccessDenied      names the IAM action that is missing
        ├── Throttled         try again later; reads do so by themselves
        ├── ServerFailed      the service itself failed (HTTP 5xx); reads are tried again by themselves
        ├── CredentialsExpired       `login` is the command that logs in
        │   └── CredentialsMissing   none are configured, or the profile is not known
        ├── RegionDisabled    the region is not enabled for the account, or there is none of that name
        ├── ClockSkewed       this machine's clock is off, so signatures are refused
        └── NotImplementedByEngine   the embedded engine has no such operation
            └── NotOnAws             only our own engine can do or tell that
"""

from __future__ import annotations


class SsmTuiError(Exception):
    """A sentence for the operator; `hint` is what to do about it, a sentence too."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        ends = not self.hint or self.message.endswith((".", "!", "?", "…", ":"))
        return f"{self.message}{'' if ends else '.'} {self.hint}".rstrip()


class UsageError(SsmTuiError):
    """A flag, target or word on the command line that can't be meant (exit status 2)."""


class ConfigError(SsmTuiError):
    """A file of the operator's is wrong; `file` and `line` (from 1) say where."""

    def __init__(self, message: str, *, file: str = "", line: int = 0, hint: str = "") -> None:
        where = f"{file}:{line}: " if line else f"{file}: " if file else ""
        super().__init__(f"{where}{message}", hint=hint)
        self.file = file
        self.line = line


class StateError(SsmTuiError):
    """The state folder can't be used: not writable, disk full, owned by another daemon, or from a newer version."""


class Cancelled(SsmTuiError):
    """The operator gave up a call before it answered."""


class TransportError(SsmTuiError):
    """A call did not come back with an answer."""


class Unreachable(TransportError):
    """Nobody answers at the other end."""


class EngineStopped(Unreachable):
    """The engine was told to stop: it is started again by who wants it, not by itself."""


class EngineHangs(Unreachable):
    """The engine's process is there and does not answer."""


class OutcomeUnknown(TransportError):
    """A write was sent and the answer was lost: it may or may not have happened."""


class NotFollowed(TransportError):
    """A command was sent, and how it goes on or what it said can't be read; the message names it and where it runs."""


class VersionMismatch(TransportError):
    """The daemon is of another version than the console."""

    def __init__(self, message: str, *, theirs: str, ours: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.theirs = theirs
        self.ours = ours


class ReadOnlyRefused(TransportError):
    """The console is read-only: the call was not sent."""


class ApiError(TransportError):
    """The API answered with an error; `code` is AWS's exact error code."""

    def __init__(self, code: str, message: str, *, operation: str = "", hint: str = "") -> None:
        super().__init__(f"{code}: {message}" if message else code, hint=hint)
        self.code = code
        self.text = message
        self.operation = operation


class AccessDenied(ApiError):
    """The caller may not do this; `action` is the IAM action that is missing."""

    def __init__(self, code: str, message: str, *, operation: str = "", action: str = "", hint: str = "") -> None:
        super().__init__(code, message, operation=operation, hint=hint)
        self.action = action


class Throttled(ApiError):
    """Rate exceeded; the call may be sent again later."""


class ServerFailed(ApiError):
    """The service itself failed and said so, as with InternalServerError: the same call may pass later."""


class CredentialsExpired(ApiError):
    """The credentials are expired or wrong; `login` is the command line that logs in, "" where no command does."""

    def __init__(self, code: str, message: str, *, operation: str = "", login: str = "", hint: str = "") -> None:
        super().__init__(code, message, operation=operation, hint=hint)
        self.login = login


class CredentialsMissing(CredentialsExpired):
    """There are no credentials: none are configured, the profile is not known, or nobody has logged in yet."""


class RegionDisabled(ApiError):
    """The region is not enabled for this account, or there is none of that name."""


class ClockSkewed(ApiError):
    """This machine's clock is off by minutes, so AWS refuses what it signs."""


class NotImplementedByEngine(ApiError):
    """The embedded engine has no handler for this operation."""


class NotOnAws(NotImplementedByEngine):
    """Only our own engine can do or tell that; the message says why AWS does not, as a sentence."""

    def __init__(self, reason: str, *, operation: str = "", hint: str = "") -> None:
        super().__init__("NotOnAws", reason, operation=operation, hint=hint)
        self.message = reason
