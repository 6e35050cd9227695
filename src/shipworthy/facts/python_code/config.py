"""Settings of a program: `app.config["KEY"]`, defaults of environment variables, texts that mean on or off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shipworthy.facts.python_code.values import (
    Class,
    Const,
    External,
    Made,
    Map,
    Package,
    Seq,
    Unknown,
    Unset,
    Value,
    options,
    text,
)

if TYPE_CHECKING:
    from shipworthy.facts.python_code.calls import Arguments
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


def default_of(settings: Made, given: Arguments) -> Value | None:
    """The default in `config("NAME", default=...)`, or the one that `Env(NAME=(type, default))` declares."""
    declared = settings.kwargs.get(text(given.args[0]) or "") if given.args else None
    if isinstance(declared, Seq) and len(declared.items) == 2:
        return declared.items[1]
    default = given.kwargs.get("default") or (given.args[1] if len(given.args) > 1 else None)
    if not isinstance(default, (Const, Seq)):
        return None
    cast = given.kwargs.get("cast")
    return as_flag(default) if isinstance(cast, External) and cast.name == "bool" else default


def as_flag(value: Value) -> Value:
    """A text read as a truth value: "False", "0", "no" and "off" are false."""
    if isinstance(value, Const):
        return Const(str(value.value).lower() in ("1", "true", "yes", "on", "y", "t"))
    return value


def number(name: str, value: Value) -> Value:
    """`bool(value)` and `int(value)`."""
    if isinstance(value, Unset):
        return Const(False) if name == "bool" else value
    if not isinstance(value, Const):
        return Unknown("a number")
    try:
        return Const(bool(value.value) if name == "bool" else int(value.value))
    except (TypeError, ValueError):
        return Unknown("a number")
