"""Turns a Python syntax tree into a small JSON-shaped tree that can be cached and evaluated: the code of a file.

Expressions are lists with a tag first:
`["n", name]` name · `["a", e, attribute]` · `["c", function, [arguments], [[keyword, e]], line]` call (an argument
`["*", e]` is unpacked; a keyword None is `**e`) · `["s", text or None]` string (None: not kept) · `["f", [parts]]`
f-string · `["k", constant]` None, True, False, a number · `["l", [items]]` list, tuple or set · `["d", [[key, value]]]`
dict (a third element: others are unpacked into it) · `["i", e, index]` subscript · `["not", e]` ·
`["b", "and" | "or", [operands]]` · `["=", [operands], [operators]]` comparison · `["+", left, right]` ·
`["?", condition, then, else]` · `["w", target, e]` walrus · `["y", e]` await · `["fn", function]` lambda ·
`["g", element, [[target, iterable, [conditions]]]]` comprehension · `["o", [parts]]` other.

Statements: `["x", e, line]` · `["set", target, e, line]` · `["r", e or None, line]` return · `["!", e or None, line]`
raise · `["if", condition, body, else, line]` · `["for", target, iterable, body, line]` · `["while", condition, body,
line]` · `["try", body, [[type or None, name or None, body]], else, finally, line]` · `["with", [[e, target]], body,
line]` · `["def", function]` · `["class", class]` · `["ann", target, annotation,
line]` · `["import", dotted, alias or None, line]` ·
`["from", dotted, level, name, alias, line]` (name "*" for all).

A function is `{"n": name, "p": [[name, kind, annotation, default]], "d": [[decorator, line]], "b": body or None,
"l": line, "w": bool, "i": bool, "r": return annotation, "y": bool}`: kind is "", "*" or "**"; a body of None was left
out because no word in it concerns routes or identity; "w" says that it may register routes, "i" that it may look at
who is asking, "y" that it is a generator.
A class is `{"n", "bases": [e], "k": [[keyword, e]], "d", "b", "l", "w"}`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Any

from tree_sitter import Node

from shipworthy.facts.python_code.expressions import ExpressionBuilder
from shipworthy.facts.python_code.strings import names_a_secret
from shipworthy.facts.python_code.telling import telling_words
from shipworthy.project.syntax import line_of, text_of

_SETTING = re.compile(rb"(os\.getenv|os\.environ\.get|getenv|Field|field|config|env(\.\w+)?)\(")
"""Calls that give a setting its default."""
_PLAIN = frozenset({"string", "concatenated_string", "integer", "true", "false", "none", "identifier", "attribute"})
_SHORT_LINES = 6
_DEF_LENGTH = len("async def ")
_SKIP = frozenset({"comment", "pass_statement", "global_statement", "nonlocal_statement", "delete_statement"})

Body = list[Any]


class CodeBuilder(ExpressionBuilder):
    """Builds the code of one file. Deep nesting raises RecursionError, which the shared pass turns into a gap."""

    def __init__(self, data: bytes) -> None:
        telling = telling_words(data)
        self._wiring, self._identity = telling.wiring, telling.identity
        self._injection, self._yields = telling.injection, telling.yields

    @property
    def wiring(self) -> bool:
        """Whether the file may register routes."""
        return bool(self._wiring)

    def module(self, root: Node) -> Body:
        return self._body(root)

    def _body(self, node: Node | None) -> Body:
        out: Body = []
        if node is not None:
            for child in node.named_children:
                if child.type not in _SKIP:
                    self._statement(child, out)
        return out

    def _statement(self, node: Node, out: Body) -> None:
        kind = node.type
        if kind == "expression_statement":
            self._expression_statement(node, out)
        elif kind == "return_statement":
            child = node.named_children
            out.append(["r", self.expr(child[0]) if child else None, line_of(node)])
        elif kind == "raise_statement":
            child = node.named_children
            out.append(["!", self.expr(child[0]) if child else None, line_of(node)])
        elif kind == "if_statement":
            out.append(self._if(node))
        elif kind == "decorated_definition":
            self._decorated(node, out)
        elif kind == "function_definition":
            out.append(["def", self._function(node, [])])
        elif kind == "class_definition":
            out.append(["class", self._class(node, [])])
        elif kind in ("import_statement", "import_from_statement"):
            self._import(node, out)
        elif kind == "for_statement":
            target, iterable = self.expr(node.child_by_field_name("left")), self.expr(node.child_by_field_name("right"))
            out.append(["for", target, iterable, self._body(node.child_by_field_name("body")), line_of(node)])
            self._else(node, out)
        elif kind == "while_statement":
            body = self._body(node.child_by_field_name("body"))
            out.append(["while", self.expr(node.child_by_field_name("condition")), body, line_of(node)])
            self._else(node, out)
        elif kind == "try_statement":
            out.append(self._try(node))
        elif kind == "with_statement":
            out.append(self._with(node))
        elif kind == "match_statement":
            self._match(node, out)
        elif kind == "assert_statement":
            condition = self.expr(node.named_children[0])
            out.append(["if", ["not", condition], [["!", ["n", "AssertionError"], line_of(node)]], [], line_of(node)])
        elif kind == "ERROR":
            # A broken place: what was recognised inside it is kept, the gap for the file is the reader's business.
            for inner in node.named_children:
                if inner.type not in _SKIP and inner.type.endswith(("_statement", "_definition")):
                    self._statement(inner, out)

    def _else(self, node: Node, out: Body) -> None:
        alternative = node.child_by_field_name("alternative")
        if alternative is not None:
            out.extend(self._body(alternative.child_by_field_name("body")))

    def _expression_statement(self, node: Node, out: Body) -> None:
        for child in node.named_children:
            if child.type == "assignment":
                self._assignment(child, out)
            elif child.type == "augmented_assignment":
                left = self.expr(child.child_by_field_name("left"))
                right = self.expr(child.child_by_field_name("right"))
                out.append(["set", left, ["+", left, right], line_of(child)])
            elif child.type not in ("string", "ellipsis", "comment"):
                out.append(["x", self.expr(child), line_of(child)])

    def _assignment(self, node: Node, out: Body) -> None:
        targets = []
        value: Node | None = node
        while value is not None and value.type == "assignment":
            target = value.child_by_field_name("left")
            if target is not None:
                targets.append(target)
            annotation = value.child_by_field_name("type")
            right = value.child_by_field_name("right")
            if right is None:
                if annotation is not None and target is not None:
                    out.append(["ann", self.expr(target), self.expr(annotation), line_of(node)])
                return
            value = right
        secret = any(names_a_secret(text_of(target)[:200]) for target in targets)
        built = self.expr(value, secret=secret) if value is not None else ["o", []]
        for target in reversed(targets):
            out.append(["set", self.expr(target), built, line_of(node)])
            built = self.expr(target)  # `a = b = f()` calls f once

    def _if(self, node: Node) -> Body:
        rest: Body = []
        for part in reversed(node.children_by_field_name("alternative")):
            if part.type == "elif_clause":
                body = self._body(part.child_by_field_name("consequence"))
                rest = [["if", self.expr(part.child_by_field_name("condition")), body, rest, line_of(part)]]
            else:
                rest = self._body(part.child_by_field_name("body"))
        body = self._body(node.child_by_field_name("consequence"))
        return ["if", self.expr(node.child_by_field_name("condition")), body, rest, line_of(node)]

    def _match(self, node: Node, out: Body) -> None:
        cases = node.child_by_field_name("body")
        for case in cases.named_children if cases is not None else ():
            if case.type == "case_clause":
                body = self._body(case.child_by_field_name("consequence"))
                out.append(["if", ["o", []], body, [], line_of(case)])

    def _try(self, node: Node) -> Body:
        handlers, orelse, final = [], [], []
        for part in node.named_children:
            if part.type in ("except_clause", "except_group_clause"):
                value = part.child_by_field_name("value")
                name = None
                if value is not None and value.type == "as_pattern":
                    alias = value.child_by_field_name("alias")
                    name = text_of(alias) if alias is not None else None
                    value = value.named_children[0]
                blocks = [child for child in part.named_children if child.type == "block"]
                body = self._body(blocks[0]) if blocks else []
                handlers.append([self.expr(value) if value is not None else None, name, body])
            elif part.type == "else_clause":
                orelse = self._body(part.child_by_field_name("body"))
            elif part.type == "finally_clause":
                blocks = [child for child in part.named_children if child.type == "block"]
                final = self._body(blocks[0]) if blocks else []
        return ["try", self._body(node.child_by_field_name("body")), handlers, orelse, final, line_of(node)]

    def _with(self, node: Node) -> Body:
        items = []
        for clause in node.named_children:
            if clause.type != "with_clause":
                continue
            for item in clause.named_children:
                value = item.child_by_field_name("value") if item.type == "with_item" else None
                if value is None:
                    continue
                if value.type == "as_pattern":
                    alias = value.child_by_field_name("alias")
                    target = self.expr(alias.named_children[0]) if alias and alias.named_children else None
                    items.append([self.expr(value.named_children[0]), target])
                else:
                    items.append([self.expr(value), None])
        return ["with", items, self._body(node.child_by_field_name("body")), line_of(node)]

    def _import(self, node: Node, out: Body) -> None:
        line = line_of(node)
        if node.type == "import_statement":
            for child in node.named_children:
                if child.type == "aliased_import":
                    out.append(["import", self.field_text(child, "name"), self.field_text(child, "alias"), line])
                elif child.type == "dotted_name":
                    out.append(["import", text_of(child), None, line])
            return
        origin = node.child_by_field_name("module_name")
        if origin is None:
            return
        module = text_of(origin).replace(" ", "")
        dotted = module.lstrip(".")
        level = len(module) - len(dotted)
        if any(child.type == "wildcard_import" for child in node.named_children):
            out.append(["from", dotted, level, "*", "*", line])
        for child in node.children_by_field_name("name"):
            if child.type == "aliased_import":
                name, alias = self.field_text(child, "name"), self.field_text(child, "alias")
            else:
                name = alias = text_of(child)
            out.append(["from", dotted, level, name, alias, line])

    def _decorated(self, node: Node, out: Body) -> None:
        decorators = [
            [self.expr(child.named_children[0]), line_of(child)]
            for child in node.named_children
            if child.type == "decorator" and child.named_children
        ]
        definition = node.child_by_field_name("definition")
        if definition is None:
            return
        if definition.type == "class_definition":
            out.append(["class", self._class(definition, decorators)])
        else:
            out.append(["def", self._function(definition, decorators)])

    def _function(self, node: Node, decorators: list[Any]) -> dict[str, Any]:
        body = node.child_by_field_name("body")
        start, end = node.start_byte, node.end_byte
        wiring = _any_between(self._wiring, start, end)
        identity = _any_between(self._identity, start + _DEF_LENGTH, end)
        injected = _any_between(self._injection, start, end)
        wanted = wiring or identity or node.end_point[0] - node.start_point[0] <= _SHORT_LINES
        returns = node.child_by_field_name("return_type")
        parameters = node.child_by_field_name("parameters")
        return {
            "n": self.field_text(node, "name"),
            "p": self.parameters(parameters, only_names=not (wanted or injected)),
            "d": decorators,
            "b": self._body(body) if wanted else None,
            "l": line_of(node),
            "w": wiring,
            "i": identity,
            "r": self.expr(returns) if wanted and returns is not None else None,
            "y": _any_between(self._yields, start, end),
        }

    def _class(self, node: Node, decorators: list[Any]) -> dict[str, Any]:
        bases, keywords = self.arguments(node.child_by_field_name("superclasses"), words=False)
        start, end = node.start_byte, node.end_byte
        wiring = _any_between(self._wiring, start, end)
        telling = wiring or bool(decorators) or _any_between(self._identity, start, end)
        body = node.child_by_field_name("body")
        return {
            "n": self.field_text(node, "name"),
            "bases": bases,
            "k": keywords,
            "d": decorators,
            "b": self._body(body) if telling else self._plain_body(body),
            "l": line_of(node),
            "w": wiring,
        }

    def _plain_body(self, node: Node | None) -> Body:
        """The body of a class that is about neither routes nor identity: constants and methods."""
        out: Body = []
        for child in node.named_children if node is not None else ():
            if child.type == "expression_statement":
                inner = child.named_children[0] if child.named_children else None
                right = inner.child_by_field_name("right") if inner is not None and inner.type == "assignment" else None
                if right is None or not (right.type in _PLAIN or _SETTING.match(right.text or b"")):
                    continue
            if child.type not in _SKIP:
                self._statement(child, out)
        return out


def _any_between(positions: list[int], start: int, end: int) -> bool:
    index = bisect_left(positions, start)
    return index < len(positions) and positions[index] < end
