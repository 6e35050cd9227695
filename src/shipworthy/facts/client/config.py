"""Reads the configuration of bundlers and frameworks: what it puts into the bundle beside what has a public prefix."""

from __future__ import annotations

import re
from typing import Any

from tree_sitter import Node

from shipworthy.facts.base import Analyser, Record
from shipworthy.facts.client import angular
from shipworthy.facts.client.names import public_prefix
from shipworthy.facts.settings.js_reads import literal
from shipworthy.project import FileEntry, Source, is_test_path
from shipworthy.project.syntax import find, line_of, text_of

_NAME = re.compile(
    r"^(?:(?P<next>next|next\.config[\w.-]*)|(?P<nuxt>nuxt)|(?P<app>app)|(?P<docs>docusaurus)|(?P<babel>babel)"
    r"|(?P<bundler>(?:electron\.)?vite(?:\.\w+)*|webpack[\w.-]*|rspack[\w.-]*|rsbuild|rollup[\w.-]*|vue|quasar|astro|svelte|"
    r"farm|esbuild[\w.-]*|craco|config-overrides|react-router|gatsby|environment[\w.-]*|build))"
    r"(?:\.config|\.conf|\.prod|\.dev|\.common|\.base|\.main|\.preload|\.renderer|\.client)*\.[cm]?[jt]s$|^(?P<rc>\.babelrc(?:\.js(?:on)?)?"
    r"|babel\.config\.json)$"
)
_MUST_SAY = {"bundler": re.compile(rb"efine|envPrefix|Environment|otenv|alias|entry|input|root|replace\(")}
_ENV_OBJECT = re.compile(r"^(?:process\.env|import\.meta\.env|globalThis\.process\.env|Bun\.env)$")
_READ = re.compile(
    r"(?<![\w$.])(?:process\.env|import\.meta\.env|[A-Za-z_$][\w$]{0,40})(?:\??\.|\[[\"'])([A-Z][A-Z0-9_]{2,99})\b"
)
_WHOLE = re.compile(r"(?<![\w$.])process\.env(?![\w.?\[])")
_PREFIXED = re.compile(r"startsWith\(\s*[\"'`](\w+_)[\"'`]|/\^\(?(?:\?:)?(\w+_)")
_ALIAS = re.compile(
    r"[\"']?((?:@|~|#|\$|[A-Za-z])[\w@$~/-]{0,40})[\"']?\s*:\s*(?:path\.)?(?:resolve|join)\(\s*"
    r"(?:__dirname|import\.meta\.dirname|process\.cwd\(\)|root|projectRoot)\s*,\s*[\"']([^\"'\n]{1,200})[\"']"
    r"(?:\s*,\s*[\"']([^\"'\n]{1,200})[\"'])?"
)
_ALIAS_URL = re.compile(
    r"[\"']?([@~#$]?[\w@$~/-]{0,40})[\"']?\s*:\s*(?:\w+\(\s*)?new URL\(\s*[\"']([^\"'\n]{1,200})[\"']"
)
_ALIAS_TEXT = re.compile(r"[\"']([@~#$][\w@$~/-]{0,40})[\"']\s*:\s*[\"'](\.?\.?/[^\"'\n]{0,200})[\"']")
_INLINES = ("transform-inline-environment-variables", "inline-dotenv")
_DOTENV_MODULE = re.compile(r"moduleName[\"']?\s*:\s*[\"']([^\"'\n]{1,60})[\"']")
_TARGET = re.compile(r"\b(?:target|platform)\s*:\s*[\"'](\w[\w-]*)[\"']")
_DEPTH = 8


def kind_of(entry: FileEntry) -> str | None:
    """next, nuxt, app, babel, angular or bundler; None for a file that configures nothing of these."""
    if angular.is_environment(entry) or entry.name in angular.WORKSPACES:
        return "angular" if entry.by_hand and not is_test_path(entry.path) else None
    found = _NAME.match(entry.name)
    if found is None or not entry.by_hand or is_test_path(entry.path):
        return None
    if entry.name.startswith("environment") and "/environments/" not in f"/{entry.path}":
        return None
    kind = next((name for name, text in found.groupdict().items() if text), None)
    if kind == "app" and ".config." not in entry.name:
        return None
    return "babel" if kind == "rc" else kind


class ClientConfig(Analyser):
    """Record: null, or an object with these keys, each left out where it is empty.

    exposed: [name in the bundle, settings it is made of, line, how]. whole: [line, how] where everything goes in.
    opaque: [line, why]. prefixes: [prefix, line]. inlines: how every setting that code names is put in.
    modules: names of modules that give settings. alias: [alias, folder]. entries: files. root: folders.
    """

    name = "client-config"
    version = "3"

    def wants(self, entry: FileEntry) -> bool:
        return kind_of(entry) is not None

    def analyse(self, source: Source) -> Record:
        kind = kind_of(source.entry)
        if kind is None or source.binary:
            return Record(None)
        if kind == "angular":
            return Record(angular.exposed(source))
        if kind == "babel":
            return Record(_babel(source.text))
        if kind in _MUST_SAY and not _MUST_SAY[kind].search(source.data):
            return Record(None)
        tree = source.tree
        if tree is None:
            return Record(None, (("took too long or is too large to parse for what it puts into the bundle", None),))
        reader = _Reader(kind, tree.root_node)
        reader.read()
        found: dict[str, Any] = reader.found
        found["alias"] = _aliases(source.text)
        gaps: tuple[tuple[str, int | None], ...] = ()
        if tree.root_node.has_error and kind != "bundler":
            gaps = (("has a syntax error, so what it puts into the bundle is not known", None),)
        kept = {key: value for key, value in found.items() if value}
        return Record(kept or None, gaps)


def _babel(text: str) -> dict[str, Any] | None:
    found: dict[str, Any] = {}
    if any(each in text for each in _INLINES):
        found["inlines"] = "the Babel plugin that inlines the environment"
    if "react-native-dotenv" in text:
        named = _DOTENV_MODULE.search(text)
        found["modules"] = [named[1] if named else "@env"]
    alias = [[match[1], match[2]] for match in _ALIAS_TEXT.finditer(text)]
    if alias:
        found["alias"] = alias
    return found or None


def _aliases(text: str) -> list[list[str]]:
    if "alias" not in text:
        return []
    rows = [["/".join(filter(None, (match[2], match[3]))), match[1]] for match in _ALIAS.finditer(text)]
    rows += [[match[2], match[1]] for match in _ALIAS_URL.finditer(text)]
    rows += [[match[2], match[1]] for match in _ALIAS_TEXT.finditer(text)]
    return [[alias, target] for target, alias in rows[:100]]


class _Reader:
    """One configuration's tree."""

    def __init__(self, kind: str, root: Node) -> None:
        self._kind, self._root = kind, root
        self._values: dict[str, Node] = {}
        self.found: dict[str, Any] = {
            "exposed": [], "whole": [], "opaque": [], "prefixes": [], "inlines": "", "entries": [], "root": [],
        }  # fmt: skip

    def read(self) -> None:
        for node in find(self._root, "variable_declarator"):
            name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
            if name is not None and value is not None and name.type == "identifier":
                self._values[text_of(name)] = value
        targets = set(_TARGET.findall(text_of(self._root)))
        server = bool(targets) and all(each.startswith("node") or each == "neutral" for each in targets)
        for node in find(self._root, "pair", "new_expression", "call_expression", "shorthand_property_identifier"):
            if node.type == "pair":
                key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
                if key is not None and value is not None:
                    self._pair(_name(key), value, node, server)
            elif node.type == "shorthand_property_identifier":
                value = self._values.get(text_of(node))
                if value is not None and text_of(node) in ("env", "define", "extra", "publicRuntimeConfig"):
                    self._pair(text_of(node), value, node, server)
            else:
                self._plugin(node, server)

    def _pair(self, key: str, value: Node, node: Node, server: bool) -> None:
        kind = self._kind
        if (
            kind == "next"
            and key in ("env", "publicRuntimeConfig")
            and not _below(node, "webpack", "redirects", "headers")
        ):
            self._into(value, f"`{key}` of next.config")
        elif kind == "nuxt" and (
            key in ("publicRuntimeConfig", "env", "appConfig") or (key == "public" and _below(node, "runtimeConfig"))
        ):
            self._into(value, f"`{'runtimeConfig.public' if key == 'public' else key}` of nuxt.config")
        elif kind == "docs" and key == "customFields":
            self._into(value, "`customFields` of docusaurus.config")
        elif kind == "app" and key == "extra":
            self._into(value, "`extra` of app.config")
        elif key == "define" and not server:
            self._into(value, "`define`")
        elif key == "envPrefix":
            self._prefix(value)
        elif key in ("entry", "input", "browser", "main") and kind == "bundler":
            self.found["entries"] += [_text(each) for each in find(value, "string")]
        elif key == "root" and kind == "bundler":
            texts = [_text(each) for each in find(value, "string")]
            self.found["root"] += texts[-1:]

    def _plugin(self, node: Node, server: bool) -> None:
        called = node.child_by_field_name("constructor") or node.child_by_field_name("function")
        given = node.child_by_field_name("arguments")
        if called is None or given is None or given.type != "arguments":
            return
        last = text_of(called).rpartition(".")[2]
        args = [each for each in given.named_children if each.type != "comment"]
        if last == "defineAppConfig":
            # Nuxt: "public tokens that are determined at build time", all of them part of the bundle.
            self._into(args[0] if args else given, "app.config")
        elif last in ("Dotenv", "DotenvPlugin", "DotenvWebpackPlugin") and not server:
            self.found["inlines"] = "dotenv-webpack"
        elif not args or server:
            return
        elif last == "DefinePlugin" or (
            last == "replace" and self._kind == "bundler" and node.type == "call_expression"
        ):
            if node.type == "new_expression" or args[0].type == "object":
                self._into(args[0], last)
        elif last in ("EnvironmentPlugin", "environmentPlugin", "environment"):
            first = self._known(args[0])
            if first.type == "array" or (first.type == "string" and _text(first) != "all"):
                names = [_text(each) for each in find(first, "string")]
                self.found["exposed"] += [[each, [each], line_of(node), last] for each in names]
            elif first.type == "string":
                self.found["whole"].append([line_of(node), f"{last}('all')"])
            else:
                self._into(first, last, keys=True)

    def _known(self, node: Node) -> Node:
        for _ in range(_DEPTH):
            if node.type in (
                "parenthesized_expression",
                "as_expression",
                "satisfies_expression",
                "non_null_expression",
            ):
                node = node.named_children[0]
            elif node.type == "identifier" and text_of(node) in self._values:
                node = self._values[text_of(node)]
            elif (
                node.type == "call_expression"
                and text_of(node.child_by_field_name("function") or node) == "JSON.stringify"
            ):
                given = node.child_by_field_name("arguments")
                if given is None or not given.named_children:
                    break
                node = given.named_children[0]
            else:
                break
        return node

    def _into(self, node: Node, how: str, depth: int = 0, *, keys: bool = False) -> None:
        """Note all that a value puts into the bundle."""
        line = line_of(node)
        node = self._known(node)
        if depth > _DEPTH:
            self.found["opaque"].append([line, f"{how} is nested too deep to follow"])
        elif node.type == "object":
            for child in node.named_children:
                self._entry(child, how, depth, keys)
        elif self._is_environment(node):
            self.found["whole"].append([line, how])
        elif node.type == "binary_expression":
            for side in ("left", "right"):
                inner = node.child_by_field_name(side)
                known = self._known(inner) if inner is not None else node
                if known.type in ("object", "binary_expression") or self._is_environment(known):
                    self._into(known, how, depth + 1, keys=keys)
        elif node.type == "ternary_expression":
            for side in ("consequence", "alternative"):
                inner = node.child_by_field_name(side)
                if inner is not None:
                    self._into(inner, how, depth + 1, keys=keys)
        elif node.type in ("arrow_function", "function_expression"):
            for inner in find(node, "object"):
                self._into(inner, how, depth + 1, keys=keys)
                break
        elif node.type in ("call_expression", "identifier", "member_expression", "await_expression"):
            text = text_of(node)
            filtered = [one or other for one, other in _PREFIXED.findall(text)]
            if not (filtered and all(public_prefix(each + "A") for each in filtered)) and text != "undefined":
                self.found["opaque"].append([line, f"{how} is given what is worked out elsewhere"])

    def _entry(self, child: Node, how: str, depth: int, keys: bool) -> None:
        if child.type == "spread_element" and child.named_children:
            self._into(child.named_children[0], how, depth + 1, keys=keys)
        elif child.type == "shorthand_property_identifier":
            name = text_of(child)
            value = self._values.get(name)
            self.found["exposed"].append([name, self._names(value) if value is not None else [], line_of(child), how])
        elif child.type == "pair":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is None or value is None:
                return
            name = _name(key)
            known = self._known(value)
            if _ENV_OBJECT.match(name) or (known.type == "object" and not keys):
                self._into(value, how, depth + 1)
            elif self._is_environment(known) or _WHOLE.search(text_of(known)):
                self.found["whole"].append([line_of(child), how])
            elif key.type == "computed_property_name" and literal(key.named_children[0]) is None:
                self.found["opaque"].append([line_of(child), f"{how} has a computed name"])
            else:
                short = re.sub(r"^(?:process\.env|import\.meta\.env)\.", "", name)
                names = [short] if keys else self._names(known)
                self.found["exposed"].append([short, names, line_of(child), how])

    def _names(self, node: Node) -> list[str]:
        return sorted(set(_READ.findall(text_of(node)[:4_000])))

    def _is_environment(self, node: Node) -> bool:
        """The whole environment: `process.env`, all that `loadEnv` gives without a prefix, a parsed .env file."""
        text = text_of(node).replace("?.", ".").replace("!", "")
        if _ENV_OBJECT.match(text):
            return True
        if node.type == "call_expression" and text_of(node.child_by_field_name("function") or node) == "loadEnv":
            given = node.child_by_field_name("arguments")
            args = given.named_children if given is not None else []
            return len(args) > 2 and (
                literal(args[2]) == "" or any(literal(each) == "" for each in find(args[2], "string"))
            )
        return len(text) < 200 and bool(re.search(r"(?i)(?:dotenv|config\().*\.parsed$", text))

    def _prefix(self, value: Node) -> None:
        known = self._known(value)
        texts = [_text(each) for each in find(known, "string")]
        if known.type not in ("string", "array") or len(texts) != max(
            1, len(known.named_children) if known.type == "array" else 1
        ):
            self.found["opaque"].append([line_of(value), "`envPrefix` is worked out elsewhere"])
        for each in texts:
            if each:
                self.found["prefixes"].append([each, line_of(value)])
            else:
                self.found["whole"].append([line_of(value), "an empty `envPrefix`"])


def _below(node: Node, *keys: str) -> bool:
    """Whether a pair stands inside the value of one of these keys."""
    here = node.parent
    while here is not None:
        key = here.child_by_field_name("key") if here.type == "pair" else here.child_by_field_name("name")
        if here.type in ("pair", "method_definition") and key is not None and _name(key) in keys:
            return True
        here = here.parent
    return False


def _name(key: Node) -> str:
    return text_of(key).strip("[]").strip("'\"`")


def _text(node: Node) -> str:
    return text_of(node).strip("'\"`")
