"""Judges what may be a secret: by its rule's own means, by named filters, and by what kind of file it stands in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from shipworthy.facts.secrets import forms, prefilter, values, words
from shipworthy.facts.secrets.assign import Assigned, assignments
from shipworthy.facts.secrets.context import (
    FileContext,
    context_of,
    for_show,
    in_comment,
    name_before,
    of_tests,
    services_of_runs,
)
from shipworthy.facts.secrets.engine import Candidates, matches
from shipworthy.facts.secrets.forms import Refused
from shipworthy.facts.secrets.guessable import signing_secrets
from shipworthy.facts.secrets.names import PUBLIC_PREFIX, SecretName, read_name, split
from shipworthy.facts.secrets.rules import Rule, load
from shipworthy.facts.secrets.scanner import GUESSABLE, MOST_HITS, RANK, Found, Hit
from shipworthy.model import Confidence
from shipworthy.project.source import is_minified

_SOFT = {"dictionary-words", "entropy", "uuid", "code", "sentence", "base64-text", "hash", "number", "repeated"}
"""Filters that may be wrong about a real secret, so what they left out is masked all the same."""
_FIREBASE = re.compile(rb"authDomain|messagingSenderId|measurementId|storageBucket|google_app_id|mobilesdk_app_id")
_MAPS = re.compile(rb"maps\.google|googleapis\.com/maps|/maps/api/js")
_SEARCH_KEY = re.compile(rb"indexName|docsearch|DocSearch")
_RUN_BEFORE = re.compile(rb"[A-Za-z0-9+/]*\Z")
_RUN_AFTER = re.compile(rb"[A-Za-z0-9+/]*")
_LONG_RUN = 200
_NEXT_PAIR = re.compile(rb"[\"']\s{0,4}:(?!:)")
_FOLDERS = {"PWD", "OLDPWD", "INIT_CWD"}
"""Where a shell stands; not passwords."""
_FINGERPRINT = re.compile(r"(?:0x)?(?:[0-9A-F]{16}|[0-9A-F]{40})")
"""The name of a key that signs, as OpenPGP and Git write it; not the key."""
_LOCAL_NAMES = {"test", "tests", "local", "demo", "seed", "default"}
_TEST_WORDS = {"test", "tests", "testing", "fake", "mock", "dummy", "fixture", "example", "sample"}
_OWN_WORDS = {"secret", "key", "base", "jwt", "session", "cookie", "signing", "app", "auth", "nextauth", "django"}
"""Words of names for the key that an app itself signs with, and nothing of a provider's."""
_EXPRESSION = re.compile(r"[A-Za-z_$][\w$]*(?:\??\.[A-Za-z_$][\w$]*)*")
"""A variable, or what it holds, as code names it: `config.SecretKey`."""
_ALL_HEX, _LEAST_OF_HEX = re.compile(r"[0-9a-fA-F]{16,}"), 3.0
_SERVER_WORDS = {"secret", "private", "admin", "service", "password", "passwd", "write", "master"}


def judge(path: str, data: bytes, candidates: Candidates, *, minified: bool | None, sensitive: bool) -> Found:
    """What `scanner.scan` says of a text with these candidates."""
    name = path.rpartition("/")[2]
    found = Found()
    cut = ["engine"] if candidates.cut else []
    context = context_of(path, is_minified(data) if minified is None else minified)
    signs = candidates.signing if context.signs or (context.source and sensitive) else {}
    services = services_of_runs(path, data)
    found_signing = _signing(data, signs, cut) if signs is None or signs else ()
    hits = [_lowered(hit, path, data, context, services) for hit in found_signing]
    refused: list[tuple[int, int]] = []
    for rule, match in matches(candidates, data, name, cut):
        group: str | int = 0
        if rule.has_value:
            group = "value" if match.group("value") is not None else "value2"
        start, end = match.span(group)
        judged = _judge_rule(rule, match, data[start:end], context, data)
        if isinstance(judged, Refused):
            found.left_out.append((judged.by, start))
            if sensitive and judged.by in _SOFT:
                hits.append(Hit(rule.id, Confidence.REVIEW, start, end, data[start:end], rule.provider, True))
            elif rule.shape != "random":
                refused.append((start, end))
        else:
            hits.append(
                _lowered(replace(judged, start=start, end=end), path, data, context, services, issued=rule.issued)
            )
            if _made_up(rule, judged):
                # Its form outweighs the name it is given to, but not a place that only a real one goes to.
                refused.append((start, end))
    if context.generic or sensitive:
        for each in assignments(data, context.plain, candidates.assigned, cut):
            if not sensitive and not (
                prefilter.secretive(each.name.encode()) and prefilter.written(each.value, each.quoted)
            ):
                continue
            answer = _judge_assigned(each, context, data)
            if isinstance(answer, Refused):
                found.left_out.append((answer.by, each.start))
                if sensitive and answer.by in _SOFT:
                    end = each.start + len(each.value)
                    hits.append(Hit("assigned", Confidence.REVIEW, each.start, end, each.value, each.name, True))
            elif answer is not None:
                hits.append(_lowered(answer, path, data, context, services))
    best = list(_best(hits, refused))
    if len(best) > MOST_HITS:
        # The surest, so that doubtful ones in front cannot hide them.
        best = sorted(sorted(best, key=lambda hit: RANK[hit.confidence])[:MOST_HITS], key=lambda hit: hit.start)
        cut.append("hits")
    found.hits, found.cut = best, bool(cut)
    # An assignment may have been met twice, more often by one engine than by the other.
    found.left_out = list(dict.fromkeys(found.left_out))
    return found


def _lowered(
    hit: Hit, path: str, data: bytes, context: FileContext, services: list[tuple[int, int]], *, issued: bool = False
) -> Hit:
    """The hit, for review where what stands around says that its value is for show or for a run of the tests."""
    if issued or hit.confidence is Confidence.REVIEW:
        return hit
    if (
        for_show(path, data, hit.start)
        or any(data.find(hit.value, *span) >= 0 for span in services)
        or (context.role == "example" and in_comment(data, hit.start))
        or (hit.rule == "private-key" and _TEST_WORDS.intersection(split(name_before(data, hit.start))))
        or (_OWN_WORDS.issuperset(split(hit.name)) and hit.name and of_tests(data, hit.start))
    ):
        return replace(hit, confidence=Confidence.REVIEW)
    return hit


def _signing(data: bytes, signs: Mapping[str, list[int]] | None, cut: list[str]) -> Iterator[Hit]:
    """Signing secrets that code writes out. One that can be guessed is for review: it opens nothing but this app."""
    for each in signing_secrets(data, signs, cut):
        span = (each.start, each.start + len(each.value))
        text = each.value.decode("utf-8", "replace")
        if each.random and not values.plainly_not(text):
            confidence = Confidence.LIKELY if each.sure else Confidence.REVIEW
            guessable = not values.random(text) or values.entropy(text) * len(text) < 64
            yield Hit("assigned-signing", confidence, *span, each.value, each.name, guessable)
        else:
            rule = GUESSABLE if each.sure else "assigned-signing"
            yield Hit(rule, Confidence.REVIEW, *span, each.value, each.name, guessable=True)


def _best(hits: list[Hit], refused: list[tuple[int, int]]) -> Iterator[Hit]:
    """The surest and most specific hit of each place; none inside what a rule recognised as no secret."""
    rules = load().by_id
    taken: list[tuple[int, int]] = []
    kept: list[Hit] = []

    def order(hit: Hit) -> tuple[bool, int, bool, bool, int, int, str]:
        rule = rules.get(hit.rule)
        general = rule is None or rule.shape == "random"
        return (
            not (rule and rule.issued and not _made_up(rule, hit)),
            RANK[hit.confidence],
            general and hit.rule != GUESSABLE,
            # Between equals, the rule that knows the provider by what stands around.
            not (rule and rule.has_value),
            hit.start,
            -hit.end,
            hit.rule,
        )

    for hit in sorted(hits, key=order):
        if any(hit.start < end and start < hit.end for start, end in taken):
            continue
        general = hit.rule not in rules or rules[hit.rule].shape == "random"
        if general and hit.rule != GUESSABLE and any(hit.start < end and start < hit.end for start, end in refused):
            continue
        taken.append((hit.start, hit.end))
        kept.append(hit)
    return iter(sorted(kept, key=lambda hit: hit.start))


def _made_up(rule: Rule, hit: Hit) -> bool:
    """Whether a token lacks the checksum that its provider gives."""
    return bool(rule.checksum) and hit.confidence is Confidence.REVIEW


def _in_base64(data: bytes, start: int, end: int) -> bool:
    """Whether a match is a piece of a long run of base64, whose `+` and `/` look like borders."""
    if data[start - 1 : start] not in (b"+", b"/") and data[end : end + 1] not in (b"+", b"/"):
        return False
    before = _RUN_BEFORE.search(data, max(0, start - _LONG_RUN), start)
    after = _RUN_AFTER.match(data, end, end + _LONG_RUN)
    return len(before[0] if before else b"") + len(after[0] if after else b"") >= _LONG_RUN


def _judge_rule(rule: Rule, match: re.Match[bytes], value: bytes, context: FileContext, data: bytes) -> Hit | Refused:
    """The hit, or why it is none."""
    text = value.decode("utf-8", "replace")
    if load().printed(value):
        return Refused("documented-default")
    if rule.shape == "token" and not rule.has_value and _in_base64(data, *match.span()):
        return Refused("base64-text")
    judged: forms.Judged
    if rule.shape == "pem":
        judged = forms.pem(value)
    elif rule.shape == "jwt":
        judged = forms.jwt(value)
    elif rule.shape == "basic":
        judged = forms.basic(text)
    elif rule.shape == "signing":
        judged = forms.signing(text)
    elif rule.id == "url-password":
        judged = _url(match, text, data)
    elif rule.shape == "password":
        judged = forms.password(text, command=rule.commands)
    elif rule.shape == "random":
        judged = _random(rule, text)
    elif rule.shape == "drawn":
        judged = forms.drawn(text, rule.entropy, rule.confidence)
    elif rule.shape == "encoded":
        judged = forms.encoded(value)
    else:
        judged = _token(rule, text, match, data, context)
    if isinstance(judged, Refused):
        return judged
    other_rule, confidence = judged
    if not rule.issued and other_rule is None:
        confidence = forms.settled(confidence, context)
    guessable = rule.shape in ("password", "basic", "signing") and not values.random(text)
    guessable = guessable or values.entropy(text) * len(text) < 64
    return Hit(other_rule or rule.id, confidence, 0, 0, value, rule.provider, guessable)


def _token(rule: Rule, text: str, match: re.Match[bytes], data: bytes, context: FileContext) -> forms.Judged:
    body = text
    for keyword in sorted(rule.keywords, key=len, reverse=True):
        if rule.gate != "shape" and body.startswith(keyword):
            body = body[len(keyword) :]
            break
    refused = values.plainly_not(body)
    if refused and not (refused == "hash" and rule.id == "htpasswd"):
        return Refused(refused)
    if values.entropy(body) < rule.entropy:
        return Refused("entropy")
    if not rule.uuid and len(body) >= 16 and (values.identifier(body) or values.wordy(body) > 0.66):
        return Refused("dictionary-words")
    if len(body) >= 24 and not any(c.isdigit() for c in body) and (body.islower() or body.isupper()):
        return Refused("dictionary-words")
    if rule.id == "google-api-key":
        around = data[max(0, match.start() - 700) : match.end() + 700]
        if _FIREBASE.search(around) or _MAPS.search(around):
            return Refused("public-key")
    if values.encoded_words(body):
        return Refused("base64-text")
    confidence = rule.confidence
    if context.role == "lock" and confidence is not Confidence.CERTAIN:
        return Refused("lock-file")
    if context.doubtful and (confidence is not Confidence.CERTAIN):
        confidence = Confidence.REVIEW
    if rule.checksum == "crc32" and forms.wrong_crc32(text):
        # For review and not dropped: the provider could sum in another way one day.
        confidence = Confidence.REVIEW
    return None, confidence


def _random(rule: Rule, text: str) -> forms.Judged:
    refused = values.plainly_not(text) or values.other_thing(text)
    if refused:
        return Refused(refused)
    if load().public_key(text):
        return Refused("public-key")
    if text.startswith("eyJ") and text.count(".") == 2:
        return Refused("web-token")  # json-web-token judges those
    # Hex has four bits a character at most: of random 32, a fifth have less than 3.5.
    if values.entropy(text) < (min(rule.entropy, _LEAST_OF_HEX) if _ALL_HEX.fullmatch(text) else rule.entropy):
        return Refused("entropy")
    return (None, rule.confidence) if values.random(text) else Refused("dictionary-words")


def _url(match: re.Match[bytes], password: str, data: bytes) -> forms.Judged:
    before = re.search(rb"[A-Za-z][A-Za-z0-9+.-]{0,30}$", data[max(0, match.start() - 31) : match.start()])
    if before is None:
        return Refused("code")
    parts = [match.group(name).decode("utf-8", "replace") for name in ("user", "host")]
    return forms.url(before.group().decode("ascii").lower(), parts[0], password, parts[1])


def _judge_assigned(each: Assigned, context: FileContext, data: bytes) -> Hit | Refused | None:
    """The hit; why it is none; None where the name names no secret."""
    name = read_name(each.name)
    if name is None or len(each.value) < 4:
        return None
    text = each.value.decode("utf-8", "replace")
    refused = "name" if text == each.name or _next_name(each, data) else values.plainly_not(text)
    if refused:
        return Refused(refused)
    if load().public_key(text):
        return Refused("public-key")
    if load().printed(each.value):
        return Refused("documented-default")
    if text.lower() in words.ENCODINGS:
        return Refused("dictionary-words")
    if text.startswith("eyJ") and text.count(".") == 2:
        return Refused("web-token")  # json-web-token judges those
    if each.name in _FOLDERS and text.startswith("/"):
        return Refused("path")
    if not each.quoted and (
        any(sign in text for sign in "()[]{}<>")
        or (each.bare and context.role in ("code", "test") and not context.plain and _EXPRESSION.fullmatch(text))
    ):
        return Refused("code")
    judge = _password if name.kind == "password" else _key
    judged = judge(name, text, each)
    if isinstance(judged, Refused):
        return judged
    parts = set(split(each.name))
    if name.kind == "key" and _SEARCH_KEY.search(data, max(0, each.start - 300), each.start + 400):
        return Refused("public-key")
    if (
        context.doubtful
        or (context.role == "example" and (name.kind == "password" or not values.random(text, 24)))
        or (PUBLIC_PREFIX.match(each.name) and not parts & _SERVER_WORDS)
        or (parts & _LOCAL_NAMES and not (name.sure and values.random(text, 20)))
    ):
        judged = Confidence.REVIEW
    rule = f"assigned-{name.kind}"
    end = each.start + len(each.value)
    guessable = not values.random(text) or values.entropy(text) * len(text) < 64
    return Hit(rule, judged, each.start, end, each.value, each.name, guessable)


def _next_name(each: Assigned, data: bytes) -> bool:
    """Whether a value that only follows a word in a list is a name itself, that of the next pair."""
    if not each.weak or not _NEXT_PAIR.match(data, each.start + len(each.value)):
        return False
    return data[max(0, each.start - 60) : each.start - 1].rstrip().endswith(b",")


def _password(name: SecretName, text: str, each: Assigned) -> Confidence | Refused:
    strong = values.random(text, 12)
    other = values.other_thing(text)
    if other:
        return Refused(other)
    if strong or values.chosen_password(text):
        return Confidence.LIKELY if (strong or name.sure) and not each.weak else Confidence.REVIEW
    if values.identifier(text) and not any(c.isdigit() for c in text):
        return Refused("dictionary-words")
    return Confidence.REVIEW if name.sure and not each.weak else Refused("dictionary-words")


def _key(name: SecretName, text: str, each: Assigned) -> Confidence | Refused:
    strong = values.random(text, 12 if name.sure and name.kind in ("signing", "secret") else 16)
    other = values.other_thing(text)
    if other == "uuid":
        return Confidence.LIKELY if name.sure and not each.weak else Refused("uuid")
    if other == "base64-text" and name.kind == "signing" and name.sure and not each.weak:
        return Confidence.REVIEW  # as good as the words it is made of
    if other:
        return Refused(other)
    if "..." in text:
        return Refused("placeholder")  # the middle of a longer one is left out
    if _FINGERPRINT.fullmatch(text) and "".join(split(each.name)).endswith("signingkey"):
        return Refused("hash")
    if strong:
        parts = split(each.name)
        sure = name.sure or ((len(parts) > 1 or parts[0] == "authorization") and values.random(text, 20))
        return Confidence.LIKELY if sure else Confidence.REVIEW
    if name.kind in ("signing", "secret") and name.sure:
        if values.chosen_password(text) and len(text) >= 8:
            return Confidence.REVIEW if each.weak else Confidence.LIKELY
        if name.kind == "signing" and not each.weak:
            return Confidence.REVIEW
    return Refused("dictionary-words")
