"""Builds the expressions of a file's code (see `code` for the shape) from a Python syntax tree."""

from __future__ import annotations

from typing import Any

from tree_sitter import Node

from shipworthy.facts.python_code.strings import WORD_CALLS, keep, names_a_secret
from shipworthy.project.syntax import line_of, text_of

Expr = list[Any]

_LOOK_UPS = frozenset({"get", "getenv", "getlist", "get_header", "header"})
_MAX_STRING = 400
_MAX_ITEMS = 400


class ExpressionBuilder:
    """Node to expression. `words`: plain words may be kept; `secret`: the value could be one, so no text is kept."""

    def expr(self, node: Node | None, *, words: bool = True, secret: bool = False) -> Expr:
        if node is None:
            return ["o", []]
        kind = node.type
        if kind == "identifier":
            return ["n", text_of(node)]
        if kind == "attribute":
            return ["a", self.expr(node.child_by_field_name("object")), self.field_text(node, "attribute")]
        if kind == "call":
            return self._call(node, secret)
        if kind == "string":
            return self._string(node, words, secret)
        build = getattr(self, "_" + kind, None)
        if build is not None:
            found: Expr = build(node, words, secret)
            return found
        return ["o", []]

    @staticmethod
    def field_text(node: Node, field: str) -> str:
        child = node.child_by_field_name(field)
        return text_of(child) if child is not None else ""

    def _call(self, node: Node, secret: bool) -> Expr:
        function = node.child_by_field_name("function")
        name = ""
        if function is not None:
            last = function.child_by_field_name("attribute") if function.type == "attribute" else function
            name = text_of(last) if last is not None and last.type == "identifier" else ""
        arguments = node.child_by_field_name("arguments")
        positional, keywords = self.arguments(arguments, words=name in WORD_CALLS, secret=secret)
        if secret and name in _LOOK_UPS and arguments is not None and arguments.named_children:
            # `TOKEN = headers.get("X-Token")`: what is looked up by name is secret, its name is not.
            positional[:1] = [self.expr(arguments.named_children[0])]
        return ["c", self.expr(function), positional, keywords, line_of(node)]

    def arguments(self, node: Node | None, *, words: bool, secret: bool = False) -> tuple[list[Expr], list[list[Any]]]:
        """Positional arguments and [keyword, value] pairs of a call or a class."""
        positional: list[Expr] = []
        keywords: list[list[Any]] = []
        if node is None:
            return positional, keywords
        if node.type == "generator_expression":
            return [self.expr(node)], keywords
        first = node.named_children[0] if node.named_children else None
        # What stands beside a secret's name in a look-up is its default: possibly the secret itself.
        named = text_of(first)[:200] if first is not None and first.type == "string" else ""
        beside = names_a_secret(named) and "/" not in named
        for child in node.named_children:
            kind = child.type
            if kind == "keyword_argument":
                name = self.field_text(child, "name")
                hidden = secret or beside or names_a_secret(name)
                value = child.child_by_field_name("value")
                keywords.append([name, self.expr(value, words=words or name == "default", secret=hidden)])
            elif kind == "dictionary_splat":
                keywords.append([None, self.expr(child.named_children[0])])
            elif kind == "list_splat":
                positional.append(["*", self.expr(child.named_children[0])])
            elif kind != "comment":
                positional.append(self.expr(child, words=words, secret=secret or (beside and kind == "string")))
        return positional, keywords

    def parameters(self, node: Node | None, *, only_names: bool = False) -> list[Any]:
        """[name, kind, annotation, default] of each parameter; kind is "", "*" or "**"."""
        out: list[Any] = []
        for child in node.named_children if node is not None else ():
            annotation = default = None
            target = child
            if child.type in ("typed_parameter", "typed_default_parameter", "default_parameter"):
                typed = None if only_names else child.child_by_field_name("type")
                target = child.child_by_field_name("name") or child.named_children[0]
                annotation = self.expr(typed) if typed is not None else None
                value = child.child_by_field_name("value")
                if value is not None and only_names:
                    default = ["o", []]
                elif value is not None:
                    default = self.expr(value, secret=names_a_secret(text_of(target)))
            kind = {"list_splat_pattern": "*", "dictionary_splat_pattern": "**"}.get(target.type, "")
            if kind or target.type == "identifier":
                out.append([text_of(target).lstrip("*"), kind, annotation, default])
        return out

    def _string(self, node: Node, words: bool, secret: bool) -> Expr:
        parts: list[Expr] = []
        dynamic = False
        for child in node.named_children:
            if child.type == "interpolation":
                dynamic = True
                parts.append(self.expr(child.child_by_field_name("expression")))
            elif child.type == "string_content":
                raw = text_of(child)[:_MAX_STRING]
                # A piece beside an interpolation may start anywhere in the text, so it is judged as if at a slash.
                kept = None if secret else keep(raw, words=words)
                if kept is None and not secret and any(part.type == "interpolation" for part in node.named_children):
                    whole = keep("/" + raw, words=False)
                    kept = whole[1:] if whole else None
                parts.append(["s", kept])
        if dynamic:
            return ["f", parts]
        return parts[0] if len(parts) == 1 else ["s", None if parts else ""]

    def _concatenated_string(self, node: Node, words: bool, secret: bool) -> Expr:
        return ["f", [self.expr(child, words=words, secret=secret) for child in node.named_children]]

    def _integer(self, node: Node, words: bool, secret: bool) -> Expr:
        text = text_of(node).replace("_", "")
        return ["k", int(text) if text.isdigit() and len(text) < 6 and not secret else 1]

    def _float(self, node: Node, words: bool, secret: bool) -> Expr:
        return ["o", []]

    def _true(self, node: Node, words: bool, secret: bool) -> Expr:
        return ["k", True]

    def _false(self, node: Node, words: bool, secret: bool) -> Expr:
        return ["k", False]

    def _none(self, node: Node, words: bool, secret: bool) -> Expr:
        return ["k", None]

    def _items(self, node: Node, words: bool, secret: bool) -> Expr:
        items = [
            ["*", self.expr(child.named_children[0])]
            if child.type in ("list_splat", "list_splat_pattern") and child.named_children
            else self.expr(child, words=words, secret=secret)
            for child in node.named_children[:_MAX_ITEMS]
            if child.type != "comment"
        ]
        return ["l", items]

    _list = _tuple = _set = _expression_list = _pattern_list = _tuple_pattern = _list_pattern = _items

    def _dictionary(self, node: Node, words: bool, secret: bool) -> Expr:
        pairs = []
        for child in node.named_children[:_MAX_ITEMS]:
            if child.type == "pair":
                key = child.child_by_field_name("key")
                hidden = secret or key is None or names_a_secret(text_of(key)[:200])
                pairs.append([self.expr(key), self.expr(child.child_by_field_name("value"), secret=hidden)])
        whole = all(child.type in ("pair", "comment") for child in node.named_children)
        return ["d", pairs] if whole else ["d", pairs, True]

    def _subscript(self, node: Node, words: bool, secret: bool) -> Expr:
        indices = [self.expr(child) for child in node.children_by_field_name("subscript")]
        base = self.expr(node.child_by_field_name("value"))
        return ["i", base, indices[0] if len(indices) == 1 else ["l", indices]]

    def _generic_type(self, node: Node, words: bool, secret: bool) -> Expr:
        children = node.named_children
        arguments = [self.expr(child) for child in children[-1].named_children] if len(children) > 1 else []
        return ["i", self.expr(children[0]), arguments[0] if len(arguments) == 1 else ["l", arguments]]

    def _first(self, node: Node, words: bool, secret: bool) -> Expr:
        children = node.named_children
        return self.expr(children[0], words=words, secret=secret) if children else ["o", []]

    _type = _parenthesized_expression = _first

    def _member_type(self, node: Node, words: bool, secret: bool) -> Expr:
        children = node.named_children
        return ["a", self.expr(children[0]), text_of(children[-1])]

    def _await(self, node: Node, words: bool, secret: bool) -> Expr:
        return ["y", self._first(node, words, secret)]

    def _not_operator(self, node: Node, words: bool, secret: bool) -> Expr:
        return ["not", self.expr(node.child_by_field_name("argument"))]

    def _boolean_operator(self, node: Node, words: bool, secret: bool) -> Expr:
        operator = self.field_text(node, "operator")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        return ["b", operator, [self.expr(left, secret=secret), self.expr(right, secret=secret)]]

    def _comparison_operator(self, node: Node, words: bool, secret: bool) -> Expr:
        operands = node.named_children
        hidden = any(names_a_secret(text_of(each)[:200]) for each in operands if each.type != "string")
        operators = [child.type for child in node.children if not child.is_named]
        return ["=", [self.expr(each, secret=hidden or secret) for each in operands], operators]

    def _binary_operator(self, node: Node, words: bool, secret: bool) -> Expr:
        operator = self.field_text(node, "operator")
        left = self.expr(node.child_by_field_name("left"), words=words, secret=secret)
        right = self.expr(node.child_by_field_name("right"), words=words, secret=secret)
        return ["+", left, right] if operator in ("+", "|", "/") else ["o", [left, right]]

    def _conditional_expression(self, node: Node, words: bool, secret: bool) -> Expr:
        children = [child for child in node.named_children if child.type != "comment"]
        if len(children) != 3:
            return ["o", []]
        then, condition, other = (self.expr(child, words=words, secret=secret) for child in children)
        return ["?", condition, then, other]

    def _named_expression(self, node: Node, words: bool, secret: bool) -> Expr:
        return ["w", self.expr(node.child_by_field_name("name")), self.expr(node.child_by_field_name("value"))]

    def _lambda(self, node: Node, words: bool, secret: bool) -> Expr:
        body = ["r", self.expr(node.child_by_field_name("body")), line_of(node)]
        parameters = self.parameters(node.child_by_field_name("parameters"))
        function = {"n": "<lambda>", "p": parameters, "d": [], "b": [body], "l": line_of(node), "w": False, "i": True}
        return ["fn", {**function, "r": None, "y": False}]

    def _comprehension(self, node: Node, words: bool, secret: bool) -> Expr:
        clauses: list[Any] = []
        for child in node.named_children:
            if child.type == "for_in_clause":
                left, right = child.child_by_field_name("left"), child.child_by_field_name("right")
                clauses.append([self.expr(left), self.expr(right), []])
            elif child.type == "if_clause" and clauses and child.named_children:
                clauses[-1][2].append(self.expr(child.named_children[0]))
        return ["g", self.expr(node.child_by_field_name("body")), clauses]

    _generator_expression = _list_comprehension = _set_comprehension = _comprehension
