"""Follows nox (noxfile.py) and invoke (tasks.py) by their syntax trees; nothing of them is ever run.

Source: the configuration references of nox and invoke.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tree_sitter import Node, Tree

from shipworthy.facts.pipeline.fact import Kind, Link, no, unsure
from shipworthy.facts.pipeline.resolve import Frame, Resolver, fixed
from shipworthy.facts.pipeline.shell_words import join_path
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.wrappers import option
from shipworthy.project import syntax

_BRANCHES = {"if_statement", "while_statement", "conditional_expression", "match_statement"}
MAX_CALLS = 200


@dataclass(frozen=True, slots=True)
class _Function:
    name: str
    node: Node
    decorators: tuple[Node, ...]


def _functions(root: Node) -> dict[str, _Function]:
    found: dict[str, _Function] = {}
    for node in root.children:
        decorators: tuple[Node, ...] = ()
        if node.type == "decorated_definition":
            decorators = tuple(child for child in node.children if child.type == "decorator")
            node = node.child_by_field_name("definition") or node
        name = node.child_by_field_name("name")
        if node.type == "function_definition" and name is not None:
            found[syntax.text_of(name)] = _Function(syntax.text_of(name), node, decorators)
    return found


def _text(node: Node | None) -> str:
    """A string literal's text; `HOLE` for anything that is not one."""
    if node is None or node.type != "string":
        return HOLE
    parts = [child for child in node.children if child.type in ("string_content", "interpolation")]
    return "".join(syntax.text_of(part) if part.type == "string_content" else HOLE for part in parts)


def _keyword(call: Node, name: str) -> Node | None:
    arguments = call.child_by_field_name("arguments")
    for child in arguments.named_children if arguments else ():
        key = child.child_by_field_name("name")
        if child.type == "keyword_argument" and key is not None and syntax.text_of(key) == name:
            return child.child_by_field_name("value")
    return None


def _plain_arguments(call: Node) -> list[Node]:
    arguments = call.child_by_field_name("arguments")
    return (
        [child for child in arguments.named_children if child.type not in ("keyword_argument", "comment")]
        if arguments
        else []
    )


def _calls(function: _Function) -> Iterator[tuple[Node, bool]]:
    """Calls in a function in source order, and whether a branch decides over each."""
    for node in syntax.find(function.node, "call"):
        parent, branch = node.parent, False
        while parent is not None and parent.id != function.node.id:
            caught = parent.type == "try_statement" and any(child.type == "except_clause" for child in parent.children)
            branch = branch or caught or parent.type in _BRANCHES
            parent = parent.parent
        yield node, branch


def _words(call: Node) -> list[str]:
    """The words of `session.run("pytest", *args)`; starred and computed ones are holes."""
    nodes = _plain_arguments(call)
    if len(nodes) == 1 and nodes[0].type == "list":
        nodes = nodes[0].named_children
    return [_text(node) for node in nodes]


def _decorated(function: _Function, *names: str) -> Node | None:
    """The decorator that is one of these, as its expression."""
    for decorator in function.decorators:
        expression = decorator.named_children[0] if decorator.named_children else None
        if expression is None:
            continue
        called = expression.child_by_field_name("function") if expression.type == "call" else expression
        if called is not None and syntax.text_of(called).rpartition(".")[2] in names:
            return expression
    return None


def nox(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`nox`, `nox -s tests lint`, `nox -e tests-3.12`, `nox -t ci`."""
    if {"-l", "--list", "--list-sessions", "--install-only", "--help", "--version"} & set(words):
        r.note(Kind.NOTHING, words, frame, "it runs no session")
        return True
    given = option(words, "-f", "--noxfile")
    path = join_path(frame.folder, given) if given else r.tree.upwards(frame.folder, "noxfile.py")
    module = _parsed(r, path, frame, "nox")
    if module is None or path is None:
        return True
    functions = module.functions
    sessions: dict[str, _Function] = {}
    tags: dict[str, set[str]] = {}
    for function in functions.values():
        decorator = _decorated(function, "session")
        if decorator is None:
            continue
        named = _keyword(decorator, "name") if decorator.type == "call" else None
        name = _text(named) if named is not None else function.name
        sessions[name] = function
        labels = _keyword(decorator, "tags") if decorator.type == "call" else None
        tags[name] = {_text(node) for node in syntax.find(labels, "string")} if labels is not None else set()
    wanted = _wanted(words)
    tagged = set(re.split(r"[,\s]+", option(words, "-t", "--tags") or "")) - {""}
    chosen = [name for name in sessions if any(_same(name, each) for each in wanted)]
    if tagged:
        chosen = [name for name in sessions if tags[name] & tagged]
    if any(HOLE in each for each in wanted) and not chosen:
        r.lose("`nox`: which session runs is not known", frame)
        return True
    if not wanted and not tagged:
        chosen = _default(module.tree.root_node, sessions)
    if wanted and not chosen:
        r.lose(f"`nox -s {wanted[0]}`: this session was not found", frame)
    for name in chosen:
        _session(r, path, module, sessions, name, replace(frame, folder=posixpath.dirname(path) or "."))
    return True


@dataclass(frozen=True, slots=True)
class _Module:
    """A parsed Python file: its tree (which owns the nodes) and the calls in each function."""

    tree: Tree
    functions: dict[str, _Function]
    calls: dict[str, list[tuple[Node, bool]]]


def _parse(text: str | None) -> _Module | None:
    tree = syntax.parse("python", text.encode("utf-8", "replace")) if text is not None else None
    if tree is None or tree.root_node.has_error:
        return None
    functions = _functions(tree.root_node)
    return _Module(tree, functions, {name: list(_calls(each)) for name, each in functions.items()})


def _parsed(r: Resolver, path: str | None, frame: Frame, tool: str) -> _Module | None:
    module = r.tree.kept("python", path, lambda: _parse(r.tree.text(path))) if path else None
    if module is None:
        r.lose(f"`{tool}`: its file is missing or not valid Python", frame)
    return module


def _wanted(words: Sequence[str]) -> list[str]:
    found: list[str] = []
    taking = False
    for word in words[1:]:
        if word == "--":
            break
        name, _, value = word.partition("=")
        if word.startswith("-"):
            taking = name in ("-s", "-e", "--session", "--sessions")
            if taking and value:
                found.append(value)
        elif taking:
            found += word.split()
    return found


def _same(name: str, wanted: str) -> bool:
    """`tests` fits `tests`, `tests-3.12` and `tests(django='4')`."""
    return (
        wanted == name
        or (HOLE in wanted and wanted.split(HOLE)[0].rstrip("-(") == name)
        or bool(re.fullmatch(rf"{re.escape(name)}(-(pypy|python)?[\d.]+t?)?(\(.*\))?", wanted))
    )


def _default(root: Node, sessions: dict[str, _Function]) -> list[str]:
    """Sessions that run when none is named: `nox.options.sessions`, else all with `default` not False."""
    for node in root.children:
        for assignment in syntax.find(node, "assignment") if node.type == "expression_statement" else ():
            left, right = assignment.child_by_field_name("left"), assignment.child_by_field_name("right")
            if (
                left is not None
                and right is not None
                and syntax.text_of(left) in ("nox.options.sessions", "options.sessions")
            ):
                names = {_text(each) for each in syntax.find(right, "string")}
                return [name for name in sessions if name in names]
    chosen = []
    for name, function in sessions.items():
        decorator = _decorated(function, "session")
        off = _keyword(decorator, "default") if decorator is not None and decorator.type == "call" else None
        if off is None or syntax.text_of(off) != "False":
            chosen.append(name)
    return chosen


def _session(r: Resolver, path: str, module: _Module, sessions: dict[str, _Function], name: str, frame: Frame) -> None:
    """The commands one session runs, through functions of the same file that it hands itself to."""
    nested = frame.enter("nox", path, name)
    functions = module.functions
    function = sessions.get(name) or functions.get(name)
    if nested is None or function is None:
        return
    for number, (call, branch) in enumerate(module.calls[function.name]):
        target = call.child_by_field_name("function")
        if number >= MAX_CALLS:
            r.lose(f"the session {name[:40]} has more than {MAX_CALLS} calls", nested, anything=True)
            break
        if target is None:
            continue
        called = syntax.text_of(target)
        here = nested.doubt(unsure("only if a condition in the noxfile holds")) if branch else nested
        link = Link(path, syntax.line_of(call), syntax.text_of(call).split("\n")[0][:80])
        if re.fullmatch(r"\w+\.(run|run_always)", called):
            if _keyword(call, "success_codes") is not None:
                here = here.masked(unsure("`success_codes` may take a failure for a success"))
            r.command(_words(call), here.at(link))
        elif re.fullmatch(r"\w+\.chdir|\w+\.cd", called):
            folder = _words(call)
            nested = replace(nested, folder=join_path(nested.folder, folder[0]) if folder else None)
        elif re.fullmatch(r"\w+\.notify", called):
            for word in _words(call)[:1]:
                _session(r, path, module, sessions, word, here.at(link))
        elif called in functions and called not in sessions:
            _session(r, path, module, {}, called, here.at(link))


def invoke(r: Resolver, words: Sequence[str], frame: Frame) -> bool:
    """`invoke test`, `inv test lint`."""
    path = r.tree.upwards(frame.folder, "tasks.py")
    if path is None:
        r.lose("`invoke`: there is no tasks.py for it", frame)
        return True
    module = _parsed(r, path, frame, "invoke")
    if module is None:
        return True
    for word in words[1:]:
        if not word.startswith("-"):
            _invoked(r, path, module, word.replace("-", "_"), replace(frame, folder=posixpath.dirname(path) or "."))
    return True


def _invoked(r: Resolver, path: str, module: _Module, name: str, frame: Frame) -> None:
    nested = frame.enter("invoke", path, name)
    functions = module.functions
    function = functions.get(name)
    if function is None or nested is None:
        if function is None:
            r.lose(f"`invoke {name}`: this task was not found".replace(HOLE, "…"), frame)
        return
    decorator = _decorated(function, "task")
    for need in syntax.find(decorator, "identifier") if decorator is not None and decorator.type == "call" else ():
        if syntax.text_of(need) in functions:
            _invoked(r, path, module, syntax.text_of(need), nested)
    for call, branch in module.calls[function.name]:
        target = call.child_by_field_name("function")
        if target is None:
            continue
        here = nested.doubt(unsure("only if a condition in tasks.py holds")) if branch else nested
        link = Link(path, syntax.line_of(call), syntax.text_of(call).split("\n")[0][:80])
        if re.fullmatch(r"\w+\.run", syntax.text_of(target)):
            warns = _keyword(call, "warn")
            if warns is not None and syntax.text_of(warns) == "True":
                here = here.masked(no("`warn=True` ignores failures"))
            for word in _words(call)[:1]:
                r.script(word, here, fixed(link))
        elif syntax.text_of(target) in functions:
            _invoked(r, path, module, syntax.text_of(target), here.at(link))
