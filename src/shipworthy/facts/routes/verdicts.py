"""The words in which guards are judged: who is asking, what happened, what it proves."""

from __future__ import annotations

from dataclasses import dataclass, field

from shipworthy.facts.python_code.values import Value


@dataclass(eq=False, slots=True, repr=False)
class Claim(Value):
    """Something derived from the caller's identity.

    `sent` False: there is none (None, empty, false). `sent` True: the caller sent something that is not genuine.
    """

    sent: bool
    about: str
    truthy: bool = False
    """An object that stands for an anonymous user: true by itself, false in what it says."""
    session: bool = False
    """The session as a whole, which may also hold a cart or a language."""


@dataclass(eq=False, slots=True, repr=False)
class Marked(Value):
    """A value that was chosen because of the caller's identity."""

    inner: Value


@dataclass(eq=False, slots=True, repr=False)
class Handler(Value):
    """The guarded function: calling it means the guard let the caller through."""


@dataclass(eq=False, slots=True, repr=False)
class Part(Value):
    """A part of the request: "request", "headers", "cookies", "args", "body", "url", "state", "scope", "g"."""

    name: str


@dataclass(eq=False, slots=True, repr=False)
class Given(Value):
    """A value from the address: some text, never empty."""


@dataclass(eq=False, slots=True, repr=False)
class RoutePath(Value):
    """The path of the route under judgement, with its parameters as the framework writes them."""

    template: str

    @property
    def fixed(self) -> str:
        """The part before the first parameter."""
        return self.template.partition("{")[0].partition("<")[0]

    @property
    def exact(self) -> bool:
        return self.fixed == self.template


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a guard may know of the route: its method, path, and (Flask) endpoint. "" where it is not known."""

    method: str = ""
    path: str = ""
    endpoint: str = ""
    websocket: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place where a caller was refused."""

    text: str
    path: str
    line: int
    identity: bool
    """Because of who they are (or are not)."""
    refusal: bool = False
    """With an answer that means it: 401, 403."""


class Stop(Exception):
    """The function under trial ends here without an answer of its own: an exception, an abort."""

    def __init__(self, evidence: Evidence, raised: str = "", *, verification: bool = False) -> None:
        super().__init__(evidence.text)
        self.evidence = evidence
        self.raised = raised
        """The dotted name of what was raised, "" where it is not known."""
        self.verification = verification
        """Raised by a library for a token or signature it did not accept."""


class TooComplex(Exception):
    """The function is larger than a trial follows."""


@dataclass(slots=True)
class Trial:
    """What came out of running a guard with one kind of caller."""

    passed: bool = False
    """It can end normally, or call what it guards."""
    evidence: list[Evidence] = field(default_factory=list)
    value: Value | None = None
    """What it gave back, where it passed."""
    quiet: bool = True
    """It ended in no other way and gave no answer of its own, whoever asked."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a guard demands a verified identity: True, False, or None where that could not be told."""

    protects: bool | None
    mechanism: str = ""
    path: str = ""
    line: int = 0


OPEN = Verdict(False)
