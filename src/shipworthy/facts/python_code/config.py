"""Looks up `app.config["KEY"]` in what the program loads into the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shipworthy.facts.python_code.values import Class, Made, Map, Package, Unknown, Value, options, text

if TYPE_CHECKING:
    from shipworthy.facts.python_code.program import Program


def configured(program: Program, owner: Made, key: str) -> Value | None:
    """The value of a key, the one set last; None where nothing seen sets it."""
    found: Value | None = None
    for call in owner.calls:
        given: Value | None = None
        if call.name == "config[]" and text(call.args[0]) == key:
            given = call.args[1]
        elif call.name in ("config.update", "config.from_mapping", "config.setdefault"):
            given = call.kwargs.get(key) or _in_maps(call.args, key)
        elif call.name == "config.from_object" and call.args:
            for source in options(call.args[0]):
                given = _attribute(program, source, key, call.path) or given
        if given is not None and not isinstance(given, Unknown):
            found = given
    return found


def _in_maps(values: list[Value], key: str) -> Value | None:
    for value in values:
        for name, each in value.pairs if isinstance(value, Map) else []:
            if text(name) == key:
                return each
    return None


def _attribute(program: Program, source: Value, key: str, importer: str) -> Value | None:
    name = text(source)
    if name is not None:
        dotted, _, last = name.replace(":", ".").rpartition(".")
        whole = program.modules.find(name, 0, importer)
        if whole is not None:
            source = Package(whole)
        else:
            module = program.modules.find(dotted, 0, importer) if dotted else None
            source = program.member(module, last) if module else Unknown(name)
    if isinstance(source, Class):
        return source.own(key)
    if isinstance(source, Made):
        return source.names.get(key) or (source.cls.own(key) if source.cls else None)
    if isinstance(source, Package):
        return program.member(source.path, key)
    return None
