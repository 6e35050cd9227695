"""Follows a command through scripts and tools of the repository down to the program that runs in the end."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from shipworthy.facts.pipeline.beside import beside
from shipworthy.facts.pipeline.deploys import classify_deploy
from shipworthy.facts.pipeline.fact import YES, Install, Kind, Link, Said, SecretScan, unsure, weakest
from shipworthy.facts.pipeline.jvm_tools import lets_pass
from shipworthy.facts.pipeline.linting import also, softened
from shipworthy.facts.pipeline.neutral import could_test, hints_at_tests, is_neutral, prints_settings
from shipworthy.facts.pipeline.own_machine import left_running
from shipworthy.facts.pipeline.own_programs import entry_of, program_path, starts_deploys, starts_tests
from shipworthy.facts.pipeline.pytest_options import surrounding_options
from shipworthy.facts.pipeline.runner_tables import NOT_A_RUN
from shipworthy.facts.pipeline.runners import classify
from shipworthy.facts.pipeline.secret_scanners import hints, perhaps, scan_of
from shipworthy.facts.pipeline.shell import Call, Options, Script
from shipworthy.facts.pipeline.shell_words import ROOT, Values, join_path
from shipworthy.facts.pipeline.test_files import has_tests
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.wrappers import is_python, program_of, strip

MAX_DEPTH = 8
MAX_COMMANDS = 20_000
"""Commands followed for one repository; beyond it the rest is not followed and said to be so."""
_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "ash"}
_INTERPRETERS = {"node", "tsx", "ts-node", "deno", "bun", "ruby", "perl", "php", "esno"}
_GENERATED_SCRIPTS = {"gradlew", "mvnw", "mvnd"}
_OWN_PROGRAMS = {"manage.py", "artisan", "rails", "rake", "rspec", "setup.py", "console"}

Here = Callable[[int], Link]
"""Gives the link for a row (from 0) of a script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Where following stands."""

    chain: tuple[Link, ...] = ()
    folder: str | None = "."
    variables: Mapping[str, Values] = field(default_factory=dict)
    runs: Said = YES
    fails: Said = YES
    seen: frozenset[tuple[str, str]] = frozenset()
    changed: str | None = None
    """The one file that is taken to have changed; None where nothing is assumed about it."""
    fed: bool = False
    """The names of all files are piped to it; behind `xargs`, it is given names of files."""

    def enter(self, *key: str) -> Frame | None:
        """The frame inside a script; None where that script is already being followed, or too deep."""
        name = (key[0], "\0".join(key[1:]))
        if name in self.seen or len(self.seen) >= MAX_DEPTH:
            return None
        return replace(self, seen=self.seen | {name})

    def at(self, link: Link) -> Frame:
        return replace(self, chain=(*self.chain, link))

    def doubt(self, said: Said) -> Frame:
        """The same place, reached less surely."""
        if said.yes:
            return self
        where = ">".join(map(str, self.chain))
        return replace(self, runs=weakest(self.runs, said.within(where)))

    def masked(self, said: Said) -> Frame:
        """The same place, failing less surely."""
        return replace(self, fails=weakest(self.fails, said))


@dataclass(frozen=True, slots=True)
class Found:
    """A command with a kind, at the end of its chain."""

    kind: Kind
    text: str
    chain: tuple[Link, ...]
    runs: Said
    fails: Said
    remark: str = ""
    secrets: SecretScan | None = None
    install: Install | None = None
    despite: bool = False
    """As in a leaf."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that could run tests and was not followed."""

    reason: str
    chain: tuple[Link, ...]
    runs: Said
    anything: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A line a command writes for later steps ("output" or "env"): `NAME=value`."""

    where: str
    text: str
    runs: Said


Follower = Callable[["Resolver", Sequence[str], Frame], bool]
"""Follows the commands of one program; False where these words are not its business."""


def fixed(link: Link) -> Here:
    """The same link for every row: a command line that stands on one line of its file."""
    return lambda _row: link


def shown(words: Sequence[str]) -> str:
    """A command as it is named in a finding."""
    text = " ".join(words).replace(HOLE, "…").replace(ROOT, "./")
    return text if len(text) <= 80 else text[:79] + "…"


class Resolver:
    """Collects what commands come down to, in `found`, `lost` and `written`."""

    def __init__(self, tree: Tree, followers: Mapping[str, Follower]) -> None:
        self.tree = tree
        self._followers = followers
        self.found: list[Found] = []
        self.lost: list[Lost] = []
        self.written: list[Written] = []
        self._commands = 0

    def note(
        self, kind: Kind, words: Sequence[str], frame: Frame, remark: str = "", secrets: SecretScan | None = None
    ) -> None:
        self.found.append(Found(kind, shown(words), frame.chain, frame.runs, frame.fails, remark, secrets))

    def lose(self, reason: str, frame: Frame, *, anything: bool = False) -> None:
        self.lost.append(Lost(reason, frame.chain, frame.runs, anything))

    def script(
        self,
        text: str,
        frame: Frame,
        here: Here,
        *,
        options: Options | None = None,
        args: Sequence[str] = (),
        own: str | None = None,
    ) -> None:
        """Every command of a shell text."""
        script = Script(
            text,
            options=options or Options(),
            variables=frame.variables,
            args=args,
            exists=self.tree.exists,
            folder=frame.folder,
            own=own,
            changed=frame.changed,
        )
        if script.problems and (script.cut or could_test(text)):
            anything = script.cut or hints(text)
            for row, reason in script.problems:
                self.lose(reason, frame.at(here(row)), anything=anything)
        place = f"{'>'.join(map(str, frame.chain))}>{here(0)}" if script.calls else ""
        for call in script.calls:
            self._call(call, frame, here(call.row), place)

    def _call(self, call: Call, frame: Frame, link: Link, place: str) -> None:
        words = call.words
        inner = replace(
            frame,
            chain=(*frame.chain, link),
            folder=call.folder,
            variables=call.variables,
            runs=weakest(frame.runs, call.runs.within(place)),
            fails=weakest(frame.fails, call.fails),
            fed=call.fed,
        )
        if call.writes and words[0] in ("echo", "printf"):
            text = words[-1] if words[0] == "echo" else words[-1].replace("\\n", "")
            self.written.append(Written(call.writes, text, inner.runs))
            return
        if call.stdin is not None and program_of(words[0]) in _SHELLS and len(words) <= 2:
            nested = inner.enter("stdin", str(link), call.stdin[:200])
            if nested is not None:
                self.script(call.stdin, nested, fixed(link))
            return
        self.command(words, inner, call.options)

    def command(self, words: Sequence[str], frame: Frame, options: Options | None = None) -> None:
        """One command without shell syntax."""
        self._commands += 1
        if self._commands > MAX_COMMANDS:
            if self._commands == MAX_COMMANDS + 1:
                self.lose("there are too many commands to follow them all", frame, anything=True)
            return
        stripped = strip(words)
        words = stripped.words
        if not words:
            return
        if stripped.variables:
            given = {name: (value,) for name, value in stripped.variables.items()}
            frame = replace(frame, variables={**frame.variables, **given})
        if stripped.folder is not None:
            frame = replace(frame, folder=join_path(frame.folder, stripped.folder))
        if stripped.doubt and not frame.fed:
            frame = frame.doubt(unsure(stripped.doubt))
        frame = replace(frame, fed=bool(stripped.doubt))
        name = program_of(words[0])
        if HOLE in name:
            if could_test(" ".join(words)) or len(words) == 1 or name == HOLE:
                self.lose(f"`{shown(words)}`: which program runs is not known", frame)
            return
        line = frame.chain[-1].text if frame.chain else ""
        for kind, install, said in beside(words, frame.folder, frame.variables, self.tree, line):
            here = frame.masked(said)
            self.found.append(Found(kind, shown(words), here.chain, here.runs, here.fails, install=install))
        if self._shell(name, words, frame, options) or self._own_file(name, words, frame, stripped.as_binary):
            return
        follower = self._followers.get(name)
        if follower is not None and follower(self, list(words), frame):
            return
        self.leaf(words, frame)

    def leaf(self, words: Sequence[str], frame: Frame) -> None:
        """A program that is not followed further: its kind, or that it could be a test."""
        deploy, known = classify_deploy(words, frame.chain[-1].text if frame.chain else ""), classify(words)
        if known is not None and known.kind is Kind.TEST:
            frame = frame.masked(lets_pass(words, frame.folder, frame.variables, self.tree))
        if deploy is not None:
            if deploy is Kind.PUBLISH and known and known.kind is Kind.TEST and self._to_run(known.needs, frame):
                self.note(Kind.TEST, words, frame)
            self.note(deploy, words, frame)
            return
        secrets = scan_of(words, frame.variables, fed=frame.fed, folder=frame.folder)
        if known is not None and known.kind in (Kind.LINT, Kind.TYPES):
            frame = frame.masked(softened(words))
        more = also(words, frame.folder, self.tree)
        if more is not None:
            self.note(more, words, frame)
        if secrets is not None:
            self.note(known.kind if known else Kind.SCAN, words, frame, secrets=secrets)
            return
        left = left_running(words, frame) if known is None or known.kind is Kind.BUILD else None
        if left is not None:
            self.note(left, words, frame)
            return
        if known is None:
            if not is_neutral(words) and hints(words[0]):
                self.note(Kind.SCAN, words, frame, secrets=perhaps(program_of(words[0])))
            elif not is_neutral(words) and hints_at_tests(" ".join(words)):
                self.lose(f"`{shown(words)}` is not a program known here", frame)
            return
        for where, given in surrounding_options(words, frame.folder, frame.variables, self.tree).items():
            if known.kind is Kind.TEST and (off := sorted(NOT_A_RUN & given)):
                self.note(Kind.NOTHING, words, frame, f"{where} has {off[0]}")
                return
        if not self._to_run(known.needs, frame):
            self.note(Kind.NOTHING, words, frame, "there are no test files it could run, and it passes without any")
            return
        self.note(known.kind, words, frame, known.remark)

    def _to_run(self, needed: str, frame: Frame) -> bool:
        return not needed or has_tests(self.tree, needed, frame.folder)

    def _shell(self, name: str, words: Sequence[str], frame: Frame, options: Options | None) -> bool:
        """`bash x.sh`, `sh -c "…"`, `eval "…"`, `source x.sh`."""
        if name == "eval" or (name in _SHELLS and len(words) > 1):
            flags, at, command = set[str](), 1, name == "eval"
            while not command and at < len(words) and words[at][:1] in ("-", "+"):
                if words[at] in ("-o", "+o") and at + 1 < len(words):
                    flags.add(words[at + 1])
                    at += 2
                    continue
                if not words[at].startswith("--"):
                    flags.update(words[at][1:])
                    command = "c" in words[at]
                at += 1
            if at >= len(words):
                return True
            if command:
                self._text(" ".join(words[at:]) if name == "eval" else words[at], frame, flags, words[at + 1 :])
            else:
                given = Options(errexit=bool(flags & {"e", "errexit"}), pipefail="pipefail" in flags)
                self._file(words[at], words[at + 1 :], frame, given)
            return True
        if name in ("source", ".") and len(words) > 1:
            path = join_path(frame.folder, words[1])
            if path is not None and self.tree.is_file(path) and not path.endswith("activate"):
                self._file(words[1], words[2:], frame, options or Options())
            return True
        return False

    def _text(self, text: str, frame: Frame, flags: set[str], args: Sequence[str]) -> None:
        nested = frame.enter("text", str(frame.chain[-1]) if frame.chain else "", text[:200])
        if nested is None or HOLE in text[:1]:
            if not (frame.chain and prints_settings(frame.chain[-1].text)):
                self.lose(f"`{shown([text])}` is put together at run time", frame)
            return
        link = frame.chain[-1] if frame.chain else Link("?", 1, "")
        at_link = replace(nested, chain=frame.chain[:-1])
        given = Options(errexit="e" in flags, pipefail="pipefail" in flags)
        self.script(text, at_link, fixed(link), options=given, args=args)

    def _file(self, word: str, args: Sequence[str], frame: Frame, options: Options | None) -> None:
        """A shell script of the repository; None: started by its own name, so that the flags of its `#!` line count."""
        path = join_path(frame.folder, word)
        if path is None or not self.tree.is_file(path):
            if could_test(word):
                self.lose(f"the script {shown([word])} is not in the repository", frame)
            return
        text = self.tree.text(path)
        if text is None:
            self.lose(f"the script {path} could not be read", frame)
            return
        nested = frame.enter("file", path, *args)
        if nested is None:
            return
        if options is None:
            first = text.split("\n", 1)[0]
            flags = first.split()[3 if "env" in first else 1 :] if first.startswith("#!") else []
            options = Options(errexit=any(flag.startswith("-") and "e" in flag for flag in flags))
        rows = text.split("\n")
        self.script(
            text,
            nested,
            lambda row: Link(path, row + 1, rows[row].strip()[:80] if row < len(rows) else ""),
            options=options,
            args=args,
            own=path,
        )

    def _own_file(self, name: str, words: Sequence[str], frame: Frame, binary: bool) -> bool:
        """`./scripts/test`, `python runtests.py`, `node scripts/x.js`: a file of the repository."""
        if is_python(name) or name in _INTERPRETERS:
            path = program_path(self.tree, frame.folder, words)
            if path is None or "--test" in words or program_of(path) in _OWN_PROGRAMS:
                return False
            self._program(path, words, frame)
            return True
        if binary or ("/" not in words[0] and not words[0].startswith(ROOT)):
            return False
        path = join_path(frame.folder, words[0])
        if path is None or not self.tree.is_file(path):
            tool = (
                re.search(r"(^|/)(\.?bin|Scripts|sbin)/[^/]+$", words[0])
                or words[0].startswith("/")
                or HOLE in words[0]
            )
            if tool or name in _GENERATED_SCRIPTS or name in _OWN_PROGRAMS:
                return False
            if could_test(words[0]):
                self.lose(f"the script {shown(words[:1])} is not in the repository", frame)
            return True
        if name in _GENERATED_SCRIPTS:
            return False
        text = self.tree.text(path)
        if text is None:
            self.lose(f"the script {path} could not be read", frame)
            return True
        first = text.split("\n", 1)[0]
        is_shell = (
            re.search(r"\b(ba|da|z|k|a)?sh\b", first) if first.startswith("#!") else path.endswith((".sh", ".bash"))
        )
        if is_shell or (not first.startswith("#!") and "." not in posixpath.basename(path)):
            self._file(words[0], words[1:], frame, None)
            return True
        if name in _OWN_PROGRAMS:
            return False
        self._program(path, words, frame)
        return True

    def _program(self, path: str, words: Sequence[str], frame: Frame) -> None:
        """A program of the repository in a language that is not followed: what its text shows."""
        text = self.tree.text(path)
        if text is None:
            self.lose(f"the script {path} could not be read", frame)
            return
        match = entry_of(path, text)
        if match:
            row = text.count("\n", 0, match.start()) + 1
            self.note(Kind.TEST, words, frame.at(Link(path, row, match[0][:60])))
        elif hints(path):
            self.note(Kind.SCAN, words, frame, secrets=perhaps(posixpath.basename(path)))
        elif starts_tests(text) or could_test(posixpath.basename(path)):
            self.lose(f"{path} may start tests; programs like it are not followed", frame)
        elif starts_deploys(text):
            self.lose(f"{path} may deploy or publish; programs like it are not followed", frame, anything=True)
