"""What a Python expression gives while no environment variable is set: for switches such as DEBUG."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

MAX_EXPRESSION = 2_000
_READERS = frozenset({
    "getenv", "get", "env", "config", "bool", "Bool", "BooleanValue", "str", "int", "Field", "pop", "Value",
    "getboolean", "getbool", "as_bool", "asbool", "get_bool", "env_bool", "get_env", "str2bool", "str_to_bool",
    "strtobool", "boolean", "to_bool", "parse_bool", "literal_eval", "loads", "is_true", "truthy", "get_env_value",
    "env_var", "getenv_bool",
})  # fmt: skip
_PARSERS = frozenset({
    "strtobool", "str2bool", "str_to_bool", "to_bool", "parse_bool", "literal_eval", "loads", "is_true", "truthy",
    "asbool", "as_bool", "boolean",
})  # fmt: skip
_SPELLED_FALSE = frozenset({"", "0", "false", "no", "off", "n", "f", "none", "null"})
_SPELLED_TRUE = frozenset({"1", "true", "yes", "on", "y", "t"})


class Unsure(Exception):
    """The value is only known at run time."""


class Absent(Exception):
    """The expression reads a variable that must be set: nothing is on by itself."""


def switched_on(text: str, names: Mapping[str, str]) -> bool | None:
    """Whether an expression is true while no environment variable is set; None where only running it tells.

    `names` are the module's own simple assignments, name to expression.
    """
    try:
        value = _Value(names).of_text(text)
    except Absent:
        return False
    except (Unsure, SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return None
    return bool(value)


class _Value:
    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = dict(names)

    def of_text(self, text: str) -> Any:
        if len(text) > MAX_EXPRESSION:
            raise Unsure
        return self.of(ast.parse(text.strip(), mode="eval").body)

    def of(self, node: ast.AST) -> Any:
        method: Callable[[Any], Any] | None = getattr(self, "_" + type(node).__name__.lower(), None)
        if method is None:
            raise Unsure
        return method(node)

    def _constant(self, node: ast.Constant) -> Any:
        return node.value

    def _name(self, node: ast.Name) -> Any:
        # Taken out while it is looked up, so that names defined by each other end.
        text = self.names.pop(node.id, None)
        if text is None:
            raise Unsure
        try:
            return self.of_text(text)
        finally:
            self.names[node.id] = text

    def _tuple(self, node: ast.Tuple) -> Any:
        return tuple(self.of(each) for each in node.elts)

    def _list(self, node: ast.List) -> Any:
        return tuple(self.of(each) for each in node.elts)

    def _set(self, node: ast.Set) -> Any:
        return tuple(self.of(each) for each in node.elts)

    def _boolop(self, node: ast.BoolOp) -> Any:
        wanted = isinstance(node.op, ast.Or)
        value: Any = None
        unsure = False
        for each in node.values:
            try:
                value = self.of(each)
            except Unsure:
                unsure = True
                continue
            if bool(value) is wanted:
                return value
        if unsure:
            raise Unsure
        return value

    def _unaryop(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            return not self._present(node.operand)
        raise Unsure

    def _ifexp(self, node: ast.IfExp) -> Any:
        return self.of(node.body if self.of(node.test) else node.orelse)

    def _compare(self, node: ast.Compare) -> Any:
        if len(node.ops) != 1:
            raise Unsure
        right_node = node.comparators[0]
        if isinstance(right_node, ast.Attribute) and right_node.attr == "environ":
            return isinstance(node.ops[0], ast.NotIn)
        turned = isinstance(node.ops[0], (ast.NotEq, ast.NotIn, ast.IsNot))
        left, right = self._present(node.left) if turned else self.of(node.left), self.of(right_node)
        match node.ops[0]:
            case ast.Eq() | ast.Is():
                return left == right
            case ast.NotEq() | ast.IsNot():
                return left != right
            case ast.In():
                return left in right
            case ast.NotIn():
                return left not in right
            case ast.Gt():
                return left > right
        raise Unsure

    def _present(self, node: ast.AST) -> Any:
        """A value under a negation: what a variable that must be set is not cannot be said."""
        try:
            return self.of(node)
        except Absent as error:
            raise Unsure from error

    def _subscript(self, node: ast.Subscript) -> Any:
        if "environ" in ast.unparse(node.value):
            raise Absent
        raise Unsure

    def _call(self, node: ast.Call) -> Any:
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        if isinstance(function, ast.Attribute) and name in ("lower", "upper", "strip", "casefold", "title"):
            value = self.of(function.value)
            if value is None:
                raise Absent
            return getattr(str(value), name)()
        if isinstance(function, ast.Attribute) and name in ("startswith", "endswith") and node.args:
            return getattr(str(self.of(function.value)), name)(self.of(node.args[0]))
        if name not in _READERS and not re.search(r"env|bool", name, re.I):
            raise Unsure
        plain = isinstance(function, ast.Name)
        if plain and name in ("bool", "int", "str"):
            value = self.of(node.args[0]) if node.args else False
            return {"bool": bool, "int": int, "str": str}[name](value)
        given = {each.arg: each.value for each in node.keywords}
        if name in _PARSERS and len(node.args) == 1:
            return _spelled(self.of(node.args[0]))
        default = given.get("default", given.get("fallback", given.get("default_value")))
        if default is None and name in ("Field", "BooleanValue", "Value") and node.args:
            default = node.args[0]
        elif default is None and len(node.args) > 1:
            default = node.args[-1 if name == "getboolean" else 1]
        if default is None:
            return self._without_default(node, name)
        value = self.of(default)
        cast = given.get("cast")
        typed = name not in ("getenv", "get", "env", "pop", "str", "get_env", "config")
        return _spelled(value) if typed or cast is not None else value

    def _without_default(self, node: ast.Call, name: str) -> Any:
        """A variable that is read without a default: None from os.environ, an error (so not on) from the others."""
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if name == "getenv" or (name == "get" and owner is not None and "environ" in ast.unparse(owner)):
            return None
        declared = self.names.get(f"default of {_first_text(node)}")
        if declared is not None:
            return _spelled(self.of_text(declared))
        if name in ("env", "config", "bool", "Bool", "get_env"):
            raise Absent
        raise Unsure


def _first_text(node: ast.Call) -> str:
    first = node.args[0] if node.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _spelled(value: Any) -> Any:
    """A text read as a switch, as strtobool and the settings libraries do."""
    if not isinstance(value, str):
        return value
    word = value.strip().lower()
    if word in _SPELLED_FALSE:
        return False
    if word in _SPELLED_TRUE:
        return True
    raise Unsure
