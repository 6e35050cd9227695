"""What django-configurations reads: a class attribute whose value is a `Value` stands for an environment variable.

Its names are those of the package's own documentation ("Values"): `DJANGO_` and the attribute's name, but for the URL
values, which have a name of their own and no prefix.
"""

from __future__ import annotations

from tree_sitter import Node

from shipworthy.facts.settings.model import Default
from shipworthy.facts.settings.python_nodes import arguments, callee_of, default_of, literal
from shipworthy.facts.settings.row import Row
from shipworthy.project.syntax import line_of, text_of

MODULES = ("configurations", "configurations.values")
_PREFIX = "DJANGO"
_URLS = {
    "DatabaseURLValue": "DATABASE_URL",
    "CacheURLValue": "CACHE_URL",
    "SearchURLValue": "SEARCH_URL",
    "EmailURLValue": "EMAIL_URL",
}


def value_read(node: Node) -> Row | None:
    """The read that an assignment makes, where its right side is a `Value` that looks at the environment."""
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or left.type != "identifier" or right.type != "call":
        return None
    kind = callee_of(right).rpartition(".")[2]
    if not kind.endswith("Value"):
        return None
    positional, keywords = arguments(right)
    environ = keywords.get("environ") or (positional[1] if len(positional) > 1 else None)
    if environ is not None and text_of(environ) == "False":
        return None
    default = keywords.get("default") or (positional[0] if positional else None)
    return Row(
        _name(text_of(left), kind, keywords),
        line_of(node),
        f"values.{kind}",
        default_of(default) if default is not None and kind != "SecretValue" else Default.NONE,
    )


def _name(attribute: str, kind: str, keywords: dict[str, Node]) -> str | None:
    """The variable's name; None where it is computed."""
    name: str | None = _URLS.get(kind, attribute.upper())
    prefix: str | None = "" if kind in _URLS else _PREFIX
    if given := keywords.get("environ_name"):
        name = literal(given)
    if given := keywords.get("environ_prefix"):
        prefix = "" if text_of(given) == "None" else literal(given)
    if name is None or prefix is None:
        return None
    return f"{prefix.removesuffix('_')}_{name}" if prefix else name
