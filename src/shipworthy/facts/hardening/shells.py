"""What a script does that hands the pipeline to others: runs what it downloads, writes secrets into the log.

Told from the shape of the script in bash's grammar, and in single lines for PowerShell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tree_sitter import Node

from shipworthy.facts.hardening.fact import Degree
from shipworthy.facts.pipeline.wrappers import program_of
from shipworthy.project import syntax
from shipworthy.project.syntax import text_of

MAX_SHOWN = 2_000
MAX_PARTS = 50
"""Of one pipeline; nobody writes longer ones."""
_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "ash"}
_INTERPRETERS = {"python", "python2", "python3", "node", "perl", "ruby", "php"}
_LOADERS = {"curl", "wget"}
_BEFORE = {"sudo", "env", "time", "nice", "exec", "command", "nohup", "doas"}
_VALUED = {"-u", "-g", "--user", "--group"}
_FILTERS = {"sort", "tee", "cat", "head", "tail", "less", "more", "sed", "awk", "uniq", "nl"}
_URL = re.compile(r"https?://[^\s\"'|)<>]{1,500}")
_COMMIT = re.compile(r"(?<![0-9a-fA-F])[0-9a-f]{40}(?![0-9a-fA-F])")
_VERSION = re.compile(r"[/@=_-]v?\d{1,6}(\.\d{1,6}){1,3}([/_.-]|$)")
_HERE = re.compile(r"https?://(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|host\.docker\.internal)\b")
_ENV_FILE = re.compile(r"(.*/)?\.env(\.(?!example|sample|template|dist|test)[\w.-]+)?")
_SECRET = re.compile(
    r"\$\{?[A-Za-z0-9_]*(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|API_?KEY|PRIVATE_?KEY|ACCESS_?KEY)[A-Za-z0-9_]*"
)
_POWERSHELL = re.compile(
    r"\b(iex|invoke-expression)\b.{0,200}\b(downloadstring|iwr|irm|invoke-webrequest|invoke-restmethod|curl|wget)\b"
    r"|\b(downloadstring|iwr|irm|invoke-webrequest|invoke-restmethod)\b.{0,200}\|\s*(iex|invoke-expression)\b",
    re.I,
)
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.S)
_TRACE = re.compile(r"-[a-wyzA-Z]*x[a-zA-Z]*|xtrace")


@dataclass(frozen=True, slots=True)
class Said:
    """One weak command. `row` counts from 0 within the script."""

    rule: str
    row: int
    what: str
    degree: Degree
    why: str = ""


def weak_commands(text: str) -> list[Said] | None:
    """The weak commands of a script; None where it is too large or takes too long to read."""
    plain = without_expressions(text)
    found = [
        Said("pipe-to-shell", row, line.strip()[:MAX_SHOWN], *_pinning(line))
        for row, line in enumerate(plain.split("\n"))
        if "|" in line or "iex" in line.lower() or "invoke" in line.lower()
        if _POWERSHELL.search(line[:2000])
    ]
    tree = syntax.parse("bash", plain.encode("utf-8", "replace"))
    if tree is None:
        return None
    traced: int | None = None
    for node in syntax.walk(tree.root_node):
        if node.type == "pipeline":
            found += _piped(node)
        elif node.type == "command":
            words = _words(node)
            found += _substituted(node, words)
            found += _dumped(node, words)
            if traced is None and _traces(words):
                traced = node.start_point[0]
    if traced is not None:
        found += _after(plain, traced)
    return [each for each in found if not _HERE.search(each.what)]


def without_expressions(text: str) -> str:
    """A script of GitHub Actions as a shell can read it: each `${{ … }}` is one word, lines stay where they are."""
    return _EXPRESSION.sub(lambda match: "__EXPRESSION__" + "\\\n" * match[0].count("\n"), text)


def commands(text: str) -> Iterator[tuple[int, list[str]]]:
    """Every simple command of a script, with its row: the words as they are written, without quotes."""
    tree = syntax.parse("bash", without_expressions(text).encode("utf-8", "replace"))
    for node in syntax.walk(tree.root_node) if tree is not None else ():
        if node.type == "command":
            yield node.start_point[0], _words(node)


def _words(node: Node) -> list[str]:
    aside = ("variable_assignment", "file_redirect", "herestring_redirect", "heredoc_redirect")
    return [text_of(child).strip("\"'") for child in node.named_children if child.type not in aside]


def _bare(words: list[str]) -> list[str]:
    """A command without `sudo`, `env A=b` and the like; `env` alone stays."""
    at = 0
    while at < len(words) and program_of(words[at]) in _BEFORE:
        step = at + 1
        while step < len(words) and (words[step].startswith("-") or "=" in words[step]):
            step += 2 if words[step] in _VALUED else 1
        if step >= len(words):
            break
        at = step
    return words[at:]


def _command_in(node: Node) -> Node | None:
    """The command of a part of a pipeline, without its redirections."""
    while node.type == "redirected_statement":
        body = node.child_by_field_name("body")
        if body is None:
            return None
        node = body
    return node if node.type == "command" else None


def _loads(node: Node) -> bool:
    command = _command_in(node)
    words = _bare(_words(command)) if command is not None else []
    return bool(words) and program_of(words[0]) in _LOADERS


def _runs_stdin(words: list[str]) -> bool:
    """Whether a program runs as a script what is piped to it."""
    words = _bare(words)
    if not words:
        return False
    name, rest = program_of(words[0]), words[1:]
    if name in _SHELLS:
        for word in rest:
            if word in ("-s", "-", "/dev/stdin") or word.startswith("-s"):
                return True
            if not word.startswith("-"):
                return False
            if not word.startswith("--") and "c" in word:
                return False
        return True
    return name in _INTERPRETERS and (not rest or rest[0] == "-")


def _pinning(text: str) -> tuple[Degree, str]:
    if _COMMIT.search(text):
        return Degree.REMARK, "the address names a commit, which cannot change"
    if any(_VERSION.search(url) for url in _URL.findall(text)):
        return Degree.REMARK, "the address names a version, so only its owner could change what it gives"
    return Degree.WEAK, ""


def _piped(node: Node) -> Iterator[Said]:
    parts = node.named_children[:MAX_PARTS]
    for at, part in enumerate(parts[:-1]):
        if not _loads(part):
            continue
        for later in parts[at + 1 :]:
            command = _command_in(later)
            if command is not None and _runs_stdin(_words(command)):
                yield _loaded(node)
                return


def _loaded(node: Node) -> Said:
    text = " ".join(text_of(node).split())
    return Said("pipe-to-shell", node.start_point[0], text[:MAX_SHOWN], *_pinning(text))


def _substituted(node: Node, words: list[str]) -> Iterator[Said]:
    """`bash <(curl …)`, `sh -c "$(curl …)"`, `eval "$(curl …)"`, `source <(curl …)`."""
    bare = _bare(words)
    name = program_of(bare[0]) if bare else ""
    if name not in _SHELLS | _INTERPRETERS | {"eval", "source", "."}:
        return
    for inner in syntax.walk(node):
        if inner.type in ("process_substitution", "command_substitution"):
            if inner.type == "command_substitution" and name in _SHELLS | _INTERPRETERS and "-c" not in bare:
                continue
            statements = [child for child in inner.named_children if child.type != "comment"]
            parts = statements[0].named_children if statements and statements[0].type == "pipeline" else statements
            if parts and _loads(parts[0]):
                yield _loaded(node)
                return


def _in_log(node: Node) -> bool:
    """Whether what a command prints reaches the log: not another program, a file or a variable."""
    child, parent = node, node.parent
    while parent is not None:
        if parent.type in ("command_substitution", "process_substitution", "heredoc_redirect"):
            return False
        if parent.type == "redirected_statement" and any(
            each.type == "file_redirect" and not text_of(each).startswith("2") and "/dev/std" not in text_of(each)
            for each in parent.children
        ):
            return False
        if parent.type == "pipeline":
            parts = parent.named_children
            if len(parts) > MAX_PARTS:
                return False
            later = parts[next(at for at, each in enumerate(parts) if each.id == child.id) + 1 :]
            for part in later:
                command = _command_in(part)
                words = _words(command) if command is not None else []
                if not words or program_of(words[0]) not in _FILTERS or _in_place(part):
                    return False
        child, parent = parent, parent.parent
    return True


def _in_place(part: Node) -> bool:
    return part.type == "redirected_statement" and any(
        each.type == "file_redirect" and not text_of(each).startswith("2") for each in part.children
    )


def _dumped(node: Node, words: list[str]) -> Iterator[Said]:
    bare = _bare(words)
    name, rest = (program_of(bare[0]), bare[1:]) if bare else ("", [])
    every = name in ("env", "printenv") and not rest
    file = name in ("cat", "head", "tail", "less", "more", "type") and any(_ENV_FILE.fullmatch(each) for each in rest)
    if (every or file) and _in_log(node):
        what = " ".join(text_of(node).split())[:MAX_SHOWN]
        yield Said("secret-in-log", node.start_point[0], what, Degree.WEAK)


def _traces(words: list[str]) -> bool:
    if not words:
        return False
    name, rest = program_of(words[0]), words[1:]
    return name == "set" and any(_TRACE.fullmatch(word) for word in rest)


def _after(text: str, traced: int) -> Iterator[Said]:
    """With `set -x` on, a command that is given a secret is written into the log with it."""
    for row, line in enumerate(text.split("\n")):
        stripped = line.strip()
        if row > traced and re.match(r"set \+[a-z]*x", stripped):
            return
        match = _SECRET.search(line) if row > traced and not stripped.startswith("#") else None
        if match is not None:
            yield Said(
                "secret-in-log", traced, "set -x", Degree.WEAK, f"it prints the value of {match[0].strip('${}')}"
            )
            return
