"""Reads pages and templates: which settings of the server they write out for everybody to see."""

from __future__ import annotations

import re

from shipworthy.facts.client.names import Meant, meant
from shipworthy.project import FileEntry

_PLAIN = {".html", ".htm", ".xhtml"}
_TEMPLATES = {
    ".jinja", ".jinja2", ".j2", ".ejs", ".hbs", ".handlebars", ".mustache", ".njk", ".liquid", ".erb", ".haml", ".slim",
    ".pug", ".jade", ".twig", ".cshtml", ".razor", ".jsp", ".ftl", ".eta", ".gohtml", ".templ", ".heex",
    ".eex", ".leex",
    ".mako", ".phtml", ".tmpl",
}  # fmt: skip
# A manifest or a configuration template is no page.
_NOT_PAGES = re.compile(
    r"(?:^|/)(?:ansible|roles|helm|charts?|k8s|kubernetes|terraform|deploy(?:ment)?s?|cookiecutter[^/]*|plop[^/]*|"
    r"generators?|hygen|_templates)/|\.(?:ya?ml|json|conf|cfg|ini|toml|sh|env|service|md|txt|sql|py|rb|go|ts|js)\.[\w]+$"
)
# What a template language fills in. Each stops at its own end, and none runs over 500 characters.
_FILLED = re.compile(
    r"\{\{(.{1,500}?)\}\}|<%(?!--)(.{1,500}?)%>|\{!!(.{1,500}?)!!\}|#\{(.{1,500}?)\}|<\?=(.{1,500}?)\?>", re.S
)
_MOST = 200
_PLACEHOLDER = re.compile(r"%((?:VITE|REACT_APP|VUE_APP)_[A-Z0-9_]{2,90})%")
_NAME = re.compile(r"(?<![A-Za-z0-9_$])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![A-Za-z0-9_(])")
_LARAVEL = re.compile(r"\bconfig\(\s*['\"]([\w.-]{3,100})['\"]")
_TAG = re.compile(r"^\s*[-=]?\s*(?:if|elsif|elif|unless|#if|#unless|else|end|/|@if)\b")


def is_markup(entry: FileEntry) -> bool:
    """Whether a path is that of a page or of a template for one."""
    if _NOT_PAGES.search(entry.path):
        return False
    return entry.suffix in _PLAIN or entry.suffix in _TEMPLATES or entry.name.endswith(".blade.php")


def written(text: str) -> list[list[object]]:
    """Rows [name, line] of the server's secrets that a template writes into the page; conditions write nothing."""
    rows: list[list[object]] = []
    for match in _FILLED.finditer(text):
        inside = next(group for group in match.groups() if group is not None)
        if _TAG.search(inside):
            continue
        if match[2] is not None and not inside.startswith(("=", "-")):
            continue  # `<% … %>` runs and writes nothing
        names = _NAME.findall(inside) + [each.replace(".", "_") for each in _LARAVEL.findall(inside)]
        told = [name for name in names if meant(name) is Meant.SERVER]
        rows += [[name, text.count("\n", 0, match.start()) + 1] for name in told]
        if len(rows) > _MOST:
            break
    for match in _PLACEHOLDER.finditer(text):
        if meant(match[1]) is Meant.SERVER:
            rows.append([match[1], text.count("\n", 0, match.start()) + 1])
    return rows[:_MOST]
