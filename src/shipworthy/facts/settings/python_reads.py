"""Finds the settings a Python file reads, in its syntax tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from shipworthy.facts.settings import django_values, streamlit_reads
from shipworthy.facts.settings.model import Default
from shipworthy.facts.settings.python_nodes import arguments, callee_of, default_of, function_of, literal
from shipworthy.facts.settings.row import Row, Rows
from shipworthy.project.syntax import find, line_of, text_of

_WORDS = (
    b"environ",
    b"getenv",
    b"decouple",
    b"BaseSettings",
    b"envvar",
    b"starlette.config",
    b"dynaconf",
    b"from_prefixed_env",
    b"configurations",
    b".secrets",
    b"google.colab",
)
_STEMS = (b"nv", b"etting", b"onfig", b"ecret", b"equire")
_CALLED = re.compile(rb"\b[eE]nv\b|(?:[eE]nv|[sS]etting|[cC]onfig|[sS]ecret|[rR]equire)\w{0,20}\(\s{0,8}[\"'][A-Z]")
_GETS = {"os.getenv", "getenv", "os.environ.get", "environ.get", "os.environ.pop", "environ.pop", "os.getenvb"}
_MAPS = {"os.environ", "environ", "os.environb"}
_ENV_METHODS = {
    "str", "bool", "int", "float", "list", "tuple", "dict", "json", "url", "db", "db_url", "cache", "cache_url",
    "email", "email_url", "search_url", "path", "decimal", "date", "datetime", "timedelta", "uuid", "enum",
    "log_level", "dj_db_url", "dj_cache_url", "dj_email_url", "channels", "channels_url", "bytes", "unicode",
    "get_value", "__call__", "timezone",
}  # fmt: skip
_HARMLESS = {
    "dict",
    "copy",
    "deepcopy",
    "len",
    "sorted",
    "print",
    "str",
    "repr",
    "update",
    "MappingProxyType",
    "Popen",
    "run",
}
"""Calls that take the whole environment and read no setting from it."""
_ALL = {"os.environ.items": "os.environ as a whole", "environ.items": "os.environ as a whole"}
_UNTOLD = {"Dynaconf", "LazySettings", "from_prefixed_env"}
"""Calls that take from the environment whatever it holds under a prefix."""
_EARLY = ("import_from_statement", "import_statement", "assignment")
_OWN_NAME = {"db": "DATABASE_URL", "cache": "CACHE_URL", "email_url": "EMAIL_URL", "search_url": "SEARCH_URL"}
_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_.-]{0,99}$")
_UPPER = re.compile(r"^[A-Z][A-Z0-9_]{1,99}$")
WRAPPER = re.compile(r"(?i)env|setting|config|secret|require|conf$")


def may_read(data: bytes) -> bool:
    """Whether a file's text hints at settings at all."""
    if any(word in data for word in _WORDS):
        return True
    return any(stem in data for stem in _STEMS) and bool(_CALLED.search(data))


class PythonReads:
    """One file. `rows` fills the record."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._constants = dict(self._module_constants())
        self._decouple = self._values = False
        self._env_objects: set[str] = {"env"}
        self._maps = set(_MAPS)
        self._gets = set(_GETS)
        self.rows = Rows()

    def read(self) -> Rows:
        looks = {
            "subscript": self._subscript,
            "call": self._call,
            "class_definition": self._class,
            "comparison_operator": self._membership,
        }
        nodes = [(each.type, each) for each in find(self._root, *looks, *_EARLY)]
        # What names stand for is known before the first read of one is judged.
        for kind, node in nodes:
            if kind.startswith("import"):
                self._import(node)
            elif kind == "assignment":
                self._object(node)
        for kind, node in nodes:
            if kind in looks:
                looks[kind](node)
        if b".secrets" in (self._root.text or b""):
            self.rows.reads += streamlit_reads.reads(self._root)
        return self.rows

    def _module_constants(self) -> Iterator[tuple[str, str]]:
        for statement in self._root.children:
            if statement.type != "expression_statement" or not statement.children:
                continue
            inner = statement.children[0]
            if inner.type != "assignment":
                continue
            left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
            if left is not None and right is not None and left.type == "identifier":
                text = literal(right)
                if text is not None:
                    yield text_of(left), text

    def _import(self, node: Node) -> None:
        module = node.child_by_field_name("module_name")
        held = text_of(module) if module is not None else ""
        for each in node.children_by_field_name("name"):
            name, alias = each.child_by_field_name("name"), each.child_by_field_name("alias")
            own = f"{held}.{text_of(name or each)}".lstrip(".")
            self._called(own, text_of(alias) if alias is not None else own.removeprefix("os."))
        if module is None:
            return
        if module is not None and text_of(module) in ("decouple", "starlette.config", "prettyconf"):
            self._decouple = True
        if module is not None and text_of(module) in django_values.MODULES:
            self._values = True

    def _called(self, own: str, here: str) -> None:
        """What is imported from `os` by a name of its own, and what gives settings elsewhere."""
        if own == "os" and here != "os":
            self._maps |= {f"{here}.{each.removeprefix('os.')}" for each in _MAPS if each.startswith("os.")}
            self._gets |= {f"{here}.{each.removeprefix('os.')}" for each in _GETS if each.startswith("os.")}
        elif own in _MAPS:
            self._maps.add(here)
        elif own in _GETS:
            self._gets.add(here)
        elif own == "google.colab.userdata":
            self._gets.add(f"{here.rpartition('.')[2]}.get")

    def _object(self, node: Node) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        if left.type == "identifier" and (_copies(right) or text_of(right) in _MAPS):
            # What is taken from a copy is read; what is put into one is for a program that is started.
            self._maps.add(text_of(left))
        if right.type != "call":
            return
        if callee_of(right) in ("environ.Env", "environs.Env", "Env", "environ.FileAwareEnv", "FileAwareEnv"):
            self._env_objects.add(text_of(left))

    def _name(self, node: Node | None) -> tuple[bool, str | None]:
        """(whether it is a name at all, the name or None where it is computed)."""
        if node is None:
            return False, None
        text = literal(node)
        if text is None and node.type == "identifier":
            text = self._constants.get(text_of(node))
        # A name that no shell could set is not understood: it counts as computed.
        return True, text if text is not None and _NAME.match(text) else None

    def _add(self, node: Node, name_node: Node | None, how: str, default: Default) -> None:
        named, name = self._name(name_node)
        if not named:
            return
        if name is None and name_node is not None and name_node.type == "identifier":
            function = function_of(node, text_of(name_node))
            if function is not None:
                self.rows.wrappers.append(function)
                return
        self.rows.reads.append(Row(name, line_of(node), how, default))

    def _subscript(self, node: Node) -> None:
        value = node.child_by_field_name("value")
        if value is None or text_of(value) not in self._maps:
            return
        parent = node.parent
        if (
            parent is not None
            and parent.type in ("assignment", "augmented_assignment")
            and (parent.child_by_field_name("left") == node)
        ):
            return
        if parent is not None and parent.type == "delete_statement":
            return
        self._add(node, node.child_by_field_name("subscript"), "os.environ[]", Default.NONE)

    def _membership(self, node: Node) -> None:
        parts = node.children
        if len(parts) == 3 and text_of(parts[1]) in ("in", "not in") and text_of(parts[2]) in self._maps:
            named, name = self._name(parts[0])
            if named and name is not None:
                self.rows.reads.append(Row(name, line_of(node), "in os.environ", Default.EMPTY))

    def _call(self, node: Node) -> None:
        callee = callee_of(node)
        positional, keywords = arguments(node)
        first = positional[0] if positional else keywords.get("key")
        if callee in self._gets or (callee.endswith((".get", ".pop")) and callee[:-4] in self._maps):
            default = positional[1] if len(positional) > 1 else keywords.get("default")
            kind = default_of(default) if default is not None else self._absent(node)
            self._add(node, first, callee if callee in self._gets else "os.environ.get", kind)
            return
        if callee in _ALL or callee.rpartition(".")[2] in _UNTOLD:
            self.rows.reads.append(Row(None, line_of(node), _ALL.get(callee) or f"{callee}()", Default.NONE))
            return
        if callee.endswith("environ.setdefault") and len(positional) == 2:
            self._add(node, first, "os.environ.setdefault", default_of(positional[1]))
            return
        head, _, method = callee.rpartition(".")
        is_env = callee in self._env_objects or (head in self._env_objects and method in _ENV_METHODS)
        if is_env:
            self._env_call(node, method if head else "", positional, keywords)
        elif callee.rpartition(".")[2] not in _HARMLESS and _takes_all(node, positional):
            self.rows.reads.append(Row(None, line_of(node), "os.environ as a whole", Default.NONE))
        elif callee == "config" and self._decouple:
            default = keywords.get("default") or (positional[1] if len(positional) > 1 else None)
            self._add(node, first, "config()", default_of(default) if default is not None else Default.NONE)
        elif callee in ("environ.Env", "Env", "environ.FileAwareEnv"):
            for name, scheme in keywords.items():
                if _UPPER.match(name):
                    self.rows.declared[name] = str(_scheme_default(scheme))
        elif "envvar" in keywords:
            listed = keywords["envvar"]
            for each in listed.named_children if listed.type in ("list", "tuple") else (listed,):
                self._add(node, each, "envvar=", Default.EMPTY)
        elif first is not None and WRAPPER.search(callee.rpartition(".")[2]):
            text = literal(first)
            if text and _UPPER.match(text):
                default = positional[1] if len(positional) > 1 else keywords.get("default")
                kind = default_of(default) if default is not None else Default.NONE
                self.rows.calls.append((callee.rpartition(".")[2], Row(text, line_of(node), callee, kind)))

    def _absent(self, node: Node) -> Default:
        """`os.getenv("X") or "default"` has one; a bare `os.getenv("X")` gives None and goes on."""
        parent = node.parent
        if parent is not None and parent.type == "boolean_operator" and parent.child_by_field_name("left") == node:
            right = parent.child_by_field_name("right")
            operator = parent.child_by_field_name("operator")
            if right is not None and operator is not None and text_of(operator) == "or":
                return default_of(right)
            return Default.EMPTY
        if parent is not None and parent.type in ("comparison_operator", "not_operator"):
            return Default.EMPTY
        if parent is not None and parent.type in ("if_statement", "conditional_expression", "elif_clause"):
            return Default.EMPTY if _is_condition(parent, node) else Default.NONE
        return Default.NONE

    def _env_call(self, node: Node, method: str, positional: list[Node], keywords: dict[str, Node]) -> None:
        default = keywords.get("default")
        if default is None and len(positional) > 1 and method:
            default = positional[1]
        kind = default_of(default) if default is not None else Default.NONE
        if positional:
            text = literal(positional[0])
            if text is not None or method != "":
                self._add(node, positional[0], "env()", kind)
        elif method in _OWN_NAME:
            self.rows.reads.append(Row(_OWN_NAME[method], line_of(node), "env()", kind))

    def _class(self, node: Node) -> None:
        bases = node.child_by_field_name("superclasses")
        body = node.child_by_field_name("body")
        name = node.child_by_field_name("name")
        if self._values and body is not None:
            for statement in body.children:
                if statement.type == "expression_statement" and statement.children:
                    row = django_values.value_read(statement.children[0])
                    self.rows.reads += [row] if row else []
        if bases is None or body is None or name is None:
            return
        names = [text_of(child) for child in bases.children if child.type in ("identifier", "attribute")]
        own = any(base.rpartition(".")[2] == "BaseSettings" or base in self.rows.classes for base in names)
        if not own:
            return
        self.rows.classes.append(text_of(name))
        prefix = _prefix(body, bases)
        for statement in body.children:
            if statement.type == "expression_statement" and statement.children:
                self._field(statement.children[0], prefix)

    def _field(self, node: Node, prefix: str) -> None:
        left, kind = (node.child_by_field_name(each) for each in ("left", "type"))
        if node.type != "assignment" or left is None or kind is None or left.type != "identifier":
            return
        name = text_of(left)
        if name.startswith("_") or name == "model_config" or text_of(kind).startswith(("ClassVar", "typing.ClassVar")):
            return
        right = node.child_by_field_name("right")
        default = Default.NONE if right is None else default_of(right)
        names = [(prefix + name).upper()]
        if right is not None and right.type == "call" and callee_of(right).rpartition(".")[2] == "Field":
            positional, keywords = arguments(right)
            default = _field_default(positional, keywords)
            for alias in ("validation_alias", "alias", "env"):
                if alias in keywords:
                    found = [text_of(each) for each in find(keywords[alias], "string_content")]
                    names = found[:1] or names
                    break
        if right is None and "Optional" not in text_of(kind) and "None" not in text_of(kind):
            default = Default.NONE
        if _settings_class(text_of(kind)) and right is not None and default is Default.COMPUTED:
            return
        self.rows.reads.append(Row(names[0], line_of(node), "pydantic", default))


def _is_condition(parent: Node, node: Node) -> bool:
    if parent.type == "conditional_expression":
        return len(parent.named_children) == 3 and parent.named_children[1] == node
    return parent.child_by_field_name("condition") == node


def _copies(node: Node) -> bool:
    """Whether an expression is a copy of the environment: `dict(os.environ)`, `os.environ.copy()`, `{**os.environ}`."""
    if node.type == "call":
        callee = callee_of(node)
        positional, _ = arguments(node)
        held = callee.rpartition(".")[0]
        if callee in ("dict", "copy.copy", "copy.deepcopy") and positional:
            return text_of(positional[0]) in _MAPS
        return callee.endswith(".copy") and held in _MAPS
    if node.type == "binary_operator":
        return any(text_of(each) in _MAPS for each in node.named_children)
    splats = (
        [each for each in node.named_children if each.type == "dictionary_splat"] if node.type == "dictionary" else []
    )
    return any(text_of(each).lstrip("*") in _MAPS for each in splats)


def _takes_all(node: Node, positional: list[Node]) -> bool:
    """Whether a call is given the whole environment: as itself, as a copy, or spread into keywords.

    `env=` is not looked at: that is how the environment is handed to a program.
    """
    if any(text_of(each) in _MAPS or _copies(each) for each in positional):
        return True
    given = node.child_by_field_name("arguments")
    spread = [each for each in (given.named_children if given is not None else ()) if each.type == "dictionary_splat"]
    return any(text_of(each).lstrip("*") in _MAPS for each in spread)


def _settings_class(annotation: str) -> bool:
    return annotation.endswith(("Settings", "Config"))


def _field_default(positional: list[Node], keywords: dict[str, Node]) -> Default:
    if "default_factory" in keywords:
        return Default.COMPUTED
    given = keywords.get("default") or (positional[0] if positional else None)
    return Default.NONE if given is None or given.type == "ellipsis" else default_of(given)


def _scheme_default(node: Node) -> Default:
    items = list(node.named_children)
    return default_of(items[1]) if node.type == "tuple" and len(items) == 2 else Default.NONE


def _prefix(body: Node, bases: Node) -> str:
    for node in find(body, "keyword_argument", "assignment"):
        left = node.child_by_field_name("name") or node.child_by_field_name("left")
        right = node.child_by_field_name("value") or node.child_by_field_name("right")
        if left is not None and right is not None and text_of(left) == "env_prefix":
            return literal(right) or ""
    for node in find(bases, "keyword_argument"):
        left, right = node.child_by_field_name("name"), node.child_by_field_name("value")
        if left is not None and right is not None and text_of(left) == "env_prefix":
            return literal(right) or ""
    return ""
