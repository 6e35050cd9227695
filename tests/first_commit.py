"""Makes a git repository with one commit of a folder's files, with the ids git gives them, without starting git."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import struct
import zlib
from bisect import bisect_right
from pathlib import Path

CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n"
FOLDERS = ("", "objects", "objects/pack", "refs", "refs/heads", "info", "hooks")
KINDS = {"commit": 1, "tree": 2, "blob": 3}
# Names that git treats in a way of its own, or that a file system may spell otherwise.
ODD = re.compile(r"(?i:\.git(attributes|config|modules)?|\.config)|[^/]*[\\~:\x00-\x1f\x7f-\U0010ffff][^/]*|[^/]*[. ]")

Entry = tuple[str, bytes, os.stat_result]
Tree = dict[str, "tuple[str, bytes] | Tree"]


class NotPlain(Exception):
    """The folder holds what only git itself can be trusted to add."""


class _Pack:
    """The objects of one repository, for one pack: a file for each would take most of the time."""

    def __init__(self) -> None:
        self._held = dict[bytes, bytes]()

    def add(self, kind: str, content: bytes) -> bytes:
        """The id of an object, which is kept for the pack."""
        name = hashlib.sha1(b"%s %d\0%s" % (kind.encode(), len(content), content), usedforsecurity=False).digest()
        size = len(content)
        head, size = [KINDS[kind] << 4 | size & 15], size >> 4
        while size:
            head[-1] |= 0x80
            head.append(size & 0x7F)
            size >>= 7
        self._held[name] = bytes(head) + zlib.compress(content, 1)
        return name

    def write(self, folder: Path) -> None:
        """The pack and its index, both of version 2."""
        offsets, parts = dict[bytes, int](), [struct.pack(">4sII", b"PACK", 2, len(self._held))]
        at = len(parts[0])
        for name, packed in self._held.items():
            offsets[name] = at
            at += len(packed)
            parts.append(packed)
        body = b"".join(parts)
        checked = hashlib.sha1(body, usedforsecurity=False).digest()
        names = sorted(offsets)
        firsts = [name[0] for name in names]
        index = b"\xfftOc" + struct.pack(">I256I", 2, *(bisect_right(firsts, first) for first in range(256)))
        index += b"".join(names)
        index += b"".join(struct.pack(">I", zlib.crc32(self._held[name])) for name in names)
        index += b"".join(struct.pack(">I", offsets[name]) for name in names) + checked
        index += hashlib.sha1(index, usedforsecurity=False).digest()
        (folder / f"pack-{checked.hex()}.pack").write_bytes(body + checked)
        (folder / f"pack-{checked.hex()}.idx").write_bytes(index)


def _files(folder: str, below: str = "") -> list[tuple[str, os.stat_result]]:
    """The path and state of each file. Raises NotPlain."""
    found = []
    for each in os.scandir(folder):
        if ODD.fullmatch(each.name):
            raise NotPlain(each.name)
        state = each.stat(follow_symlinks=False)
        if stat.S_ISDIR(state.st_mode):
            found += _files(each.path, f"{below}{each.name}/")
        elif stat.S_ISREG(state.st_mode) or stat.S_ISLNK(state.st_mode):
            found.append((below + each.name, state))
        else:
            raise NotPlain(each.name)
    return found


def _mode(state: os.stat_result) -> int:
    if stat.S_ISLNK(state.st_mode):
        return 0o120000
    return 0o100755 if state.st_mode & stat.S_IXUSR else 0o100644


def _tree(pack: _Pack, tree: Tree) -> bytes:
    rows = []
    for name, held in tree.items():
        if isinstance(held, dict):
            rows.append((f"{name}/", b"40000 %s\0%s" % (name.encode(), _tree(pack, held))))
        else:
            rows.append((name, b"%s %s\0%s" % (held[0].encode(), name.encode(), held[1])))
    return pack.add("tree", b"".join(row for _, row in sorted(rows)))


def _index(entries: list[Entry]) -> bytes:
    """git's index of version 2."""
    parts = [struct.pack(">4sII", b"DIRC", 2, len(entries))]
    for path, blob, state in entries:
        name = path.encode()
        size = 62 + len(name)
        numbers = (
            *divmod(state.st_ctime_ns, 10**9), *divmod(state.st_mtime_ns, 10**9), state.st_dev, state.st_ino,
            _mode(state), state.st_uid, state.st_gid, state.st_size,
        )  # fmt: skip
        parts.append(struct.pack(">10I", *(each & 0xFFFFFFFF for each in numbers)))
        parts.append(blob + struct.pack(">H", min(len(name), 0xFFF)) + name + b"\0" * (8 - size % 8))
    whole = b"".join(parts)
    return whole + hashlib.sha1(whole, usedforsecurity=False).digest()


def first_commit(folder: Path, who: str, when: int, message: str) -> None:
    """Make `folder` a repository whose branch main has one commit, of all its files, at `when` (seconds, UTC).

    Raises NotPlain, having made nothing, where git would look at more than names and bytes.
    """
    found = sorted((path.encode(), path, state) for path, state in _files(os.fspath(folder)))
    made = folder / ".git"
    for name in FOLDERS:
        (made / name).mkdir()
    pack, entries, root = _Pack(), list[Entry](), Tree()
    for _, path, state in found:
        link = stat.S_ISLNK(state.st_mode)
        blob = pack.add("blob", str((folder / path).readlink()).encode() if link else (folder / path).read_bytes())
        entries.append((path, blob, state))
        *above, last = path.split("/")
        tree = root
        for each in above:
            inner = tree.setdefault(each, {})
            assert isinstance(inner, dict)
            tree = inner
        tree[last] = (f"{_mode(state):o}", blob)
    signed = f"{who} {when} +0000"
    body = f"tree {_tree(pack, root).hex()}\nauthor {signed}\ncommitter {signed}\n\n{message}\n"
    commit = pack.add("commit", body.encode()).hex()
    pack.write(made / "objects/pack")
    (made / "refs/heads/main").write_text(commit + "\n")
    (made / "config").write_text(CONFIG)
    (made / "index").write_bytes(_index(entries))
    (made / "HEAD").write_text("ref: refs/heads/main\n")
