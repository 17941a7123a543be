"""The keeper: a small process that is the parent of local shells and holds their terminals open.

The daemon starts it at the first shell as `python -I -S keeper.py --socket NAME --connection FD`, in the state folder
and in a session of its own; NAME is relative to that folder, because a unix socket's path may have only 107 bytes.
It imports the standard library alone, so that it is up in a few milliseconds and has little that can break.

It forks the shells, so it sees their exit statuses even while no daemon lives, and it keeps the master side of each
pty, so a daemon that was killed and came back takes every shell up again.

Messages are `length:u32` (big endian) and JSON, requests with an "id" that the answer repeats; an answer that has a
master with it says "descriptor": true:

    hello   {}                                                    → {pid, version}
    open    {session, file, argv, env, cwd, rows, columns}        → {pid, started} + the master | {error}
    take    {session}                                             → {} + the master | {error}
    adopt   {session, pid, started} + a master                    → {}  a shell whose own keeper was killed
    list    {}                      → {shells: [{session, pid, started, parent, code?, signal?}]}
    signal  {session, signal}                                     → {}  to the shell's group and the foreground's
    forget  {session}                                             → {}  close the master, drop the record
    leave   {}                                                    → {}  go, whatever is held
    event                                                         ← {event: "ended", session, code, signal}

It leaves by itself when no daemon is connected and no shell lives; ends that nobody has asked for yet are kept for
LINGER seconds.
"""
# ruff: noqa: PTH108, PTH116  (pathlib costs more to import than all the rest of this process)

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import json
import os
import selectors
import signal
import socket
import struct
import sys
import termios
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing is a third of this process's time to start
    from typing import Any

VERSION = 1
LINGER = 600.0
MAX_MESSAGE = 4 * 1024 * 1024
LENGTH = struct.Struct(">I")
FD_SIZE = array.array("i").itemsize


class Shell:
    """One shell: its process, its terminal and how it ended; `parent` is whether its end will be seen here."""

    def __init__(self, session: str, pid: int, master: int, started: float, parent: bool) -> None:
        self.session = session
        self.pid = pid
        self.master = master
        self.started = started
        self.parent = parent
        self.code: int | None = None
        self.signal: int | None = None

    @property
    def ended(self) -> bool:
        return self.code is not None or self.signal is not None

    @property
    def lives(self) -> bool:
        """Whether it runs; one that is not ours to wait for lives while its terminal has a foreground group."""
        if self.parent:
            return not self.ended
        with contextlib.suppress(OSError):
            return os.tcgetpgrp(self.master) > 0
        return False

    def describe(self) -> dict[str, Any]:
        """What `list` says of it."""
        told = {name: getattr(self, name) for name in ("session", "pid", "started", "parent")}
        return {**told, "code": self.code, "signal": self.signal} if self.ended else told


class Connection:
    """One daemon's connection: bytes and passed descriptors in, messages out."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.setblocking(False)
        self.buffer = bytearray()
        self.descriptors: list[int] = []

    def receive(self) -> list[dict[str, Any]] | None:
        """Give the requests that are whole by now, None at the end of the connection."""
        try:
            data, ancillary, _, _ = self.sock.recvmsg(65536, socket.CMSG_LEN(8 * FD_SIZE))
        except (BlockingIOError, InterruptedError):
            return []
        except OSError:
            return None
        for level, kind, payload in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                passed = array.array("i")
                passed.frombytes(payload[: len(payload) - len(payload) % FD_SIZE])
                for descriptor in passed:
                    os.set_inheritable(descriptor, False)
                self.descriptors.extend(passed)
        if not data:
            return None
        self.buffer += data
        found = []
        while len(self.buffer) >= LENGTH.size:
            (length,) = LENGTH.unpack_from(self.buffer)
            if length > MAX_MESSAGE:
                return None
            if len(self.buffer) < LENGTH.size + length:
                break
            body = bytes(self.buffer[LENGTH.size : LENGTH.size + length])
            del self.buffer[: LENGTH.size + length]
            try:
                found.append(json.loads(body))
            except ValueError:
                return None
        return found

    def send(self, message: dict[str, Any], descriptor: int | None = None) -> bool:
        """Send one message, with a descriptor where there is one; False where the daemon does not read any more."""
        body = json.dumps(message).encode()
        data = LENGTH.pack(len(body)) + body
        passed = [] if descriptor is None else [array.array("i", [descriptor])]
        with contextlib.suppress(OSError):
            return self.sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, p) for p in passed]) == len(data)
        return False

    def close(self) -> None:
        self.sock.close()
        for descriptor in self.descriptors:
            os.close(descriptor)


def peer_uid(sock: socket.socket) -> int | None:
    """Give the user id at the other end of a unix socket, None where the system can't say."""
    if hasattr(socket, "SO_PEERCRED"):
        return int(struct.unpack("3i", sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[1])
    if sys.platform == "darwin":
        # LOCAL_PEERCRED of level SOL_LOCAL: struct xucred begins with its version and the effective user id.
        return int(struct.unpack_from("=II", sock.getsockopt(0, 1, 76))[1])
    return None


def set_size(master: int, rows: int, columns: int) -> None:
    """Set a terminal's size in cells."""
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def signal_groups(master: int, leader: int | None, number: int) -> None:
    """Signal the group in the foreground of a terminal and, where its number is known to be right, the leader's."""
    groups = {leader} if leader else set()
    with contextlib.suppress(OSError):  # the session is over: its terminal has no foreground group any more
        if foreground := os.tcgetpgrp(master):
            groups.add(foreground)
    for group in groups:
        try:
            os.killpg(group, number)
            os.killpg(group, signal.SIGCONT)
        except OSError:
            continue  # it has ended, or belongs to another user (sudo): the hang-up at `forget` reaches it


def spawn(file: str, argv: list[str], env: dict[str, str], cwd: str, rows: int, columns: int) -> tuple[int, int]:
    """Start a program as the leader of a new session on a new pty of the given size; gives (pid, master).

    Raises: OSError where the program can't be executed.
    """
    master, slave = os.openpty()
    told, teller = os.pipe()
    try:
        set_size(slave, rows, columns)
        pid = os.fork()
    except OSError:
        for descriptor in (master, slave, told, teller):
            os.close(descriptor)
        raise
    if pid == 0:
        _become(file, argv, env, cwd, slave, teller)
    os.close(slave)
    os.close(teller)
    with os.fdopen(told, "rb") as pipe:
        failure = pipe.read()
    if failure:
        os.waitpid(pid, 0)
        os.close(master)
        number = int(failure)
        raise OSError(number, os.strerror(number), file)
    return pid, master


def _become(file: str, argv: list[str], env: dict[str, str], cwd: str, slave: int, teller: int) -> None:
    """In the child: take the terminal, undo what the keeper ignores, execute; an error number goes to `teller`."""
    try:
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        for descriptor in (0, 1, 2):
            os.dup2(slave, descriptor)
        signal.set_wakeup_fd(-1)
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            try:
                signal.signal(number, signal.SIG_DFL)
            except (OSError, ValueError):
                continue  # the C library keeps a few real-time signals for itself
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        os.umask(0o022)
        for folder in (cwd, "/"):
            try:
                os.chdir(folder)
                break
            except OSError:
                continue
        os.execve(file, argv, env)  # noqa: S606 - the program is the user's own shell, as asked
    except OSError as error:
        os.write(teller, str(error.errno or errno.EINVAL).encode())
    finally:
        os._exit(127)


class Keeper:
    """The loop: connections, shells, and when to leave."""

    def __init__(self, path: str, listener: socket.socket) -> None:
        self.path = path
        self.inode = os.stat(path).st_ino
        self.listener = listener
        self.shells: dict[str, Shell] = {}
        self.connections: list[Connection] = []
        self.selector = selectors.DefaultSelector()
        self.selector.register(listener, selectors.EVENT_READ, None)
        self.leaving = False
        self.alone_since = time.monotonic()
        self.woken, waker = os.pipe()
        os.set_blocking(waker, False)
        self.selector.register(self.woken, selectors.EVENT_READ, None)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(waker, warn_on_full_buffer=False)

    def run(self) -> None:
        """Serve until there is nothing to keep."""
        while not self.leaving:
            for key, _ in self.selector.select(None if self.connections else 5.0):
                if key.fileobj is self.listener:
                    self.accept()
                elif key.fd == self.woken:
                    os.read(self.woken, 4096)
                else:
                    self.serve(key.data)
            self.reap()
            if self.is_done():
                break
        if self.is_reachable():
            os.unlink(self.path)

    def is_done(self) -> bool:
        """Whether nobody is connected and nothing is worth staying for."""
        if self.connections:
            return False
        if not self.is_reachable():
            return True  # no daemon can ever find these shells again: their terminals hang up with this process
        if any(shell.lives for shell in self.shells.values()):
            return False
        return not self.shells or time.monotonic() - self.alone_since > LINGER

    def is_reachable(self) -> bool:
        """Whether the socket in the state folder still leads here."""
        with contextlib.suppress(OSError):
            return os.stat(self.path).st_ino == self.inode
        return False

    def accept(self) -> None:
        """Take a daemon that connects, if it is the same user's."""
        with contextlib.suppress(OSError):
            sock, _ = self.listener.accept()
            if peer_uid(sock) in (None, os.getuid(), 0):
                self.add(sock)
            else:
                sock.close()

    def add(self, sock: socket.socket) -> None:
        """Serve one more connection."""
        connection = Connection(sock)
        self.connections.append(connection)
        self.selector.register(sock, selectors.EVENT_READ, connection)

    def drop(self, connection: Connection) -> None:
        if connection in self.connections:
            self.connections.remove(connection)
            self.selector.unregister(connection.sock)
            connection.close()
            self.alone_since = time.monotonic()

    def serve(self, connection: Connection) -> None:
        """Answer what one connection asks; None is its end."""
        requests = connection.receive()
        if requests is None:
            self.drop(connection)
        for request in requests or ():
            descriptor = None
            try:
                answer, descriptor = self.answer(connection, request)
            except (OSError, KeyError, ValueError, TypeError) as error:
                answer = {"error": str(error), "errno": getattr(error, "errno", None)}
            answer["id"] = request.get("id")
            answer["descriptor"] = descriptor is not None
            if not connection.send(answer, descriptor):
                self.drop(connection)
                return

    def answer(self, connection: Connection, request: dict[str, Any]) -> tuple[dict[str, Any], int | None]:
        """Do what one request asks; gives the answer and the descriptor that goes with it."""
        wanted = request["op"]
        if wanted == "hello":
            return {"pid": os.getpid(), "version": VERSION}, None
        if wanted == "list":
            return {"shells": [shell.describe() for shell in self.shells.values()]}, None
        if wanted == "leave":
            self.leaving = True
            return {}, None
        session = request["session"]
        if wanted == "open":
            if session in self.shells:
                raise ValueError(f"session {session} has a shell already")
            pid, master = spawn(*(request[name] for name in ("file", "argv", "env", "cwd", "rows", "columns")))
            shell = self.shells[session] = Shell(session, pid, master, time.time(), True)
            return {"pid": pid, "started": shell.started}, master
        if wanted == "adopt":
            master = connection.descriptors.pop(0)
            self.shells[session] = Shell(session, request["pid"], master, request["started"], False)
            return {}, None
        shell = self.shells[session]
        if wanted == "take":
            return {}, shell.master
        if wanted == "signal":
            # A child that nobody has waited for: its number can't have been given to another process.
            signal_groups(shell.master, shell.pid if shell.parent and not shell.ended else None, request["signal"])
            return {}, None
        if wanted == "forget":
            del self.shells[session]
            os.close(shell.master)
            return {}, None
        raise ValueError(f"unknown request {wanted}")

    def reap(self) -> None:
        """Note which shells have ended, and tell the daemon."""
        for shell in list(self.shells.values()):
            pid, status = os.waitpid(shell.pid, os.WNOHANG) if shell.parent and not shell.ended else (0, 0)
            if not pid:
                continue
            if os.WIFSIGNALED(status):
                shell.signal = os.WTERMSIG(status)
            else:
                shell.code = os.WEXITSTATUS(status)
            event = {"event": "ended", "session": shell.session, "code": shell.code, "signal": shell.signal}
            for connection in list(self.connections):
                if not connection.send(event):
                    self.drop(connection)


def listen(path: str) -> socket.socket:
    """Listen on a socket of mode 0600 in the present folder; one left by a keeper that was killed is replaced."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.setblocking(False)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    before = os.umask(0o177)
    try:
        listener.bind(path)
    finally:
        os.umask(before)
    listener.listen(16)
    return listener


def main(arguments: list[str]) -> None:
    """Keep shells until there are none: `--socket NAME` and, for the daemon that starts it, `--connection FD`."""
    options = dict(zip(arguments[::2], arguments[1::2], strict=True))
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    keeper = Keeper(options["--socket"], listen(options["--socket"]))
    if "--connection" in options:
        inherited = int(options["--connection"])
        os.set_inheritable(inherited, False)
        keeper.add(socket.socket(fileno=inherited))
    keeper.run()


if __name__ == "__main__":
    main(sys.argv[1:])
