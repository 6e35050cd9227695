"""Third-party packages that code imports although no manifest above it declares anything."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import PurePosixPath

from shipworthy.facts.base import View
from shipworthy.facts.dependencies.model import NPM, PYPI, Foreign, Manifest, Undeclared, folder_of
from shipworthy.facts.dependencies.naming import outside_product, python_name
from shipworthy.facts.stack.imports import Imports
from shipworthy.facts.stack.tables import NODE, PYTHON
from shipworthy.project import FileEntry, is_test_path

_NODE_OWN = frozenset(
    [
        "assert",
        "async_hooks",
        "buffer",
        "child_process",
        "cluster",
        "console",
        "constants",
        "crypto",
        "dgram",
        "diagnostics_channel",
        "dns",
        "domain",
        "events",
        "fs",
        "http",
        "http2",
        "https",
        "inspector",
        "module",
        "net",
        "os",
        "path",
        "perf_hooks",
        "process",
        "punycode",
        "querystring",
        "readline",
        "repl",
        "sea",
        "sqlite",
        "stream",
        "string_decoder",
        "sys",
        "test",
        "timers",
        "tls",
        "trace_events",
        "tty",
        "url",
        "util",
        "v8",
        "vm",
        "wasi",
        "worker_threads",
        "zlib",
        "bun",
        "deno",
        "electron",
        "vscode",
    ]
)
"""Modules that come with Node.js or with the program a script runs in."""
_PYTHON_OWN = sys.stdlib_module_names | {
    "distutils", "imp", "asynchat", "asyncore", "smtpd", "tomllib", "pkg_resources", "setuptools", "pip",
}  # fmt: skip
_NAMES = {PYPI: {python_name(name) for name in PYTHON}, NPM: set(NODE)}
_MAX = 50


def undeclared(
    view: View, imports: Imports, manifests: Iterable[Manifest], foreign: Iterable[Foreign]
) -> tuple[Undeclared, ...]:
    """Imports in files that have no declaring manifest of their ecosystem in their folder or above it.

    The code is only looked at where there is such a file: a repository whose root declares its dependencies has none.
    """
    declared = {
        (manifest.ecosystem, manifest.folder)
        for manifest in manifests
        if manifest.requirements or manifest.includes or manifest.problem is not None
    }
    # requirements/base.txt declares what the code beside the folder needs.
    declared |= {
        (ecosystem, folder_of(folder))
        for ecosystem, folder in declared
        if folder.rpartition("/")[2].lower() == "requirements"
    }
    declared |= {(PYPI, folder_of(each.path)) for each in foreign if each.ecosystem == "conda"}
    declared |= {(NPM, folder_of(each.path)) for each in foreign if each.ecosystem == "Deno"}
    bare = {entry.path for entry in view.entries() if imports.wants(entry) and _bare(entry, declared)}
    if not bare:
        return ()
    local = {name for path in view.project.files for name in PurePosixPath(path).with_suffix("").parts}
    found: list[Undeclared] = []
    seen: set[tuple[str, str]] = set()
    records = view.records(imports)
    for path in sorted(bare & set(records)):
        ecosystem = PYPI if path.endswith(".py") else NPM
        for name, line in records[path].items():
            own = _PYTHON_OWN if ecosystem == PYPI else _NODE_OWN
            if name in own or name in local or name.lstrip("@").partition("/")[0] in local or name.startswith("_"):
                continue
            if (ecosystem, name) not in seen and len(found) < _MAX:
                seen.add((ecosystem, name))
                known = (python_name(name) if ecosystem == PYPI else name) in _NAMES[ecosystem]
                found.append(Undeclared(name=name, ecosystem=ecosystem, path=path, line=line, known=known))
    return tuple(found)


def _bare(entry: FileEntry, declared: set[tuple[str, str]]) -> bool:
    if outside_product(entry.path) or is_test_path(entry.path) or entry.problem:
        return False
    ecosystem = PYPI if entry.suffix == ".py" else NPM
    folder = folder_of(entry.path)
    while (ecosystem, folder) not in declared:
        if folder == ".":
            return True
        folder = folder_of(folder)
    return False
