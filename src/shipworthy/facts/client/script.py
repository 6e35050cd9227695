"""Reads one script's syntax tree: what it imports and really uses, where it runs, and which keys it hands to an SDK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tree_sitter import Node

from shipworthy.facts.client import carried, keys
from shipworthy.facts.tests.nodes import by_type
from shipworthy.project.syntax import find, line_of, text_of

_PAGE = {"getServerSideProps", "getStaticProps", "getStaticPaths"}
"""Next.js removes these, and what only they use, from what the browser gets (documentation of getServerSideProps)."""
_ROUTE = {"loader", "action", "headers", "middleware"}
"""The server's part of a route module in Remix and React Router (documentation, "Route Module")."""
_PUBLIC = re.compile(
    rb"(?<![A-Za-z0-9_$])((?:NEXT_PUBLIC|NUXT_PUBLIC|NUXT_ENV|VITE|REACT_APP|EXPO_PUBLIC|GATSBY|PUBLIC|VUE_APP|NG_APP|"
    rb"STORYBOOK|MIX|BUN_PUBLIC|PLASMO_PUBLIC|WXT|RENDERER_VITE)_[A-Z0-9_]{2,90})(?![A-Za-z0-9_])"
)
_PREFIXES = (b"PUBLIC_", b"VITE_", b"_APP_", b"GATSBY_", b"NUXT_ENV_", b"STORYBOOK_", b"MIX_", b"WXT_")
_NAMES = {"property_identifier", "shorthand_property_identifier_pattern"}
_CAST_COMPUTED = re.compile(rb"\((?:import\.meta|process) as [^()\n]{1,60}\)\??\.env\??\.?\[\s*(?![\"'`])")
# Addresses that answer to a server's key only, by each provider's documentation.
_HOSTS = re.compile(
    rb"https://(api\.openai\.com|api\.anthropic\.com|generativelanguage\.googleapis\.com|api\.groq\.com|openrouter\.ai/api"
    rb"|api\.mistral\.ai|api\.cohere\.(?:ai|com)|api\.replicate\.com|api\.elevenlabs\.io|api\.deepseek\.com"
    rb"|api\.perplexity\.ai|api-inference\.huggingface\.co|api\.deepgram\.com|api\.together\.xyz|api\.x\.ai"
    rb"|api\.stripe\.com|api\.sendgrid\.com|api\.resend\.com|api\.twilio\.com|api\.mailgun\.net)"
)
_DRAWS = re.compile(
    rb"\bdocument\.(?:getElementById|querySelector|createElement|body|addEventListener)\b"
    rb"|\bwindow\.(?:location|addEventListener|document|onload)\b|\bReactDOM\b|\bcreateRoot\(|\bhydrateRoot\("
)
_DRIVES = re.compile(rb"\.evaluate\(|puppeteer|playwright|jsdom|happy-dom|cheerio|selenium|webdriver")
"""What drives a browser from outside speaks of its document too."""
_ENV_MODULES = {"@env", "react-native-dotenv", "env"}
_VALUES = {"identifier", "shorthand_property_identifier", "jsx_identifier"}
_MOST_USES = 400
_MOST_ROWS = 2_000
_PART = frozenset(bytes([each]) for each in b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")
_TEXTS = {"comment", "string_fragment", "jsx_text", "template_string"}


class Script:
    """One script. `template` says that its markup may use what it imports (Vue, Svelte), so nothing is left out."""

    def __init__(self, language: str, root: Node, text: str, *, typed: bool, template: bool) -> None:
        self._language, self._root, self._text = language, root, text
        # Offsets in a tree are of bytes; searching text is only right where both are the same.
        self._data = text.encode("utf-8", "surrogateescape")
        self._typed, self._template = typed, template
        self._nodes = by_type(
            language, root, "import_statement", "export_statement", "call_expression", "new_expression"
        )
        self._spans: list[tuple[int, int]] = []
        self._bound: dict[str, str] | None = None
        self.cut = False
        """Whether `record` left out rows because there are too many."""

    def record(self) -> dict[str, Any]:
        """JSON-shaped; see `ClientCode`."""
        directives = self._directives()
        strips = self._server_part()
        imports = list(self._imports())
        modules = {specifier for specifier, _, _ in imports}
        only = "server" if "server-only" in modules else "client" if "client-only" in modules else ""
        return {
            "client": "use client" in directives,
            "server": "use server" in directives,
            "only": only,
            "imports": [list(row) for row in imports],
            "opaque": self.opaque,
            "globs": self.globs,
            "strips": strips,
            "lines": [[self._line(start), self._line(end)] for start, end in self._spans] if strips else [],
            "keys": self._keys(),
            "carried": carried.carried(self._root, self._data, self._bindings(), served="use server" in directives),
            "handed": carried.handed_on(self._root, self._data, self._bindings(), served="use server" in directives),
            "gives": carried.given(self._root, self._data),
            "hosts": sorted({match.decode() for match in _HOSTS.findall(self._data)}),
            "draws": bool(_DRAWS.search(self._data)) and not _DRIVES.search(self._data),
            "shipped": self._shipped(),
            "named": self._named(),
            "computed": self._computed(),
        }

    def _keys(self) -> list[list[Any]]:
        rows = keys.uses(self._root, self._nodes, self._bindings())
        self.cut = self.cut or len(rows) > _MOST_ROWS
        return rows[:_MOST_ROWS]

    def _line(self, offset: int) -> int:
        return self._data.count(b"\n", 0, offset) + 1

    def _directives(self) -> set[str]:
        found: set[str] = set()
        for child in self._root.children:
            if (
                child.type == "expression_statement"
                and child.named_children
                and child.named_children[0].type == "string"
            ):
                found.add(text_of(child.named_children[0])[1:-1])
            elif child.type not in ("comment", "hash_bang_line"):
                break
        return found

    # What only the server's part uses -----------------------------------------------------------------------------

    def _server_part(self) -> str:
        exported: dict[str, tuple[int, int]] = {}
        own: dict[str, tuple[int, int]] = {}
        for child in self._root.named_children:
            inner = child.child_by_field_name("declaration") if child.type == "export_statement" else child
            for name in _declared(inner):
                (exported if child.type == "export_statement" else own)[name] = (child.start_byte, child.end_byte)
        kind = "page" if _PAGE & set(exported) else "route" if _ROUTE & set(exported) else ""
        if not kind:
            return ""
        self._spans = [span for name, span in exported.items() if name in (_PAGE if kind == "page" else _ROUTE)]
        changed = True
        while changed and own:
            changed = False
            for name, span in list(own.items()):
                places = [at for at, _ in self._uses(name) if not span[0] <= at < span[1]]
                if places and all(self._inside(at) for at in places):
                    self._spans.append(span)
                    del own[name]
                    changed = True
        return kind

    def _inside(self, offset: int) -> bool:
        return any(start <= offset < end for start, end in self._spans)

    def _uses(self, name: str) -> Iterator[tuple[int, bool]]:
        """(byte offset, is a value) of each place that names it."""
        word, data = name.encode("utf-8", "surrogateescape"), self._data
        at, count = data.find(word), 0
        while at >= 0:
            end = at + len(word)
            before = data[at - 1 : at]
            # `a.name` is a property, `...name` is the thing itself.
            apart = before not in _PART and (before != b"." or data[at - 3 : at] == b"...")
            if apart and data[end : end + 1] not in _PART:
                count += 1
                if count > _MOST_USES:
                    yield at, True
                    return
                node = self._root.named_descendant_for_byte_range(at, end)
                if node is not None and node.type not in _TEXTS:
                    yield at, _is_value(node)
            at = data.find(word, end)

    # Imports --------------------------------------------------------------------------------------------------------

    def _imports(self) -> Iterator[tuple[str, int, str]]:
        """(specifier, line, use): use is "value", or "server" where only the server's part uses it."""
        self.opaque: list[int] = []
        self.globs: list[str] = []
        for node in self._nodes["import_statement"]:
            yield from self._import(node)
        for node in self._nodes["export_statement"]:
            source = node.child_by_field_name("source")
            if source is not None and not _type_only(node):
                yield _plain(source), line_of(node), "value"
        for node in self._nodes["call_expression"]:
            yield from self._call(node)

    def _import(self, node: Node) -> Iterator[tuple[str, int, str]]:
        source = node.child_by_field_name("source")
        if source is None:
            required = next((each for each in node.named_children if each.type == "import_require_clause"), None)
            source = required.child_by_field_name("source") if required is not None else None
            if source is None:
                return
        if _type_only(node):
            return
        names = list(_local_names(node))
        if not names:
            yield _plain(source), line_of(node), "value"
            return
        use = ""
        for name in names:
            used = False
            for at, value in self._uses(name):
                if value and not node.start_byte <= at < node.end_byte:
                    used = True
                    if not self._inside(at):
                        use = "value"
                        break
            if use == "value" or self._template or (not used and not self._typed):
                use = "value"
                break
            if used:
                use = "server"
        if use:
            yield _plain(source), line_of(node), use

    def _call(self, node: Node) -> Iterator[tuple[str, int, str]]:
        function, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        arguments = [each for each in given.named_children if each.type != "comment"] if given is not None else []
        if function is None or not arguments:
            return
        called = text_of(function)
        first = arguments[0]
        if called in ("import", "require"):
            if first.type in ("string", "template_string") and not list(find(first, "template_substitution")):
                yield _plain(first), line_of(node), "server" if self._inside(node.start_byte) else "value"
            elif called == "import":
                head = _plain(first).partition("${")[0] if first.type == "template_string" else ""
                if "/" in head:
                    self.globs.append(head + "*")
                elif not self._inside(node.start_byte):
                    self.opaque.append(line_of(node))
        elif called in ("import.meta.glob", "require.context"):
            self.globs += [_plain(each) for each in find(first, "string")]
            if called == "require.context" and self.globs:
                self.globs[-1] = self.globs[-1].rstrip("/") + "/**"

    def _named(self) -> list[list[Any]]:
        """Rows [setting, line]: settings with a public prefix by any way of naming them, casts included."""
        rows: dict[tuple[str, int], None] = {}
        if not any(each in self._data for each in _PREFIXES):
            return []
        for match in _PUBLIC.finditer(self._data):
            node = self._root.named_descendant_for_byte_range(match.start(1), match.end(1))
            if node is not None and _named_here(node):
                rows[match[1].decode(), self._line(match.start(1))] = None
            if len(rows) > _MOST_ROWS:
                self.cut = True
                break
        return [list(row) for row in rows][:_MOST_ROWS]

    def _computed(self) -> list[int]:
        """Lines that read a setting by a computed name through a cast, which hides it from plainer readers."""
        return sorted({self._line(match.start()) for match in _CAST_COMPUTED.finditer(self._data)})

    def _shipped(self) -> list[list[Any]]:
        """Rows [setting, line, module] that come from a module which holds the .env file of an app."""
        rows: list[list[Any]] = []
        for node in self._nodes["import_statement"]:
            module = _plain(node.child_by_field_name("source") or node)
            if module in _ENV_MODULES:
                for each in find(node, "import_specifier"):
                    given = each.child_by_field_name("name")
                    if given is not None:
                        rows.append([text_of(given), line_of(each), module])
        for name, module in self._bindings().items():
            if module == "react-native-config":
                word = re.compile(rb"(?<![\w$.])" + re.escape(name.encode()) + rb"\??\.([A-Z][A-Z0-9_]{1,99})\b")
                rows += [[m[1].decode(), self._line(m.start()), module] for m in word.finditer(self._data)]
        self.cut = self.cut or len(rows) > _MOST_ROWS
        return rows[:_MOST_ROWS]

    def named(self) -> dict[str, set[str]]:
        """Specifier to the local names imported from it."""
        found: dict[str, set[str]] = {}
        for name, module in self._bindings().items():
            found.setdefault(module, set()).add(name)
        return found

    def _bindings(self) -> dict[str, str]:
        """Local name to the package or file it is imported from."""
        if self._bound is not None:
            return self._bound
        found = self._bound = {}
        for node in self._nodes["import_statement"]:
            source = node.child_by_field_name("source")
            if source is not None:
                found.update(dict.fromkeys(_local_names(node), _plain(source)))
        for node in self._nodes["call_expression"]:
            function, given = node.child_by_field_name("function"), node.child_by_field_name("arguments")
            holder = node.parent
            while holder is not None and holder.type in ("member_expression", "await_expression"):
                holder = holder.parent
            if function is None or given is None or text_of(function) != "require" or not given.named_children:
                continue
            if holder is not None and holder.type == "variable_declarator":
                name = holder.child_by_field_name("name")
                for each in find(name, "identifier", "shorthand_property_identifier_pattern") if name else ():
                    found[text_of(each)] = _plain(given.named_children[0])
        return found


def _named_here(node: Node) -> bool:
    parent = node.parent
    imported = node.type == "identifier" and parent is not None and parent.type == "import_specifier"
    return node.type in _NAMES or imported or (node.type == "string_fragment" and _index(node))


def _index(node: Node) -> bool:
    """Whether a string is what something is indexed by: `env["VITE_KEY"]`."""
    parent = node.parent.parent if node.parent is not None else None
    return parent is not None and parent.type == "subscript_expression"


def _declared(node: Node | None) -> Iterator[str]:
    if node is None:
        return
    if node.type in ("function_declaration", "class_declaration", "generator_function_declaration"):
        name = node.child_by_field_name("name")
        if name is not None:
            yield text_of(name)
    elif node.type in ("lexical_declaration", "variable_declaration"):
        for each in node.named_children:
            name = each.child_by_field_name("name") if each.type == "variable_declarator" else None
            if name is not None and name.type == "identifier":
                yield text_of(name)


def _is_value(node: Node) -> bool:
    if node.type not in _VALUES:
        return node.type not in ("type_identifier", "property_identifier", "comment", "string_fragment", "jsx_text")
    parent = node.parent
    return (
        parent is None
        or parent.type not in ("type_query", "nested_type_identifier", "nested_identifier")
        or (parent.type == "nested_identifier" and (parent.parent is None or parent.parent.type != "type_query"))
    )


def _type_only(node: Node) -> bool:
    """`import type …`, `export type … from`, or nothing but `type` specifiers."""
    if any(child.type in ("type", "typeof") for child in node.children[:3]):
        return True
    specifiers = list(find(node, "import_specifier", "export_specifier"))
    plain = [each for each in specifiers if not any(child.type in ("type", "typeof") for child in each.children)]
    clause = next((each for each in node.named_children if each.type == "import_clause"), None)
    others = clause is not None and any(each.type != "named_imports" for each in clause.named_children)
    return bool(specifiers) and not plain and not others


def _local_names(node: Node) -> Iterator[str]:
    for clause in node.named_children:
        if clause.type == "import_require_clause":
            yield from (text_of(each) for each in clause.named_children if each.type == "identifier")
        if clause.type != "import_clause":
            continue
        for part in clause.named_children:
            if part.type == "identifier":
                yield text_of(part)
            elif part.type == "namespace_import":
                yield from (text_of(each) for each in part.named_children if each.type == "identifier")
            for each in find(part, "import_specifier"):
                if any(child.type in ("type", "typeof") for child in each.children):
                    continue
                name = each.child_by_field_name("alias") or each.child_by_field_name("name")
                if name is not None:
                    yield text_of(name)


def _plain(node: Node) -> str:
    return text_of(node).strip("'\"`")
