"""Walks a shell script the way the shell would and writes down every command: whether it runs, and whether it can fail.

The two questions are answered from the structure (`&&`, `||`, pipes, `if`, subshells, functions, loops) and from the
options that are on at that point (`set -e`, `pipefail`). Source: the bash manual, "The Set Builtin" and "Lists".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from tree_sitter import Node

from shipworthy.facts.pipeline.fact import YES, Said, no, strongest, unsure, weakest
from shipworthy.facts.pipeline.shell_machine import IN_BACKGROUND, Call, Machine, Options, State
from shipworthy.facts.pipeline.shell_words import evaluate_test, test_words
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.project import syntax

__all__ = ["Call", "Options", "Script"]

MAX_CALLS = 4_000
MAX_NESTING = 80
_IGNORED = {"comment", "heredoc_body", "heredoc_start", "heredoc_end", "file_descriptor"}
_PID = re.compile(r"(\w+)=\"?\$!\"?")
_WAIT = re.compile(r"wait\s+\"?\$\{?(\w+|!)\}?\"?")
_LISTS = re.compile(r"git\s+ls-(files|tree)\b")
_CONDITIONS = {"grep", "egrep", "command", "which", "type", "hash", "diff", "cmp", "pgrep", "nc", "ping", "read"}


def _key(node: Node, what: str) -> str:
    """A condition by its place: the same words elsewhere may have another answer."""
    return f"{node.start_point[0]}:{node.start_point[1]} {what}"


def _waited(statements: Sequence[tuple[int, Node]], number: int) -> int | None:
    """Where a plain `wait $pid` takes the result of a command in the background: `command & pid=$!`, then the wait."""
    named = _PID.fullmatch(syntax.text_of(statements[number + 1][1])) if number + 1 < len(statements) else None
    for later in range(number + 1, len(statements)):
        text = syntax.text_of(statements[later][1])
        if named and later > number + 1 and text.startswith(f"{named[1]}="):
            return None
        match = _WAIT.fullmatch(text)
        if match and ((named and match[1] == named[1]) or (match[1] == "!" and later == number + 1)):
            return later
    return None


_ONLY_FAILED = {"--failed", "--lf", "--last-failed", "--onlyFailures", "--only-failures"}


def _tried_again(left: Node, right: Node) -> bool:
    """Whether `left || right` runs the same command once more, perhaps only what failed: then it fails as it would."""
    if left.type != "command" or right.type != "command":
        return False
    first, second = syntax.text_of(left).split(), syntax.text_of(right).split()
    return first[:2] == second[: len(first[:2])] and set(second) <= set(first) | _ONLY_FAILED


class Script(Machine):
    """One script, walked when it is made: see `calls` and `problems`. `cut`: something in it lies beyond the limits."""

    cut = False

    def _sequence(self, nodes: Iterable[Node], runs: Said, status: Said, trigger: Said | None) -> None:
        """Commands after each other. `status`: what a failure of the last one does; `trigger`: what `set -e` does."""
        rows = [node for node in nodes if node.type not in _IGNORED]
        statements = [(at, node) for at, node in enumerate(rows) if node.is_named]
        doubt: Said = YES
        for number, (at, node) in enumerate(statements):
            if node.type == "ERROR":
                self.problems.append((node.start_point[0], "a line is not understood as shell"))
            behind = at + 1 < len(rows) and rows[at + 1].type == "&"
            ends = _waited(statements, number) if behind else number
            following = statements[ends + 1][1] if ends is not None and ends + 1 < len(statements) else None
            if ends is None:
                own, pull = no(IN_BACKGROUND), None
            elif following is None:
                own, pull = status, trigger
            else:
                handed_on = self._exits.takes_status(following)
                own = self._exit if handed_on else no("the commands after it decide the result")
                pull = trigger
            broken = unsure("its line is not understood as shell") if node.has_error else YES
            self._statement(node, weakest(runs, doubt, broken), own, pull)
            if node.has_error and node.type not in ("command", "redirected_statement", "variable_assignment"):
                # What follows may in truth stand inside the part that is not understood.
                doubt = unsure("an earlier line is not understood as shell")

    def _statement(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        self._nesting += 1
        if self._nesting > MAX_NESTING or len(self.calls) > MAX_CALLS:
            if not self.cut:
                self.problems.append((node.start_point[0], "the script is nested too deep or too long to follow"))
            self.cut = True
        else:
            handler = getattr(self, f"_on_{node.type}", None)
            if handler is not None:
                handler(node, runs, status, trigger)
            elif node.named_child_count:
                self._sequence(node.children, runs, status, trigger)
        self._nesting -= 1

    def _on_ERROR(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        self._sequence(node.children, weakest(runs, unsure("its line is not understood as shell")), status, trigger)

    def _on_list(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        left, right = node.named_children[0], node.named_children[-1]
        sign = next((child.type for child in node.children if child.type in ("&&", "||")), "&&")
        shown = syntax.text_of(right).split("\n", 1)[0][:40]
        if sign == "&&":
            self._statement(left, runs, self._exit if self._exits.is_only_way_out(right) else status, None)
            holds = self._holds(left, ordinary=True)
            condition = f"only if `{syntax.text_of(left)[:40]}` holds"
        else:
            ends = self._exits.surely_fails(right)
            if ends is None:
                own = unsure(f"`|| {shown}` may hide its failure")
            elif ends:
                own = strongest([status, self._exit, trigger or status], status)
            else:
                own = no(f"`|| {shown}` hides its failure")
            if _tried_again(left, right):
                self._statement(left, runs, status, trigger)
            else:
                self._statement(left, runs, own, None)
            holds = self._holds(left, ordinary=False)
            holds = None if holds is None else not holds
            condition = f"only if `{syntax.text_of(left)[:40]}` fails"
        if holds is True:
            self._statement(right, runs, status, trigger)
            return
        before = self._save()
        self._statement(
            right,
            weakest(runs, no("it is never reached") if holds is False else unsure(condition, _key(left, condition))),
            status,
            trigger,
        )
        if holds is False:
            self._restore(before)
        else:
            self._merge([before, self._save()])

    def _on_pipeline(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        parts = node.named_children
        for number, part in enumerate(parts):
            before = self._save()
            self._fed = bool(number and _LISTS.match(syntax.text_of(parts[number - 1])))
            if number == len(parts) - 1 or self._pipefail:
                self._statement(part, runs, status, trigger)
            else:
                into = syntax.text_of(parts[number + 1]).split("\n", 1)[0][:30]
                self._statement(part, runs, no(f"piped into `{into}` without pipefail"), None)
            self._fed = False
            self._restore(before)

    def _on_subshell(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        before, outer = self._save(), self._exit
        self._exit = strongest([status, trigger], status) if trigger is not None and self._errexit else status
        self._sequence(node.children, runs, status, trigger)
        self._exit = outer
        self._restore(before)

    def _on_negated_command(self, node: Node, runs: Said, _status: Said, _trigger: Said | None) -> None:
        for child in node.named_children:
            self._statement(child, runs, no("`!` turns its result around"), None)

    def _on_redirected_statement(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        body = node.child_by_field_name("body")
        stdin, writes = None, ""
        for child in node.named_children:
            if child.type == "heredoc_redirect":
                stdin = "".join(syntax.text_of(each) for each in child.children if each.type == "heredoc_body")
                rest = [each for each in child.named_children if each.type in ("pipeline", "command", "list")]
                self._sequence(rest, runs, status, trigger)
            elif child.type == "herestring_redirect" and child.named_children:
                stdin = self.words.expand(child.named_children[-1])
            if "GITHUB_OUTPUT" in syntax.text_of(child)[-40:]:
                writes = "output"
            elif "GITHUB_ENV" in syntax.text_of(child)[-40:]:
                writes = "env"
        if body is None:
            return
        first = len(self.calls)
        self._statement(body, runs, status, trigger)
        for at in range(first, len(self.calls)):
            call = self.calls[at]
            if (stdin is not None and at == first) or writes:
                given = stdin if at == first else call.stdin
                self.calls[at] = Call(
                    words=call.words, row=call.row, runs=call.runs, fails=call.fails, folder=call.folder,
                    variables=call.variables, options=call.options, stdin=given, writes=writes or call.writes,
                    fed=call.fed,
                )  # fmt: skip

    def _on_function_definition(self, node: Node, _runs: Said, _status: Said, _trigger: Said | None) -> None:
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name is not None and body is not None:
            self._functions[syntax.text_of(name)] = body

    # Branches and loops.

    def _split(self, node: Node) -> tuple[list[Node], list[Node]]:
        """An `if` or `elif`: the condition's commands, and the body's."""
        condition: list[Node] = []
        body: list[Node] = []
        where = condition
        for child in node.children[1:]:
            if child.type == "then":
                where = body
            elif child.type not in ("elif_clause", "else_clause", "fi"):
                where.append(child)
        return condition, body

    def _on_if_statement(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        clauses = [self._split(node)]
        clauses += [self._split(child) for child in node.children if child.type == "elif_clause"]
        last = next((child.children[1:] for child in node.children if child.type == "else_clause"), None)
        ends: list[State] = []
        here = runs
        for number, (condition, body) in enumerate(clauses):
            other = clauses[number + 1][1] if number + 1 < len(clauses) else last
            self._condition(condition, here, body, other)
            named = [child for child in condition if child.is_named]
            holds = self._holds(named[-1], ordinary=False) if named else None
            shown = " ".join(syntax.text_of(child) for child in named)[:50]
            before = self._save()
            only = unsure(f"only if {shown}", _key(condition[0], f"only if {shown}") if condition else "")
            taken = here if holds else no("its condition is never true") if holds is False else only
            self._sequence(body, weakest(here, taken), status, trigger)
            if holds is not False:
                ends.append(self._save())
            self._restore(before)
            if holds:
                here = no("another branch is always taken")
                break
            if holds is None:
                here = weakest(here, unsure(f"only if not {shown}", _key(node, f"only if not {shown}")))
        before = self._save()
        if last is not None:
            self._sequence(last, here, status, trigger)
        if not here.no:
            ends.append(self._save())
        self._restore(before)
        self._merge(ends)

    def _condition(self, nodes: Sequence[Node], runs: Said, body: Sequence[Node], other: Sequence[Node] | None) -> None:
        """The commands of a condition: their failure only chooses a branch, unless the branch it chooses fails."""
        named = [node for node in nodes if node.is_named]
        turned = bool(named) and named[-1].type == "negated_command"
        chosen = body if turned else (other or [])
        ends = self._exits.surely_fails(*[node for node in chosen if node.is_named]) if chosen else False
        why = "its result only chooses a branch"
        own = self._exit if ends else unsure(why) if ends is None else no(why)
        for node in named:
            inner = node.named_children[0] if turned and node is named[-1] and node.named_children else node
            self._statement(inner, runs, own, None)

    def _holds(self, node: Node, *, ordinary: bool) -> bool | None:
        """Whether a command succeeds. `ordinary`: one that does work is taken to succeed, a question is not."""
        if self.words.printed.changed is not None and node.type in ("pipeline", "redirected_statement", "command"):
            known = self.words.printed.of(node)[1]
            if known is not None:
                return known
        if node.type == "test_command":
            tokens = test_words(node, self.words)
            return None if syntax.text_of(node).startswith("((") else evaluate_test(tokens, self.words)
        if node.type == "negated_command" and node.named_children:
            inner = self._holds(node.named_children[0], ordinary=False)
            return None if inner is None else not inner
        if node.type == "list":
            if self._nesting > MAX_NESTING // 2:
                return None
            self._nesting += 1
            left = self._holds(node.named_children[0], ordinary=ordinary)
            self._nesting -= 1
            right = self._holds(node.named_children[-1], ordinary=ordinary)
            if any(child.type == "||" for child in node.children):
                return True if left or right else (None if left is None or right is None else False)
            return False if left is False or right is False else (None if left is None or right is None else True)
        if node.type == "command":
            words = self.words.command(node)
            if words and words[0] in ("[", "test"):
                return evaluate_test([word for word in words[1:] if word != "]"], self.words)
            if words and words[0] in ("true", ":", "false"):
                return words[0] != "false"
            question = bool(words) and (words[0] in _CONDITIONS or words[:2] == ["git", "diff"])
            return True if ordinary and not question else None
        if node.type in ("variable_assignment", "declaration_command"):
            return True
        return True if ordinary and node.type in ("subshell", "redirected_statement", "compound_statement") else None

    def _on_for_statement(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        body = next((child for child in node.children if child.type == "do_group"), None)
        named = [child for child in node.named_children if child.type != "do_group"]
        if body is None or not named:
            return
        name = syntax.text_of(named[0])
        items: list[str] = []
        for child in named[1:]:
            text = self.words.expand(child)
            items += text.split() if child.type in ("simple_expansion", "expansion") else [text]
        plain = (
            bool(items)
            and len(items) <= 12
            and not any(sign in item for item in items for sign in (HOLE, "*", "?", "{"))
        )
        for number, item in enumerate(items if plain else [HOLE]):
            self.words.variables[name] = (item,)
            last = not plain or number == len(items) - 1
            own = status if last else no("only the last round of the loop counts")
            self._sequence(
                body.children, runs if plain else weakest(runs, unsure("in a loop", _key(node, "loop"))), own, trigger
            )

    def _loop(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        before = self._save()
        for child in node.named_children:
            if child.type == "do_group":
                here = weakest(runs, unsure("in a loop", _key(node, "loop")))
                self._sequence(child.children, here, weakest(status, unsure("in a loop")), trigger)
            else:
                self._statement(child, runs, no("its result only ends a loop"), None)
        self._merge([before, self._save()])

    _on_while_statement = _loop
    _on_c_style_for_statement = _loop

    def _on_case_statement(self, node: Node, runs: Said, status: Said, trigger: Said | None) -> None:
        subject = self.words.expand(node.named_children[0]) if node.named_children else HOLE
        before = self._save()
        ends: list[State] = []
        taken: bool | None = False
        for item in (child for child in node.children if child.type == "case_item"):
            at = next((number for number, child in enumerate(item.children) if child.type == ")"), 0)
            patterns = [self.words.expand(child) for child in item.children[:at] if child.is_named]
            if HOLE in subject or any(HOLE in pattern for pattern in patterns):
                fits: bool | None = None
            else:
                fits = any(fnmatchcase(subject, pattern) for pattern in patterns)
            if taken is True:
                fits = False
            own = no("its case is never taken") if fits is False else runs
            own = (
                weakest(runs, unsure(f"only in case {'|'.join(patterns)[:30]}", _key(item, "case")))
                if fits is None or (fits and taken is None)
                else own
            )
            self._restore(before)
            self._sequence(item.children[at + 1 :], weakest(runs, own), status, trigger)
            if fits is not False:
                ends.append(self._save())
                taken = True if fits else None
        self._restore(before)
        if taken is not True:
            ends.append(self._save())
        self._merge(ends)
