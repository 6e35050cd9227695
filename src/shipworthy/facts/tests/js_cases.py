"""Reads one JavaScript or TypeScript test file: its tests, and every construct that disables one."""

from __future__ import annotations

import re
from typing import Any

from tree_sitter import Node

from shipworthy.facts.tests.draft import Draft
from shipworthy.facts.tests.nodes import by_type
from shipworthy.project.syntax import find, text_of, walk

_TESTS = {"it", "test", "specify", "bench", "property"}
_GROUPS = {"describe", "suite", "context", "feature"}
_OFF = {"xit": "it", "xtest": "test", "xspecify": "specify", "xdescribe": "describe", "xcontext": "context",
        "xsuite": "suite"}  # fmt: skip
_FOCUS = {"fit": "it", "ftest": "test", "fdescribe": "describe", "fcontext": "context", "fspecify": "specify"}
_MODS = {
    "only", "skip", "todo", "fails", "failing", "each", "for", "concurrent", "sequential", "serial", "skipIf", "runIf",
    "shuffle", "fixme", "describe", "parallel", "macro", "ignore", "effect", "live", "scoped", "if", "describe.each",
}  # fmt: skip
_NOT_TESTS = {"step", "beforeEach", "afterEach", "beforeAll", "afterAll", "before", "after", "use", "extend", "info",
              "setTimeout", "slow", "configure", "expect", "fail", "always", "meta", "teardown"}  # fmt: skip
_HOOKS = {"before", "beforeEach", "beforeAll", "setup"}
_FRAMEWORKS = {
    "vitest": "vitest", "@jest/globals": "jest", "mocha": "mocha", "node:test": "node:test", "ava": "ava",
    "@playwright/test": "playwright", "cypress": "cypress", "bun:test": "bun", "tape": "tape", "tap": "tap",
    "uvu": "uvu", "qunit": "qunit", "jasmine": "jasmine", "test": "node:test", "@japa/runner": "japa",
    "@testing-library/cypress": "cypress",
}  # fmt: skip
_COMMENTED = re.compile(
    r"^(?:\s*(?://+|/?\*+))?\s*(?:await\s+)?((?:[xf]?(?:it|describe)|test|specify)(?:\.\w+){0,3}\s*\(\s*(?:[\"'`]|\[[^\]\n]{0,120}\]\)\().{0,120})"
)
_FUNCTIONS = ("arrow_function", "function_expression", "function", "generator_function")


class Call:
    """A call such as `it.skip.each([..])("title", fn)`, taken apart."""

    def __init__(self, node: Node, base: str, mods: list[str], conditional: bool) -> None:
        self.node = node
        self.base = base
        self.mods = mods
        self.conditional = conditional
        found = node.child_by_field_name("arguments")
        self.arguments = [each for each in found.named_children if each.type != "comment"] if found else []
        self.template = found is not None and found.type == "template_string"

    @property
    def how(self) -> str:
        return ".".join([self.base, *self.mods])


class ScriptFile:
    """One pass over a syntax tree; `draft` collects what it sees."""

    def __init__(self, language: str, root: Node, lines: list[str]) -> None:
        self.root = root
        self.nodes = by_type(language, root, "import_statement", "call_expression", "variable_declarator", "comment")
        self.draft = Draft(lines, "//")
        self.frameworks: set[str] = set()
        self.names: dict[str, tuple[str, list[str], bool]] = {}

    def record(self) -> dict[str, Any]:
        self._imports()
        self._aliases()
        self._visit()
        self._comments()
        idle = {"comment", "import_statement", "hash_bang_line", "empty_statement"}
        self.draft.empty = not any(
            child.type not in idle and text_of(child).strip() not in ("'use strict';", '"use strict";', "export {};")
            for child in self.root.children
        )
        return self.draft.record(frameworks=sorted(self.frameworks), styles=[])

    def _imports(self) -> None:
        for node in [*self.nodes["import_statement"], *self.nodes["call_expression"]]:
            if node.type == "import_statement":
                source = node.child_by_field_name("source")
            else:
                called = node.child_by_field_name("function")
                if called is None or text_of(called) != "require":
                    continue
                arguments = node.child_by_field_name("arguments")
                source = arguments.named_children[0] if arguments and arguments.named_children else None
            module = text_of(source).strip("'\"`") if source else ""
            framework = _FRAMEWORKS.get(module)
            if framework is None:
                continue
            self.frameworks.add(framework)
            for specifier in find(node, "import_specifier"):
                name, alias = specifier.child_by_field_name("name"), specifier.child_by_field_name("alias")
                if name is not None and alias is not None and text_of(name) in _TESTS | _GROUPS:
                    self.names[text_of(alias)] = (text_of(name), [], False)
            for clause in node.named_children if node.type == "import_statement" else []:
                for child in clause.named_children if clause.type == "import_clause" else []:
                    if child.type == "identifier" and text_of(child) not in _TESTS:
                        self.names[text_of(child)] = ("test", [], False)

    def _aliases(self) -> None:
        """`const maybe = cond ? describe : describe.skip`, `const off = it.skip`, `const test = base.extend(..)`."""
        for node in self.nodes["variable_declarator"]:
            name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
            if name is None or value is None or name.type != "identifier":
                continue
            if value.type == "call_expression" and _property(value.child_by_field_name("function")) == "extend":
                self.names[text_of(name)] = ("test", [], False)
                continue
            found = self._chain(value) if value.type != "call_expression" else None
            if found and (found[2] or found[1]):
                self.names[text_of(name)] = found

    def _chain(self, node: Node) -> tuple[str, list[str], bool] | None:
        """(base, modifiers, conditional) of what is called, None where it is nothing of a test framework."""
        mods: list[str] = []
        for _ in range(12):
            if node.type == "member_expression":
                mods.insert(0, _property(node))
                node = node.child_by_field_name("object") or node
            elif node.type == "call_expression":
                inner = node.child_by_field_name("function")
                if inner is None:
                    return None
                node = inner
            elif (
                node.type in ("parenthesized_expression", "non_null_expression", "as_expression")
                and node.named_children
            ):
                node = node.named_children[0]
            elif node.type == "ternary_expression":
                sides = [node.child_by_field_name("consequence"), node.child_by_field_name("alternative")]
                found = [self._chain(each) for each in sides if each is not None]
                bases = {each[0] for each in found if each}
                return (bases.pop(), mods, True) if len(bases) == 1 and None not in found else None
            else:
                break
        if node.type != "identifier":
            return None
        name = text_of(node)
        if name in self.names:
            base, before, conditional = self.names[name]
            return base, [*before, *mods], conditional
        if name in _OFF:
            return _OFF[name], ["skip", *mods], False
        if name in _FOCUS:
            return _FOCUS[name], ["only", *mods], False
        if name == "Deno" and mods[:1] == ["test"]:
            return "test", mods[1:], False
        return (name, mods, False) if name in _TESTS | _GROUPS else None

    def _visit(self) -> None:
        # Calls come in source order, outer before inner; the stack holds what is open around the present one:
        # (its last byte, names of the groups, whether it lies inside a test's own function).
        around: list[tuple[int, str, bool]] = [(self.root.end_byte, "", False)]
        for node in self.nodes["call_expression"]:
            while len(around) > 1 and around[-1][0] <= node.start_byte:
                around.pop()
            _, prefix, inside = around[-1]
            call = self._call(node)
            if call is None:
                self._hook(node, prefix)
            elif self._declares(call):
                group = call.base in _GROUPS or "describe" in call.mods
                within = self._declaration(call, prefix, self._title(call), group)
                around.append((node.end_byte, within, inside or not group))
            elif inside or not call.arguments or call.base == "test":
                self._annotation(call, prefix, inside)

    def _call(self, node: Node) -> Call | None:
        # A call that is itself called, `it.each([..])("title")`, is looked at once, from outside.
        parent = node.parent
        if parent is not None and parent.type == "call_expression" and parent.child_by_field_name("function") == node:
            return None
        function = node.child_by_field_name("function")
        chain = self._chain(function) if function is not None else None
        if chain is None:
            return None
        base, mods, conditional = chain
        if any(mod in _NOT_TESTS for mod in mods) or any(mod not in _MODS for mod in mods):
            return None
        call = Call(node, base, mods, conditional)
        # `fit(model, data)` is a word of its own elsewhere.
        titled = any(each.type in ("string", "template_string") for each in call.arguments[:1])
        if function is not None and function.type == "identifier" and text_of(function) in {**_OFF, **_FOCUS}:
            return call if titled or any(each.type in _FUNCTIONS for each in call.arguments) else None
        return call

    def _title(self, call: Call) -> str:
        for each in call.arguments[:1]:
            if each.type in ("string", "template_string"):
                return text_of(each)[1:-1]
            if each.type in ("identifier", "member_expression", "binary_expression", "call_expression"):
                return text_of(each)
            if each.type in _FUNCTIONS:
                name = each.child_by_field_name("name")
                return text_of(name) if name is not None else "(untitled)"
            if each.type == "object":
                return _option(each, "name").strip("'\"`") or "(untitled)"
        return "(untitled)"

    def _declares(self, call: Call) -> bool:
        """A test or group is declared, as against an annotation (`test.skip(condition)`) or another function."""
        if call.template or not call.arguments:
            return False
        first, rest = call.arguments[0], call.arguments[1:]
        body = any(each.type in _FUNCTIONS or each.type in ("identifier", "call_expression") for each in rest)
        if first.type in ("string", "template_string"):
            return bool(rest) or bool(call.mods) or call.base != "suite"
        if first.type in _FUNCTIONS:
            return not rest or rest[0].type not in ("string", "template_string")
        return body or (first.type == "object" and bool(_option(first, "fn")))

    def _declaration(self, call: Call, prefix: str, title: str, group: bool) -> str:
        name = (prefix + title)[:150]
        body = next((each for each in call.arguments if each.type in _FUNCTIONS), None)
        scope = name + " > " if group else name
        if not group:
            self.draft.test(name, call.node)
        options = next((each for each in call.arguments if each.type == "object"), None)
        mods = set(call.mods)
        if "only" in mods:
            self._add("only", name, call, group, scope)
        if mods & {"skip", "fixme", "ignore"}:
            self._add("conditional" if call.conditional else "skip", name, call, group, scope)
        elif mods & {"skipIf", "runIf", "if"} or call.conditional:
            self._add("conditional", name, call, group, scope, condition=text_of(call.node)[:80])
        if mods & {"fails", "failing"}:
            self._add("strict-xfail", name, call, group, scope)
        if "todo" in mods or (not group and body is None and len(call.arguments) == 1 and not mods):
            self._add("skip" if body is not None else "todo", name, call, group, scope)
        if options is not None:
            self._options(options, name, call, group, scope)
        if body is not None and not group:
            self._first_statement(body, name, scope, group=False)
        return scope if group else prefix

    def _add(
        self, kind: str, name: str, call: Call, group: bool, scope: str, reason: str = "", condition: str = ""
    ) -> None:
        self.draft.add(
            kind, name, call.node, call.how, group=group, scope=scope, reason=reason, condition=condition
        )  # fmt: skip

    def _options(self, options: Node, name: str, call: Call, group: bool, scope: str) -> None:
        """`test("x", {skip: "why"}, fn)`: node:test, tap, vitest, Deno (`ignore`)."""
        for key, kind in (
            ("skip", "skip"),
            ("ignore", "skip"),
            ("only", "only"),
            ("todo", "xfail"),
            ("fails", "strict-xfail"),
        ):
            value = _option(options, key)
            if not value or value in ("false", "undefined", "null", "0", "''", '""'):
                continue
            literal = value == "true" or value[0] in "'\"`"
            reason = value[1:-1] if value[0] in "'\"`" else ""
            shown = "conditional" if not literal and kind != "only" else kind
            self._add(shown, name, call, group, scope, reason=reason, condition="" if literal else value)

    def _annotation(self, call: Call, prefix: str, inside: bool) -> None:
        """Playwright's `test.skip()`, `test.skip(condition, "why")`, `test.fixme(...)` in a body, group or file."""
        if not {"skip", "fixme"} & set(call.mods) or call.template:
            return
        first = call.arguments[0] if call.arguments else None
        always = first is None or text_of(first) == "true"
        reason = next((text_of(each)[1:-1] for each in call.arguments if each.type == "string"), "")
        where = (
            self.draft.tests[-1][0] if inside and self.draft.tests else prefix.removesuffix(" > ") or "the whole file"
        )
        condition = "" if always or first is None else text_of(first)[:200]
        conditional = not always or not _is_first(call.node, inside)
        self.draft.add(
            "conditional" if conditional else "skip", where, call.node, call.how, group=not inside,
            scope=where if inside else prefix, reason=reason, condition=condition,
        )  # fmt: skip

    def _hook(self, node: Node, prefix: str) -> None:
        """A `before` hook that begins with `this.skip()` turns its whole group off."""
        function = node.child_by_field_name("function")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None or text_of(function) not in _HOOKS:
            return
        for each in arguments.named_children:
            if each.type in _FUNCTIONS:
                self._first_statement(each, prefix.removesuffix(" > ") or "the whole file", prefix, group=True)

    def _first_statement(self, function: Node, name: str, scope: str, *, group: bool) -> None:
        body = function.child_by_field_name("body")
        if body is None or body.type != "statement_block":
            return
        statements = [each for each in body.named_children if each.type != "comment"]
        if not statements:
            return
        first = statements[0]
        if first.type == "return_statement" and not first.named_children and len(statements) > 1:
            self.draft.add("skip", name, first, "return as the first statement", group=group, scope=scope)
            return
        inner = first.named_children[0] if first.type == "expression_statement" and first.named_children else None
        if inner is None or inner.type != "call_expression":
            return
        called = inner.child_by_field_name("function")
        if called is None or called.type != "member_expression" or _property(called) not in ("skip", "todo"):
            return
        target = called.child_by_field_name("object")
        parameters = function.child_by_field_name("parameters") or function.child_by_field_name("parameter")
        known = {text_of(each) for each in walk(parameters) if each.type == "identifier"} if parameters else set()
        if target is not None and (target.type == "this" or text_of(target) in known):
            reason = next((text_of(each)[1:-1] for each in find(inner, "string")), "")
            self.draft.add("skip", name, inner, text_of(called), group=group, scope=scope, reason=reason)

    def _comments(self) -> None:
        for node in self.nodes["comment"]:
            text = text_of(node)
            if text.startswith("/**"):
                continue
            for line in text.split("\n")[:2_000]:
                found = _COMMENTED.match(line[:300])
                if found:
                    self.draft.commented(found[1].rstrip(), node)


def _property(node: Node | None) -> str:
    found = node.child_by_field_name("property") if node is not None else None
    return text_of(found) if found is not None else ""


def _option(options: Node, key: str) -> str:
    """The text of an object literal's value, "" without the key."""
    for pair in options.named_children:
        name, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if pair.type == "pair" and name is not None and value is not None and text_of(name).strip("'\"") == key:
            return text_of(value)[:300]
        if pair.type == "method_definition" and key == text_of(pair.child_by_field_name("name") or pair):
            return "fn"
    return ""


def _is_first(node: Node, inside: bool) -> bool:
    """Whether an annotation stands directly in its block, so that nothing decides whether it is reached."""
    statement = node.parent
    if statement is None or statement.type != "expression_statement" or statement.parent is None:
        return False
    block = statement.parent
    if block.type == "program":
        return True
    return block.type == "statement_block" and block.parent is not None and block.parent.type in _FUNCTIONS
