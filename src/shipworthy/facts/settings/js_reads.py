"""Finds the settings a JavaScript or TypeScript file reads, in its syntax tree."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from shipworthy.facts.settings.defaults import of_text
from shipworthy.facts.settings.model import Default
from shipworthy.facts.settings.row import Row, Rows
from shipworthy.project.syntax import find, line_of, text_of

_WORDS = (
    b"process.env", b"import.meta.env", b"Deno.env", b"Bun.env", b"$env/", b"createEnv", b"cleanEnv", b"configService",
    b"ConfigService", b"env-var", b".env.", b".env[", b"ExecutionContext",
    b"loadEnv", b"astro:env", b", env", b"} = process", b"node:process", b"'process'", b'"process"',
)  # fmt: skip
_STEMS = (b"nv", b"etting", b"onfig", b"ecret", b"equire")
_CALLED = re.compile(rb"(?:[eE]nv|[sS]etting|[cC]onfig|[sS]ecret|[rR]equire)\w{0,20}\(\s{0,8}[\"'][A-Z]")
_ENVS = {"process.env", "import.meta.env", "Bun.env", "globalThis.process.env"}
_EDGE = (b"hono", b"cloudflare", b"ExecutionContext", b"wrangler", b"platform?.env", b"platform.env", b"Bindings")
_HANDLER = re.compile(
    rb"\b(?:fetch|scheduled|queue|email|tail)\s{0,8}\(\s{0,8}\w{1,40}(?:\s{0,4}:[^,()]{1,80})?,\s{0,8}env\b"
)
"""A worker's handler, which is given its settings beside the request (Cloudflare's documentation, "Handlers")."""
_BUILT_IN = {"MODE", "DEV", "PROD", "SSR", "BASE_URL"}
"""What Vite itself puts into `import.meta.env`."""
_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")
_UPPER = re.compile(r"^[A-Z][A-Z0-9_]{1,99}$")
WRAPPER = re.compile(r"(?i)env|setting|config|secret|require")
_FUNCTIONS = ("function_declaration", "arrow_function", "function_expression", "method_definition", "function")
_OBJECTS = {"object", "keys", "strictObject", "looseObject", "shape"}
_BOUND = re.compile(r"(?:^|\.)(?:c|ctx|context|this|platform|cloudflare|runtime)\.env$|^env$")
"""Where frameworks of edge functions hand the settings over, beside the request."""
_HARMLESS = {
    "assign", "expand", "populate", "spawn", "exec", "execa", "log", "freeze", "stringify", "String", "Boolean",
    "config",
}  # fmt: skip
"""Calls that take the environment and read no setting from it for the app."""
_COMPARISONS = {"===", "!==", "==", "!=", "in"}


def may_read(data: bytes) -> bool:
    """Whether a file's text hints at settings at all."""
    if any(word in data for word in _WORDS):
        return True
    return any(stem in data for stem in _STEMS) and bool(_CALLED.search(data))


class JavaScriptReads:
    """One file. `rows` fills the record."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._constants: dict[str, str] = {}
        self._objects: dict[str, Node] = {}
        self._env_names: set[str] = set()
        self._mixed: set[str] = set()
        """Objects that hold the environment and more: only names in capitals are settings."""
        self._getters: set[str] = set()
        """What `env-var` is called here."""
        self._edge = False
        self.rows = Rows()

    def read(self) -> Rows:
        looks = {
            "member_expression": self._member,
            "subscript_expression": self._subscript,
            "call_expression": self._call,
        }
        nodes = [(each.type, each) for each in find(self._root, *looks, "variable_declarator", "import_statement")]
        start = (self._root.text or b"")[:200_000]
        self._edge = any(word in start for word in _EDGE) or bool(_HANDLER.search(start))
        # What names stand for is known before the first read of one is judged.
        early = {"variable_declarator": self._declarator, "import_statement": self._import}
        for kind, node in nodes:
            if kind in early:
                early[kind](node)
        for kind, node in nodes:
            if kind in looks:
                looks[kind](node)
        return self.rows

    def _is_env(self, node: Node | None) -> bool:
        if node is None:
            return False
        text = text_of(node).replace("?.", ".").replace(" ", "")
        return text in _ENVS or text in self._env_names

    def _declarator(self, node: Node) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or value is None:
            return
        if name.type == "identifier":
            text = literal(value)
            if text is not None:
                self._constants[text_of(name)] = text
            self._objects[text_of(name)] = value
            if self._is_env(value) or _loads_env(value):
                self._env_names.add(text_of(name))
            elif value.type == "object" and any(
                child.type == "spread_element" and self._is_env(child.named_children[0])
                for child in value.named_children
                if child.named_children
            ):
                self._mixed.add(text_of(name))
            elif text_of(value).startswith(("require('env-var')", 'require("env-var")')):
                self._getters.add(text_of(name))
        elif name.type == "object_pattern" and self._is_env(value):
            self._destructured(name)
        elif name.type == "object_pattern" and text_of(value) == "process":
            self._env_names |= {"env"} & {text_of(child) for child in name.named_children}

    def _destructured(self, pattern: Node) -> None:
        for child in pattern.named_children:
            key: Node | None = child
            default = Default.NONE
            if child.type == "object_assignment_pattern":
                key, right = child.child_by_field_name("left"), child.child_by_field_name("right")
                default = default_of(right) if right is not None else Default.COMPUTED
            elif child.type == "pair_pattern":
                key, right = child.child_by_field_name("key"), child.child_by_field_name("value")
                inner = right.child_by_field_name("right") if right is not None else None
                default = default_of(inner) if inner is not None else Default.NONE
            elif child.type == "rest_pattern":
                continue
            if key is not None and _NAME.match(text_of(key)):
                self.rows.reads.append(Row(text_of(key), line_of(child), "process.env", default))

    def _add(self, node: Node, name: str | None, how: str, default: Default | None = None) -> None:
        if how.startswith("import.meta") and name in _BUILT_IN:
            return
        if _assigned_to(node):
            return
        self.rows.reads.append(Row(name, line_of(node), how, _fallback(node) if default is None else default))

    def _member(self, node: Node) -> None:
        held, name = node.child_by_field_name("object"), node.child_by_field_name("property")
        if name is not None and held is not None and _UPPER.match(text_of(name)) and self._holds(held):
            self._add(node, text_of(name), "process.env" if text_of(held) in self._mixed else text_of(held))
        elif name is not None and self._is_env(held) and held is not None and _NAME.match(text_of(name)):
            how = text_of(held)
            if text_of(held) in self._env_names and text_of(name) in ("get", "parse"):
                return
            self._add(node, text_of(name), how if how in _ENVS else "process.env")

    def _holds(self, held: Node) -> bool:
        text = text_of(held).replace("?.", ".")
        return text in self._mixed or (self._edge and bool(_BOUND.search(text)))

    def _subscript(self, node: Node) -> None:
        held, index = node.child_by_field_name("object"), node.child_by_field_name("index")
        if index is None or not self._is_env(held):
            return
        self._by_expression(node, index, "process.env[]")

    def _by_expression(self, node: Node, given: Node, how: str, default: Default | None = None) -> None:
        text = literal(given)
        if text is None and given.type == "identifier":
            text = self._constants.get(text_of(given))
            if text is None:
                function = _function_of(node, text_of(given))
                if function:
                    self.rows.wrappers.append(function)
                    return
        # A name that no shell could set is not understood: it counts as computed.
        self._add(node, text if text is not None and _NAME.match(text) else None, how, default)

    def _call(self, node: Node) -> None:
        function, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or given is None:
            return
        callee = text_of(function).replace("?.", ".")
        args = [child for child in given.named_children if child.type != "comment"]
        last = callee.rpartition(".")[2].partition("<")[0]
        if callee in ("Deno.env.get", "Bun.env.get") and args:
            self._by_expression(node, args[0], "Deno.env.get")
        elif callee == "Deno.env.toObject":
            self.rows.reads.append(Row(None, line_of(node), "Deno.env as a whole", Default.NONE))
        elif args and last == "get" and callee.rpartition(".")[0] in self._getters:
            self._by_expression(node, args[0], "env-var", _chained(node))
        elif re.search(r"(?i)config(?:Service)?\.(?:get|getOrThrow)$", callee) and args:
            text = literal(args[0])
            if text and _UPPER.match(text):
                default = default_of(args[1]) if len(args) > 1 and args[1].type != "object" else None
                self._add(node, text, "ConfigService.get", default)
        elif last in ("createEnv", "cleanEnv"):
            self._schema_call(args, last)
        elif args and any(self._is_env(arg) for arg in args) and last not in _HARMLESS:
            self._whole(node, function.child_by_field_name("object"), args)
        elif args and WRAPPER.search(last):
            text = literal(args[0])
            if text and _UPPER.match(text):
                default = default_of(args[1]) if len(args) > 1 else _fallback(node)
                self.rows.calls.append((last, Row(text, line_of(node), last, default)))

    def _schema_call(self, args: list[Node], how: str) -> None:
        """t3-env `createEnv({server: {NAME: z.…}})` and envalid `cleanEnv(process.env, {NAME: str(…)})`."""
        for arg in args:
            for name, value in _pairs(self._resolved(arg)):
                if name in ("server", "client", "shared"):
                    for inner, schema in _pairs(self._resolved(value)):
                        self._declare(inner, schema, "zod")
                elif _UPPER.match(name) and how == "cleanEnv":
                    self._declare(name, value, "envalid")

    def _whole(self, node: Node, receiver: Node | None, args: list[Node]) -> None:
        """A schema over the whole environment: `z.object({NAME: …}).parse(process.env)`, Joi's `.validate`.

        The schema may stand in place or by name in the same file; one from elsewhere is a read of any name.
        """
        for holder in (receiver, *args):
            if holder is not None and not self._is_env(holder) and self._schema(self._base(holder)):
                return
        self.rows.reads.append(Row(None, line_of(node), "process.env as a whole", Default.NONE))

    def _base(self, node: Node) -> Node:
        """What stands at the start of a chain of calls, by its value: `schema.prefs({…})` is what `schema` is."""
        here = node
        while here.type in ("call_expression", "member_expression"):
            inner = here.child_by_field_name("function") or here.child_by_field_name("object")
            if inner is None:
                return node
            here = inner
        return self._objects.get(text_of(here), node) if here.type == "identifier" else node

    def _schema(self, node: Node) -> bool:
        for call in find(node, "call_expression"):
            function, given = call.child_by_field_name("function"), call.child_by_field_name("arguments")
            if function is None or given is None or not given.named_children:
                continue
            rows = list(_pairs(self._resolved(given.named_children[0])))
            if rows and text_of(function).rpartition(".")[2] in (
                "object",
                "keys",
                "strictObject",
                "looseObject",
                "shape",
            ):
                for name, schema in rows:
                    self._declare(name, schema, "schema")
                return True
        return False

    def _declare(self, name: str, schema: Node, how: str) -> None:
        default = _schema_default(schema)
        self.rows.reads.append(Row(name, line_of(schema), how, default))
        self.rows.declared[name] = str(default)

    def _resolved(self, node: Node) -> Node:
        return self._objects.get(text_of(node), node) if node.type == "identifier" else node

    def _import(self, node: Node) -> None:
        source = node.child_by_field_name("source")
        told = text_of(source).strip("\"'") if source is not None else ""
        if told in ("env-var", "$env/dynamic/private", "$env/dynamic/public", "cloudflare:workers"):
            names = {text_of(each) for each in find(node, "identifier")}
            (self._getters if told == "env-var" else self._env_names).update(names)
        if told in ("process", "node:process"):
            self._env_names |= {"env"} & {text_of(each) for each in find(node, "identifier")}
        if not told.startswith(("$env/static/", "astro:env/")):
            return
        for item in find(node, "import_specifier"):
            name = item.child_by_field_name("name")
            if name is not None:
                self.rows.reads.append(Row(text_of(name), line_of(item), told.rpartition("/")[0], Default.NONE))


def _chained(node: Node) -> Default:
    """What stands in for `env.get("X").required()` and `.default("y")`; without either, nothing has to be there."""
    here: Node = node
    while here.parent is not None and here.parent.type in ("member_expression", "call_expression"):
        here = here.parent
    text = text_of(here)[:500]
    found = re.search(r"\.default\(\s*[\"'`]([^\"'`]*)[\"'`]", text)
    if found:
        return of_text(found[1])
    return Default.NONE if ".required(" in text and ".required(false" not in text else Default.EMPTY


def _loads_env(node: Node) -> bool:
    """Vite's `loadEnv(mode, folder)` gives the settings as an object."""
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    return function is not None and text_of(function) == "loadEnv"


def _pairs(node: Node | None) -> Iterator[tuple[str, Node]]:
    for child in node.named_children if node is not None and node.type == "object" else ():
        key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
        if child.type == "pair" and key is not None and value is not None:
            yield text_of(key).strip("\"'"), value


def _schema_default(schema: Node) -> Default:
    text = text_of(schema)
    found = re.search(r"(?:\.default\(|\bdefault:|\bdevDefault:)\s*(?:[\"'`]([^\"'`]*)[\"'`])?", text)
    if found:
        return of_text(found[1]) if found[1] is not None else Default.TEXT
    return Default.EMPTY if re.search(r"\.optional\(|\.nullish\(|\boptional\b", text) else Default.NONE


def _outer(node: Node) -> Node:
    """The node without the wrappers that change nothing: `(x)`, `x!`, `x as T`, `String(x)`."""
    here = node
    while here.parent is not None and here.parent.type in (
        "parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression",
    ):  # fmt: skip
        here = here.parent
    return here


def _assigned_to(node: Node) -> bool:
    here = _outer(node)
    parent = here.parent
    if parent is None:
        return False
    if parent.type in ("assignment_expression", "augmented_assignment_expression"):
        return parent.child_by_field_name("left") == here
    return parent.type == "unary_expression" and text_of(parent).startswith("delete")


def _fallback(node: Node) -> Default:
    """What stands in when the setting is absent, from the expression around it."""
    here = _outer(node)
    parent = here.parent
    if parent is None:
        return Default.NONE
    if parent.type == "binary_expression":
        operator, right = parent.child_by_field_name("operator"), parent.child_by_field_name("right")
        sign = text_of(operator) if operator is not None else ""
        if sign in ("||", "??") and right is not None and right != here:
            return default_of(right)
        if sign in _COMPARISONS:
            return Default.EMPTY
        if sign == "&&" and parent.child_by_field_name("left") == here:
            return Default.EMPTY
    if parent.type in ("ternary_expression", "if_statement") and parent.child_by_field_name("condition") == here:
        return Default.EMPTY
    if parent.type == "unary_expression" and text_of(parent).startswith("!"):
        return Default.EMPTY
    return Default.NONE


def _function_of(node: Node, parameter: str) -> str | None:
    """The function that `node` lies in, if `parameter` is one of its own parameters."""
    here = node.parent
    while here is not None:
        if here.type in _FUNCTIONS:
            parameters = here.child_by_field_name("parameters") or here.child_by_field_name("parameter")
            if parameters is None or parameter not in {text_of(each) for each in find(parameters, "identifier")}:
                return None
            name = here.child_by_field_name("name")
            if name is None and here.parent is not None and here.parent.type == "variable_declarator":
                name = here.parent.child_by_field_name("name")
            return text_of(name) if name is not None else None
        here = here.parent
    return None


def literal(node: Node) -> str | None:
    """The text of a string literal or of a template without expressions; None for anything else."""
    if node.type == "string":
        return "".join(text_of(child) for child in node.named_children if child.type == "string_fragment")
    if node.type == "template_string" and not any(c.type == "template_substitution" for c in node.named_children):
        return text_of(node)[1:-1]
    return None


def default_of(node: Node) -> Default:
    """The kind of a default's expression."""
    text = literal(node)
    if text is not None:
        return of_text(text)
    if node.type in ("null", "undefined", "false") or text_of(node) == "undefined":
        return Default.EMPTY
    return Default.TEXT if node.type in ("number", "true") else Default.COMPUTED
