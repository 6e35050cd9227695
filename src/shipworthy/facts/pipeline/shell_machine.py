"""The state of a shell while a script is walked: variables, folder, options, and what single commands do to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from tree_sitter import Node

from shipworthy.facts.pipeline.fact import YES, Said, no, strongest, unsure, weakest
from shipworthy.facts.pipeline.shell_exits import Exits
from shipworthy.facts.pipeline.shell_words import Values, Words, join_path
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.project import syntax

_AT_END = {"EXIT", "ERR", "0"}
IN_BACKGROUND = "it runs in the background"
_RED = no("the script has failed before it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is switched on when a script starts."""

    errexit: bool = False
    pipefail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A simple command. `row` counts from 0 within the script."""

    words: tuple[str, ...]
    row: int
    runs: Said
    fails: Said
    folder: str | None
    """Where it runs, inside the repository; None where that is not known."""
    variables: Mapping[str, Values]
    options: Options
    stdin: str | None = None
    """A here-document given to it."""
    writes: str = ""
    """Where its output goes: "output" or "env" for the files that pass values to later steps."""
    fed: bool = False
    """The list of all files git holds is piped to it."""


@dataclass(slots=True)
class State:
    variables: dict[str, Values]
    folder: str | None
    reach: Said
    errexit: bool
    pipefail: bool


class Machine:
    """What a script has done so far. `calls` in the order they are written, `problems` as (row, reason)."""

    def __init__(
        self,
        text: str,
        *,
        options: Options,
        variables: Mapping[str, Values],
        args: Sequence[str] = (),
        exists: Callable[[str], bool],
        folder: str | None = ".",
        own: str | None = None,
        changed: str | None = None,
    ) -> None:
        self.calls: list[Call] = []
        self.problems: list[tuple[int, str]] = []
        self.words = Words(dict(variables), args, exists, folder)
        self.words.own = own
        self.words.printed.changed = changed
        self._before: str | None = folder
        self._errexit, self._pipefail = options.errexit, options.pipefail
        self._functions: dict[str, Node] = {}
        self._running: list[str] = []
        self._reach, self._exit = YES, YES
        self._nesting = 0
        self._trap = False
        self._fed = False
        tree = syntax.parse("bash", text.encode("utf-8", "replace"))
        if tree is None:
            self.problems.append((0, "the script is too large to read"))
            return
        try:
            self._exits = Exits(tree.root_node, self._functions)
            self._sequence(tree.root_node.children, YES, YES, YES)
        except RecursionError:
            self.problems.append((0, "the script is nested too deep to follow"))

    def _sequence(self, nodes: Iterable[Node], runs: Said, status: Said, trigger: Said | None) -> None:
        raise NotImplementedError

    def _statement(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        raise NotImplementedError

    def _save(self) -> State:
        words = self.words
        return State(dict(words.variables), words.folder, self._reach, self._errexit, self._pipefail)

    def _restore(self, state: State) -> None:
        self.words.variables, self.words.folder = dict(state.variables), state.folder
        self._reach, self._errexit, self._pipefail = state.reach, state.errexit, state.pipefail

    def _merge(self, ends: list[State]) -> None:
        """Go on from several possible states: what they agree on stays known."""
        if not ends:
            return
        alive = [end for end in ends if end.reach != _RED] or ends[:1]
        variables: dict[str, Values] = {}
        for name in {name for end in alive for name in end.variables}:
            values = {value: None for end in alive for value in end.variables.get(name, (HOLE,))}
            variables[name] = tuple(values) if len(values) <= 4 else (HOLE,)
        folders = {end.folder for end in alive}
        reach = alive[0].reach
        if any(end.reach.no for end in alive):
            everywhere = all(end.reach.no for end in alive)
            reach = reach if everywhere else unsure("the script may end before it")
        else:
            reach = weakest(*(end.reach for end in alive))
        self.words.variables, self.words.folder = variables, folders.pop() if len(folders) == 1 else None
        self._reach = reach
        self._errexit = all(end.errexit for end in alive)
        self._pipefail = all(end.pipefail for end in alive)

    def _fate(self, status: Said, trigger: Said | None) -> Said:
        fate = strongest([status, trigger], status) if trigger is not None and self._errexit else status
        return weakest(fate, unsure("a trap may change the exit code")) if self._trap and not fate.no else fate

    def _substituted(self, node: Node, runs: Said, fate: Said) -> None:
        for inner in syntax.find(node, "command_substitution", "process_substitution"):
            before = self._save()
            errexit, self._errexit = self._errexit, False
            self._sequence(inner.children, runs, fate, None)
            self._errexit = errexit
            self._restore(before)
            return

    def _assign(self, node: Node, fate: Said, runs: Said) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or name.type != "variable_name":
            return
        text = self.words.expand(value) if value is not None else ""
        if any(child.type == "+=" for child in node.children):
            text = HOLE
        if value is not None:
            self._substituted(value, weakest(runs, self._reach), fate)
        key = syntax.text_of(name)
        self.words.variables[key] = (text,)

    def _on_variable_assignment(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        self._assign(node, self._fate(status, trigger), runs)

    def _on_variable_assignments(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        for child in node.named_children:
            self._assign(child, self._fate(status, trigger), runs)

    def _on_declaration_command(self, node: Node, runs: Said, _status: Said, _trigger: Said | None) -> None:
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assign(child, no("the declaration hides its failure"), runs)

    def _on_command(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        words = self.words.command(node)
        self._substituted(node, weakest(runs, self._reach), no("its output is used, its failure is not"))
        if not words:
            return
        name = words[0]
        if name in self._functions and name not in self._running and len(self._running) < 20:
            self._function(name, words[1:], runs, status, trigger)
            return
        if self._builtin(name, words, runs):
            return
        variables = dict(self.words.variables)
        for child in node.named_children:
            key, value = child.child_by_field_name("name"), child.child_by_field_name("value")
            if child.type == "variable_assignment" and key is not None:
                variables[syntax.text_of(key)] = (self.words.expand(value) if value is not None else "",)
        self.calls.append(
            Call(
                words=tuple(words),
                row=node.start_point[0],
                runs=weakest(runs, self._reach),
                fails=self._fate(status, trigger),
                folder=self.words.folder,
                variables=variables,
                options=Options(errexit=self._errexit and trigger is not None, pipefail=self._pipefail),
                fed=self._fed,
            )
        )

    def _function(self, name: str, args: Sequence[str], runs: Said, status: Said, trigger: Said | None) -> None:
        outer, reach = self.words.args, self._reach
        self.words.args = tuple(args)
        self._running.append(name)
        self._statement(self._functions[name], runs, status, trigger)
        self._running.pop()
        self.words.args = outer
        if self._reach.why == "the function returns before it":
            self._reach = reach

    def _builtin(self, name: str, words: list[str], runs: Said) -> bool:
        """Commands that change the shell itself; True where there is nothing more to write down."""
        if name in ("cd", "pushd", "popd"):
            here, self._before = self.words.folder, self._before
            target = [word for word in words[1:] if not word.startswith("-") or word == "-"]
            if name == "popd" or target == ["-"]:
                self.words.folder, self._before = self._before, here
            else:
                self.words.folder, self._before = join_path(here, target[0]) if target else None, here
        elif name == "set":
            self._set(words[1:])
        elif name == "shift":
            self.words.args = self.words.args[1:]
        elif name == "trap":
            action, signals = words[1] if len(words) > 1 else "", set(words[2:])
            self._trap = self._trap or ("exit" in action and "exit $" not in action and bool(signals & _AT_END))
        elif name in ("exit", "return"):
            self._leave(name, words[1] if len(words) > 1 else "", runs)
        else:
            return False
        return True

    def _set(self, words: Sequence[str]) -> None:
        for at, word in enumerate(words):
            if word == "--":
                return
            if word[:1] not in ("-", "+") or word.startswith("--"):
                continue
            on = word[0] == "-"
            named = words[at + 1] if "o" in word and at + 1 < len(words) else ""
            if "e" in word[1:] or named == "errexit":
                self._errexit = on
            if named == "pipefail":
                self._pipefail = on

    def _leave(self, name: str, code: str, runs: Said) -> None:
        """`exit` or `return`: what comes after it is reached less surely."""
        runs = weakest(runs, self._reach)
        red = code.isdigit() and int(code) % 256 != 0
        if runs.no or (red and not runs.yes):
            return
        if not runs.yes:
            self._reach = weakest(self._reach, unsure("the script may end before it"))
        elif red and name == "exit":
            self._reach = _RED
        else:
            self._reach = no("the function returns before it" if name == "return" else "the script ends before it")
