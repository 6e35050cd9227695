"""Finds which file of the repository an import means."""

from __future__ import annotations

from collections.abc import Iterable

_LIBRARIES = """
    fastapi starlette flask quart werkzeug jinja2 pydantic sqlalchemy flask_login flask_restful flask_restx jose jwt
    flask_jwt_extended fastapi_users passlib django rest_framework os sys re typing functools http logging json
    abc enum dataclasses datetime pathlib collections contextlib asyncio hmac secrets hashlib
"""
NEVER_HERE = frozenset(_LIBRARIES.split())
"""Modules that mean the library whatever a folder here is called."""


class Modules:
    """The repository's Python files by the dotted names they can be imported under."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._files = set(paths)
        self._folders: set[str] = set()
        for path in self._files:
            folder = path.rpartition("/")[0]
            while folder and folder not in self._folders:
                self._folders.add(folder)
                folder = folder.rpartition("/")[0]
        self._roots: dict[tuple[str, str], str | None] = {}

    def module(self, base: str) -> str | None:
        """The file or folder that `base` (a path without ending) is as a module."""
        if base + ".py" in self._files:
            return base + ".py"
        if base + "/__init__.py" in self._files:
            return base + "/__init__.py"
        return base if base in self._folders else None

    def child(self, path: str, name: str) -> str | None:
        """The submodule `name` of a package (its `__init__.py` or folder)."""
        if path.endswith("/__init__.py"):
            path = path.removesuffix("/__init__.py")
        elif path == "__init__.py":
            return self.module(name)
        elif path.endswith(".py"):
            return None
        return self.module(f"{path}/{name}" if path else name)

    def find(self, dotted: str, level: int, importer: str) -> str | None:
        """The file or folder an import means, None for one from outside the repository."""
        if level:
            folder = importer.rpartition("/")[0]
            for _ in range(level - 1):
                folder = folder.rpartition("/")[0]
            base = "/".join(part for part in (folder, dotted.replace(".", "/")) if part)
            return self.module(base) if dotted else (self.module(folder) if folder else "__init__.py")
        top, _, rest = dotted.partition(".")
        root = self._root(top, importer)
        if root is None:
            return None
        base = f"{root}/{top}" if root else top
        return self.module(f"{base}/{rest.replace('.', '/')}" if rest else base)

    def inside(self, dotted: str, importer: str) -> bool:
        """Whether the first part of an absolute import is of the repository (the rest may be missing)."""
        return self._root(dotted.partition(".")[0], importer) is not None

    def _root(self, top: str, importer: str) -> str | None:
        """The folder that must be on the module path for `import top` in this file to mean the repository."""
        folder = importer.rpartition("/")[0]
        key = (top, folder)
        if key not in self._roots:
            self._roots[key] = None if top in NEVER_HERE else self._search(top, importer)
        return self._roots[key]

    def _search(self, top: str, importer: str) -> str | None:
        folders = []
        folder = importer.rpartition("/")[0]
        while folder:
            folders.append(folder)
            folder = folder.rpartition("/")[0]
        folders.append("")
        # Inside a package, absolute imports start above it; its own folder counts only when nothing above does.
        plain = [each for each in folders if not each or f"{each}/__init__.py" not in self._files]
        for each in [*plain, *(f for f in folders if f not in plain)]:
            for root in (each, f"{each}/src" if each else "src"):
                found = self.module(f"{root}/{top}" if root else top)
                if found and (found != importer or found.endswith("__init__.py")):
                    return root
        return None
