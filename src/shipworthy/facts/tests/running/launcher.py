"""The parent of a test run, started as a program of its own: builds the sandbox, watches limits, leaves nothing behind.

Standard library only, run as `python -I -S launcher.py FD`: the specification (see `sandbox.Spec`) is JSON on standard
input, one JSON line for each event goes to file descriptor FD. With `isolate` everything happens in fresh user, mount,
network, process and IPC namespaces, where

- the copy of the tree lies at the repository's own path, so that virtual environments and editable installs work;
- every other file is read-only, and `cover`ed folders (home, /tmp, /run) are empty but for what the run needs;
- there is a loopback interface and no other;
- the test process has no capability and can gain none, so it can undo none of this.

Without `isolate` the limits and the killing of what is left are the same; the rest is the caller's guard.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import sys
import time
from typing import Any

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 4096, 16384, 1 << 18
CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 1 << 17, 1 << 27, 1 << 28, 1 << 29, 1 << 30
PR_SET_PDEATHSIG, PR_CAPBSET_DROP, PR_SET_SECUREBITS, PR_SET_NO_NEW_PRIVS, PR_SET_CHILD_SUBREAPER = 1, 24, 28, 38, 36
SYS_MOUNT_SETATTR = 442
"""One number on every architecture; Linux 5.12 and later."""
AT_FDCWD, AT_RECURSIVE, MOUNT_ATTR_RDONLY = -100, 0x8000, 1
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
# Keep root's identity from being worth anything: no capabilities by exec or by changing ids, and no way back.
SECUREBITS = 0x01 | 0x02 | 0x04 | 0x08 | 0x20 | 0x80
TICK = 0.05

Spec = dict[str, Any]

_libc = ctypes.CDLL(None, use_errno=True)
_event_fd = -1


class Refused(Exception):
    """The system does not allow a part of the sandbox."""


def tell(**event: Any) -> None:
    with contextlib.suppress(OSError):
        os.write(_event_fd, (json.dumps(event) + "\n").encode())


def _call(what: str, result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise Refused(f"{what}: {os.strerror(number)}")


def _mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
    done = _libc.mount(
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode("utf-8", "surrogateescape") if options else None,
    )
    _call(f"mount {target}", done)


def _read_only(path: str, *, recursive: bool, on: bool = True) -> None:
    attributes = struct.pack("QQQQ", MOUNT_ATTR_RDONLY if on else 0, 0 if on else MOUNT_ATTR_RDONLY, 0, 0)
    done = _libc.syscall(
        SYS_MOUNT_SETATTR, AT_FDCWD, os.fsencode(path), AT_RECURSIVE if recursive else 0, attributes, len(attributes)
    )
    _call(f"make {path} read-only" if on else f"make {path} writable", done)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="ascii") as stream:
        stream.write(text)


def _enter_namespaces() -> None:
    user, group = os.geteuid(), os.getegid()
    flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWIPC
    _call("new namespaces", _libc.unshare(flags))
    try:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    except OSError as error:
        raise Refused(f"map the user: {error.strerror}") from error


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def _environments(spec: Spec) -> dict[str, str]:
    """The project's own environments appear in the copy: written to in memory only, or read-only."""
    how: dict[str, str] = {}
    for number, relative in enumerate(spec["environments"]):
        original, target = os.path.join(spec["repo"], relative), os.path.join(spec["copy"], relative)
        if os.path.isfile(original):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "a", encoding="ascii"):
                pass
            _mount(original, target, None, MS_BIND)
            how[relative] = "read-only"
            continue
        os.makedirs(target, exist_ok=True)
        scratch = os.path.join(spec["scratch"], str(number))
        for each in ("upper", "work"):
            os.makedirs(os.path.join(scratch, each))
        layers = f"lowerdir={_escape(original)},upperdir={_escape(scratch)}/upper,workdir={_escape(scratch)}/work"
        for options in (layers + ",userxattr", layers):
            with contextlib.suppress(Refused):
                _mount("overlay", target, "overlay", MS_NOSUID | MS_NODEV, options)
                how[relative] = "overlay"
                break
        else:
            _mount(original, target, None, MS_BIND | MS_REC)
            how[relative] = "read-only"
    return how


def _escape(path: str) -> str:
    return path.replace("\\", "\\\\").replace(",", "\\,").replace(":", "\\:")


def _cover(spec: Spec) -> None:
    """Put an empty folder over each covered one, and back into it only what the run needs."""
    for number, (folder, content) in enumerate(spec["cover"]):
        if not os.path.isdir(folder) or os.path.realpath(folder) != folder:
            continue
        fresh = content or os.path.join(spec["covers"], str(number))
        os.makedirs(fresh, exist_ok=True)
        if not content:
            _mount("tmpfs", fresh, "tmpfs", MS_NOSUID | MS_NODEV, "size=64m,mode=755")
        for kept in spec["keep"]:
            if not kept.startswith(folder + "/") or not os.path.lexists(kept):
                continue
            target = os.path.join(fresh, os.path.relpath(kept, folder))
            if os.path.isdir(kept):
                os.makedirs(target, exist_ok=True)
            else:
                os.makedirs(os.path.dirname(target), exist_ok=True)
                with open(target, "a", encoding="ascii"):
                    pass
            _mount(kept, target, None, MS_BIND | MS_REC)
        _mount(fresh, folder, None, MS_BIND | MS_REC)


def _devices(spec: Spec) -> None:
    """A /dev with nothing in it that reaches hardware."""
    fresh = os.path.join(spec["covers"], "dev")
    os.makedirs(fresh, exist_ok=True)
    _mount("tmpfs", fresh, "tmpfs", MS_NOSUID, "size=4m,mode=755")
    for name in ("null", "zero", "full", "random", "urandom", "tty"):
        if os.path.exists("/dev/" + name):
            with open(os.path.join(fresh, name), "a", encoding="ascii"):
                pass
            _mount("/dev/" + name, os.path.join(fresh, name), None, MS_BIND)
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
                         ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx")):  # fmt: skip
        os.symlink(target, os.path.join(fresh, name))
    for name in ("shm", "pts"):
        os.mkdir(os.path.join(fresh, name))
    _mount("tmpfs", os.path.join(fresh, "shm"), "tmpfs", MS_NOSUID | MS_NODEV, "size=1g,mode=1777")
    with contextlib.suppress(Refused):
        _mount("devpts", os.path.join(fresh, "pts"), "devpts", 0, "newinstance,ptmxmode=0666,mode=620")
    _mount(fresh, "/dev", None, MS_BIND | MS_REC)


def _build(spec: Spec) -> dict[str, str]:
    """All mounts; runs as the first process of the new process namespace. Raises Refused."""
    _mount("none", "/", None, MS_REC | MS_PRIVATE)
    how = _environments(spec)
    # Set the copy where the repository is; its environments come along.
    _mount(spec["copy"], spec["repo"], None, MS_BIND | MS_REC)
    for folder in spec["writable"]:
        _mount(folder, folder, None, MS_BIND)
    _cover(spec)
    _devices(spec)
    _mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    with contextlib.suppress(OSError):
        # Since Linux 6.14 each process namespace has a limit of its own; it also binds root.
        _write("/proc/sys/kernel/pid_max", str(max(spec["limits"]["processes"] * 4, 1024)))
    _read_only("/", recursive=True)
    writable = [spec["repo"], "/dev/shm", *spec["writable"]]  # noqa: S108 - the sandbox's own
    writable += [os.path.join(spec["repo"], each) for each, kind in how.items() if kind == "overlay"]
    writable += [folder for folder, content in spec["cover"] if content and os.path.realpath(folder) == folder]
    for folder in writable:
        if os.path.isdir(folder):
            _read_only(folder, recursive=False, on=False)
    with contextlib.suppress(OSError):
        _loopback_up()
    return how


def _give_up_power() -> None:
    capability = 0
    while _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    _libc.prctl(PR_SET_SECUREBITS, SECUREBITS, 0, 0, 0)
    # Drop what this very process still holds: header (version 3, itself), then no bit in any set.
    _call("drop capabilities", _libc.capset(struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", *[0] * 6)))


def _limit(limits: dict[str, Any]) -> None:
    wanted = {
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_CPU: limits["cpu"],
        resource.RLIMIT_FSIZE: limits["file"],
        resource.RLIMIT_NPROC: limits["user_processes"],
        resource.RLIMIT_AS: limits["address_space"],
    }
    for kind, value in wanted.items():
        if value is None:
            continue
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, value))


def _start(spec: Spec, isolated: bool) -> int:
    """Fork the command into a session of its own; the process id."""
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        if isolated:
            _give_up_power()
        if sys.platform == "linux":
            _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        with contextlib.suppress(OSError):
            os.nice(5)
        os.umask(0o022)
        os.chdir(spec["cwd"])
        _limit(spec["limits"])
        os.execvpe(spec["argv"][0], spec["argv"], spec["env"])  # noqa: S606 - to start the command is its purpose
    except (OSError, Refused) as error:
        reason = getattr(error, "strerror", None) or str(error)
        tell(
            event="not-started",
            reason=f"{spec['argv'][0]}: {reason}",
            missing=getattr(error, "errno", 0) == errno.ENOENT,
        )
    os._exit(127)


def _stat(pid: int) -> tuple[int, int] | None:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stream:
            fields = stream.read().rpartition(")")[2].split()
        return int(fields[1]), int(fields[21]) * resource.getpagesize()
    except (OSError, IndexError, ValueError):
        return None


def _family(isolated: bool) -> dict[int, int]:
    """(process id -> resident bytes) of everything the run has started."""
    try:
        rows = {int(name): _stat(int(name)) for name in os.listdir("/proc") if name.isdigit()}
    except OSError:
        return {}
    known = {pid: row for pid, row in rows.items() if row is not None}
    if isolated:
        return {pid: row[1] for pid, row in known.items() if pid != 1}
    ours = {os.getpid()}
    grew = True
    while grew:
        more = {pid for pid, row in known.items() if row[0] in ours and pid not in ours}
        grew = bool(more)
        ours |= more
    return {pid: known[pid][1] for pid in ours if pid in known and pid != os.getpid()}


def _end_all(child: int, isolated: bool) -> None:
    """End the run and whatever it left running. In a process namespace the kernel does it when this process ends."""
    if isolated:
        return
    with contextlib.suppress(OSError):
        os.killpg(child, signal.SIGKILL)
    for _ in range(100):
        family = _family(isolated)
        for pid in family:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not family:
            return
        time.sleep(0.02)


def _watch(spec: Spec, child: int, isolated: bool) -> None:
    """Wait for the command, within limits; then end what it left behind."""
    limits = spec["limits"]
    stop: list[str] = []
    signal.signal(signal.SIGTERM, lambda number, frame: stop.append("stopped"))
    free = os.statvfs(spec["copy"] if not isolated else spec["repo"])
    floor = max(free.f_bavail * free.f_frsize - limits["disk"], 64 << 20)
    code: int | None = None
    looked = 0.0
    try:
        while code is None and not stop:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                code = -1
                break
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
                break
            if pid:
                continue
            time.sleep(TICK)
            if time.monotonic() - looked < 0.2:
                continue
            looked = time.monotonic()
            family = _family(isolated)
            if len(family) > limits["processes"]:
                stop.append(f"more than {limits['processes']:,} processes")
            if sum(family.values()) > limits["memory"]:
                stop.append(f"more than {limits['memory'] >> 20:,} MiB of memory")
            room = os.statvfs(spec["repo"] if isolated else spec["copy"])
            if room.f_bavail * room.f_frsize < floor:
                stop.append(f"more than {limits['disk'] >> 20:,} MiB written to disk")
    finally:
        _end_all(child, isolated)
    tell(event="ended", code=code, stopped=stop[0] if stop else "")


def _isolated(spec: Spec) -> None:
    _enter_namespaces()
    first = os.fork()
    if first == 0:
        try:
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            how = _build(spec)
            os.chdir("/")
            tell(event="ready", isolation="namespaces", environments=how)
            _watch(spec, _start(spec, True), True)
        except (OSError, Refused) as error:
            tell(event="refused", reason=str(error))
        os._exit(0)
    signal.signal(signal.SIGTERM, lambda number, frame: os.kill(first, signal.SIGKILL))
    os.waitpid(first, 0)


def main() -> None:
    global _event_fd
    _event_fd = int(sys.argv[1])
    os.set_inheritable(_event_fd, False)
    spec = json.load(sys.stdin)
    linux = sys.platform == "linux"
    if linux:
        # Should shipworthy itself be killed, this ends too, and with it everything below.
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if spec["isolate"]:
        try:
            _isolated(spec)
        except (OSError, Refused) as error:
            tell(event="refused", reason=str(error))
        return
    if linux:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    tell(event="ready", isolation="guard", environments={})
    _watch(spec, _start(spec, False), False)


if __name__ == "__main__":
    main()
