"""The values that evaluating a program without running it can yield: constants, functions, things made by libraries."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


class Value:
    """The base of every value."""

    __slots__ = ()


@dataclass(eq=False, slots=True, repr=False)
class Const(Value):
    """A string, number, truth value or None that stands in the code."""

    value: Any


@dataclass(eq=False, slots=True, repr=False)
class Seq(Value):
    """A list, tuple or set; `open` when more items may be in it than are known."""

    items: list[Value]
    open: bool = False


@dataclass(eq=False, slots=True, repr=False)
class Map(Value):
    """A dict: pairs in order; `whole` when there are surely no others."""

    pairs: list[tuple[Value, Value]]
    whole: bool = False


@dataclass(eq=False, slots=True, repr=False)
class External(Value):
    """Something from outside the repository, by its dotted name: `fastapi.FastAPI`."""

    name: str


@dataclass(eq=False, slots=True, repr=False)
class Package(Value):
    """A module or folder of the repository; attributes are its names."""

    path: str


@dataclass(eq=False, slots=True, repr=False)
class Unknown(Value):
    """Could not be evaluated, and why."""

    reason: str = ""


@dataclass(eq=False, slots=True, repr=False)
class Unset(Unknown):
    """An environment variable without a default: nothing unless somebody sets it."""


@dataclass(eq=False, slots=True, repr=False)
class Choice(Value):
    """One of several, which one depends on what is not known."""

    options: list[Value]


@dataclass(eq=False, slots=True, repr=False)
class Import(Value):
    """A name an import binds, looked up when it is first used; `name` None means the module itself."""

    path: str
    dotted: str
    level: int
    name: str | None


@dataclass(eq=False, slots=True, repr=False)
class Item(Value):
    """`base[index]` of something that is no known collection: `Annotated[User, Depends(f)]`."""

    base: Value
    index: Value


@dataclass(eq=False, slots=True, repr=False)
class Frame:
    """Names bound in a module, class or function body; `outer` is where unbound names are looked up."""

    path: str
    names: dict[str, Value]
    outer: Frame | None = None
    cls: Class | None = None
    """The class whose body this is."""
    returns: list[Value] = field(default_factory=list)


@dataclass(eq=False, slots=True, repr=False)
class Func(Value):
    """A function of the repository. `decorators` are the values of those applied so far, outermost first."""

    code: dict[str, Any]
    frame: Frame
    """Where it is defined, not what its body binds."""
    decorators: tuple[Value, ...] = ()
    bound: Value | None = None
    """The instance of a bound method."""

    @property
    def name(self) -> str:
        return str(self.code["n"])

    @property
    def owner(self) -> Class | None:
        """The class it is a method of."""
        return self.frame.cls

    @property
    def path(self) -> str:
        return self.frame.path

    @property
    def line(self) -> int:
        return int(self.code["l"])


@dataclass(eq=False, slots=True, repr=False)
class Class(Value):
    """A class of the repository."""

    code: dict[str, Any]
    frame: Frame
    """The frame of its body: its names are the class's own attributes."""
    bases: tuple[Value, ...] = ()
    decorators: tuple[Value, ...] = ()

    @property
    def name(self) -> str:
        return str(self.code["n"])

    @property
    def path(self) -> str:
        return self.frame.path

    @property
    def line(self) -> int:
        return int(self.code["l"])

    def lineage(self) -> Iterator[Class]:
        """The class and its bases in the repository, nearest first."""
        seen: list[Class] = []
        waiting: list[Class] = [self]
        while waiting:
            here = waiting.pop(0)
            if any(here is each for each in seen) or len(seen) > 50:
                continue
            seen.append(here)
            yield here
            waiting += [base for base in here.bases if isinstance(base, Class)]

    def own(self, name: str) -> Value | None:
        """An attribute of the class or a base in the repository."""
        for each in self.lineage():
            if name in each.frame.names:
                return each.frame.names[name]
        return None

    def library_bases(self) -> tuple[str, ...]:
        """Dotted names of the bases that come from outside the repository, nearest first."""
        names: list[str] = []
        for each in self.lineage():
            for base in each.bases:
                plain = base.base if isinstance(base, Item) else base
                if isinstance(plain, External):
                    names.append(plain.name)
        return tuple(names)


@dataclass(eq=False, slots=True, repr=False)
class Call(Value):
    """One call of an attribute of a `Made` thing: `app.get("/x")`, with what it decorates."""

    name: str
    args: list[Value]
    kwargs: dict[str, Value]
    path: str
    line: int
    handler: Value | None = None
    wide: bool = False
    """Called with `*args` or `**kwargs` that are not known."""


@dataclass(eq=False, slots=True, repr=False)
class Made(Value):
    """What calling something gave: a library's object (`kind` "fastapi.FastAPI"), or an instance of a class here.

    `kind` is the dotted name of the class or function of the library ("" for a class of the repository without a
    library base); `call` is set when it came from a call on another thing.
    """

    kind: str
    args: list[Value]
    kwargs: dict[str, Value]
    path: str
    line: int
    cls: Class | None = None
    names: dict[str, Value] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    owner: Made | None = None
    call: Call | None = None
    wide: bool = False


@dataclass(eq=False, slots=True, repr=False)
class Attribute(Value):
    """A method or attribute of a `Made` thing that its class here does not define; `name` may be dotted."""

    owner: Made
    name: str


@dataclass(eq=False, slots=True, repr=False)
class Deferred(Value):
    """A call of a function here that was not followed; `guards` follow it when they need to."""

    function: Value
    args: list[Value]
    kwargs: dict[str, Value]
    path: str
    line: int


@dataclass(eq=False, slots=True, repr=False)
class View(Value):
    """`SomeView.as_view(...)`: a function made from a class of the repository."""

    cls: Class
    args: list[Value]
    kwargs: dict[str, Value]


def options(value: Value) -> list[Value]:
    """The possible values, flat."""
    if isinstance(value, Choice):
        return [each for option in value.options for each in options(option)]
    return [value]


def join(old: Value | None, new: Value) -> Value:
    """One of the two; what is known wins over None and unknown when just one of them is."""
    if old is None or old is new:
        return new
    both = [*options(old)]
    both += [each for each in options(new) if not any(each is other for other in both)]
    telling = [
        each for each in both if not (isinstance(each, Unknown) or (isinstance(each, Const) and each.value is None))
    ]
    if not telling:
        return new
    unique: list[Value] = []
    for each in telling:
        if not any(isinstance(each, Const) and isinstance(o, Const) and each.value == o.value for o in unique):
            unique.append(each)
    return unique[0] if len(unique) == 1 else Choice(unique[:20])


def constant(value: Value | None) -> Any:
    """The Python value of a constant; None for everything else."""
    return value.value if isinstance(value, Const) else None


def text(value: Value | None) -> str | None:
    """The string, or None."""
    found = constant(value)
    return found if isinstance(found, str) else None
