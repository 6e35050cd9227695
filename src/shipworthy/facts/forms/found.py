"""What the code names and a form should name too: route groups, data stores, outside services, keys (never values)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from shipworthy.facts.base import Fact
from shipworthy.facts.forms.model import Answers, Form, Kind, Question, Source
from shipworthy.facts.keys import Keys
from shipworthy.facts.routes import Route, Routes
from shipworthy.facts.stack import Part, Stack
from shipworthy.model import Location
from shipworthy.text import visible

KINDS: dict[Source, tuple[type[Fact], ...]] = {
    Source.ROUTES: (Routes,),
    Source.STORES: (Stack,),
    Source.SERVICES: (Stack, Keys),
    Source.PAID_SERVICES: (Stack, Keys),
    Source.KEYS: (Keys,),
}
"""The facts each source is read from."""

WORDS = {
    Source.ROUTES: "route group",
    Source.STORES: "data store",
    Source.SERVICES: "outside service",
    Source.PAID_SERVICES: "service that charges by use",
    Source.KEYS: "key",
}
"""What one of a source's names is, for a sentence."""

# How people write what the stack calls otherwise.
_ALIASES = {
    "postgresql": ("postgres", "pg"), "mongodb": ("mongo",), "mysql": ("mariadb",), "sqlite": ("sqlite3",),
    "elasticsearch": ("elastic",), "redis": ("valkey",), "aws": ("amazon", "s3"), "google-cloud": ("gcp", "google"),
    "google": ("gemini",), "openai": ("gpt",), "anthropic": ("claude",), "mail": ("smtp", "e-mail", "email"),
    "x": ("twitter",), "huggingface": ("hugging face",), "google-app-engine": ("app engine",),
    "google apis": ("google",), "azure openai": ("azure",),
}  # fmt: skip
_NO_WORD = frozenset({"x"})
"""Names that would be found in any text: only their aliases are looked for."""
_ORDINARY = frozenset({"/", "database", "mail", "google", "replicate", "resend"})
"""Names that are words of any text: only a row of its own names such a thing."""
_KEEP_DATA = frozenset({"supabase", "firebase", "pinecone"})
"""Outside services that are data stores too."""
_THROUGH = frozenset({"sqlalchemy", "odbc", "tortoise", "peewee", "prisma", "drizzle", "typeorm", "sequelize", "knex"})
"""What talks to a data store that it does not name."""
ANY_STORE = "database"
_STORE_WORDS = (
    "database", "db", "postgresql", "postgres", "mysql", "mariadb", "sqlite", "mongodb", "mongo", "oracle", "mssql",
    "sql server", "cockroachdb", "planetscale", "neon", "supabase", "turso",
)  # fmt: skip
_ISSUERS = {
    "Google Gemini": "google", "Google": "google apis", "Google Cloud": "google-cloud", "Hugging Face": "huggingface",
}  # fmt: skip
"""Issuers of keys whom the stack calls otherwise than in lower case."""
_MODELS = frozenset({
    "openai", "anthropic", "cohere", "mistral", "groq", "replicate", "google", "huggingface", "azure openai", "xai",
    "together ai", "openrouter", "deepseek", "perplexity", "fireworks ai",
})  # fmt: skip
"""Services that answer prompts."""
_CALLERS = frozenset({"langchain", "litellm"})
"""Libraries that call such services: no service, but where they are used and none is seen, one is not seen."""
_PAID = frozenset({
    *_MODELS, *_CALLERS,
    "twilio", "sendgrid", "resend", "postmark", "mailchimp", "aws", "google-cloud", "azure", "firebase", "supabase",
    "pinecone", "algolia", "cloudinary", "sentry", "posthog", "auth0", "clerk", "plaid", "stripe",
    "fal", "elevenlabs", "deepgram", "assemblyai", "stability ai", "voyage ai", "tavily", "serper", "serpapi", "exa",
    "firecrawl", "google maps", "mapbox", "mailgun", "vonage",
})  # fmt: skip
"""Models, messages, mail, maps, search, storage, monitoring and identity billed by use. Source: their price lists."""

_RIGHTS = frozenset({"read-only", "restricted", "admin"})
"""Scopes of a key that say what it may do."""

MAX_NAME = 200
"""Characters of a name; a longer one is cut."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PREFIX = re.compile(r"(?:api|apis|rest|v\d{1,3}(?:\.\d{1,3})?)\Z", re.I)
_PARAMETER = re.compile(r"[<{:*\[(]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """One thing that the code names, and where: the first place, and others."""

    source: Source
    name: str
    location: Location
    related: tuple[Location, ...] = ()
    aliases: tuple[str, ...] = ()
    """Other ways to write it."""
    told: tuple[tuple[str, str], ...] = ()
    """(id of a column, text) of what the files tell of it besides."""

    @property
    def what(self) -> str:
        """For a sentence: `route group /users`."""
        return f"{WORDS[self.source]} {self.name}"


def needed(form: Form) -> tuple[type[Fact], ...]:
    """The kinds of facts that the form's sources are read from."""
    found: list[type[Fact]] = []
    for source in _sources(form):
        found += [kind for kind in KINDS[source] if kind not in found]
    return tuple(found)


def _sources(form: Form) -> tuple[Source, ...]:
    return tuple(source for question in form.questions for source in question.sources)


def found_in(sources: Iterable[Source], facts: Mapping[type[Fact], Fact]) -> tuple[Named, ...]:
    """What the code names of these sources, each name once. Raises KeyError for a fact that is not there."""
    found: list[Named] = []
    for source in sources:
        if source is Source.ROUTES:
            routes = facts[Routes]
            assert isinstance(routes, Routes)  # noqa: S101 - facts are keyed by their own type
            found += _groups(routes)
        elif source is Source.KEYS:
            keys = facts[Keys]
            assert isinstance(keys, Keys)  # noqa: S101 - as above
            found += _keys(keys)
        else:
            stack, known = facts[Stack], facts.get(Keys)
            assert isinstance(stack, Stack)  # noqa: S101 - as above
            if source is Source.STORES:
                found += _stores(stack)
            else:
                assert isinstance(known, Keys)  # noqa: S101 - as above
                found += _services(stack, known, source)
    # Names of routes and settings are the repository's own: as they are shown they can be written into a file too.
    found = [replace(each, name=visible(each.name, MAX_NAME)) for each in found]
    # A service that keeps data is one thing, whatever it counts as.
    return tuple({each.name: each for each in reversed(found)}.values())[::-1]


def group_of(path: str) -> tuple[str, str]:
    """(prefix, group) of a route's path: `/api/v1/users/{id}` gives `/api/v1` and `/api/v1/users`.

    The group is the prefix itself where nothing but a parameter follows it.
    """
    segments = [each for each in path.split("/") if each]
    start = 0
    while start < len(segments) and _PREFIX.match(segments[start]):
        start += 1
    prefix = "/" + "/".join(segments[:start])
    if start == len(segments) or _PARAMETER.search(segments[start]):
        return prefix, prefix
    return prefix, "/" + "/".join(segments[: start + 1])


def _groups(routes: Routes) -> Iterator[Named]:
    """A group for each first part of a path that has several routes, or one that changes something.

    Single pages that are only read belong to the group of what they lie below.
    """
    groups: dict[str, list[Route]] = {}
    prefixes: dict[str, str] = {}
    for route in routes.routes:
        if route.path is not None:
            prefix, group = group_of(route.path)
            groups.setdefault(group, []).append(route)
            prefixes[group] = prefix
    kept: dict[str, list[Route]] = {}
    for group, members in groups.items():
        alone = len(members) == 1 and members[0].method in _SAFE
        kept.setdefault(prefixes[group] if alone else group, []).extend(members)
    for group, members in sorted(kept.items()):
        places = [Location(path=each.file, line=each.line) for each in members]
        short = group.removeprefix(prefixes.get(group, "")) if prefixes.get(group, "/") != "/" else ""
        yield Named(
            source=Source.ROUTES,
            name=group,
            location=places[0],
            related=tuple(dict.fromkeys(places[1:]))[:5],
            aliases=(short,) if short else (),
        )


def _parts(stack: Stack, part: Part) -> dict[str, list[Location]]:
    found: dict[str, list[Location]] = {}
    for each in stack.of(part):
        found.setdefault(each.name, []).append(each.location)
    return dict(sorted(found.items()))


def _stores(stack: Stack) -> Iterator[Named]:
    found = _parts(stack, Part.DATABASE)
    for name, places in _parts(stack, Part.THIRD_PARTY).items():
        if name in _KEEP_DATA:
            found.setdefault(name, []).extend(places)
    named = {name: places for name, places in found.items() if name not in _THROUGH}
    for name, places in named.items():
        yield _named(Source.STORES, name, places)
    through = [place for name, places in found.items() if name in _THROUGH for place in places]
    if through and not named:
        # Which one it is stands in a setting that only the host knows.
        yield Named(
            source=Source.STORES,
            name=ANY_STORE,
            location=through[0],
            related=tuple(through[1:6]),
            aliases=_STORE_WORDS,
        )


def _services(stack: Stack, keys: Keys, source: Source) -> Iterator[Named]:
    """Whose library is used, and whose key is read: a service called through a framework shows by its key alone."""
    found = _parts(stack, Part.THIRD_PARTY)
    for key in keys.keys:
        if key.provider and key.reads:
            found.setdefault(_ISSUERS.get(key.provider, key.provider.lower()), []).extend(key.reads)
    called = not _MODELS.isdisjoint(found)
    for name, places in sorted(found.items()):
        if name in _CALLERS and called:
            continue
        if source is Source.SERVICES or name in _PAID:
            yield _named(source, name, list(dict.fromkeys(places)))


def _named(source: Source, name: str, places: list[Location]) -> Named:
    return Named(
        source=source,
        name=name,
        location=places[0],
        related=tuple(places[1:6]),
        aliases=_ALIASES.get(name, ()),
    )


def _keys(keys: Keys) -> Iterator[Named]:
    for key in keys.keys:
        if key.guarded:
            kept = ", ".join(dict.fromkeys(each.kind for each in key.kept))
            rights = key.scope if key.scope in _RIGHTS else ""
            told = tuple((column, text) for column, text in (("kept", kept), ("rights", rights)) if text)
            yield replace(_named(Source.KEYS, key.name, list(key.places)), told=told)


def mentions(named: Named, text: str) -> bool:
    """Whether a text names the thing, as a word or path of its own, in any case."""
    folded = text.casefold()
    names = [each for each in (named.name, *named.aliases) if each not in _NO_WORD]
    return any(_pattern(named.source, each.casefold()).search(folded) for each in names)


@lru_cache(maxsize=8_192)
def _pattern(source: Source, name: str) -> re.Pattern[str]:
    if source is Source.ROUTES:
        # `/users` is not named by `/users/me`, nor by `/api/users`; `/` stands alone.
        return re.compile(rf"(?<![\w/.}}>-]){re.escape(name)}/?(?![\w/<{{:*\[(-])")
    if source is Source.KEYS:
        return re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])")
    words = re.escape(name).replace(r"\-", "[ -]?").replace(r"\ ", "[ -]?")
    return re.compile(rf"(?<![a-z0-9]){words}(?![a-z0-9])")


def parts_named(
    question: Question, form: Form, answers: Answers, found: Iterable[Named]
) -> Iterator[tuple[Named, bool]]:
    """Each thing found, and whether what people confirmed names it.

    In Markdown any answer may name it, unless its name is an ordinary word; else the first column of its table does.
    """
    first = question.columns[0].id
    rows = [row for row in answers.table(question.id) if row.confirmed]
    texts = [row.cell(first) for row in rows]
    names = "\n".join(texts)
    if form.markdown:
        for other in form.questions:
            if other.kind is Kind.ROWS:
                texts += [cell for row in answers.table(other.id) if row.confirmed for cell in row.cells.values()]
            else:
                texts.append(answers.text(other.id))
    text = "\n".join(texts)
    for each in found:
        yield each, mentions(each, names if each.name in _ORDINARY else text)
