"""Judges values: named filters for what is no secret, and how much a value looks like one."""

from __future__ import annotations

import base64
import binascii
import itertools
import math
import re
from collections import Counter

from shipworthy.facts.secrets import words

# What only counts at the beginning is a pattern of its own, for `match`: a search tries it at every place.
_TEMPLATE = re.compile(
    r"\$\{|\{\{|<%|%\{|#\{|\$\(|\$\[\[|@@|</|%[sdr]\b|%\(|\{[A-Za-z_][\w.\[\]()'\"]{0,60}\}|\{\}|<[A-Za-z][\w -]{1,40}>"
)
_TEMPLATE_BEGINS = re.compile(
    r"<[^<>]*>?$|\[[^\]]*\]$|\{[^{}]*\}?$|%[^%]+%$|\$[A-Za-z_{(]\w*|__\w+__$|\$\d$|@[A-Za-z]+\("
)
_REFERENCE = re.compile(r"/run/secrets/|process\.env|os\.environ|getenv|import\.meta", re.I)
_REFERENCE_BEGINS = re.compile(
    r"(?:vault|op|ssm|secretsmanager|secretmanager|secretRef|sm|gcp|gcpsm|aws|azure|keyvault|doppler|env|file|secret"
    r"|secrets|arn|projects|kms|awskms|bw|sops|infisical|ref|valueFrom|resolve|credstash|chamber|keyring|keychain)"
    r"(?:[:!(]|://?|/)|ENC\[|ENC\(|!\w+|encrypted:|(?:secrets|var|vars|data|local|module|env|inputs|github"
    r"|settings|config|self|this|args|opts|options|params|props|ctx|req|request|res|event|user|body|session)\.[A-Za-z_]"
    r"|(?:env|config|getenv|secret|os)\(|Ag[A-D][A-Za-z0-9+/]{200}|gAAAAA[\w-]{60}|vault:v\d:",
    re.I,
)
_HASH = re.compile(
    r"^(?:(?:[\w.@-]{1,64}:)?\$(?:apr1|2[abxy]?\$\d\d)\$|sha(?:1|224|256|384|512)[-:=]|md5[-:=]|\$argon2|\$pbkdf2|pbkdf2[_:]|\$[156y]\$|\{SSHA|\{SHA"
    r"|scrypt[:$]|bcrypt[:$]|argon2\$|h1:|SHA256:)",
    re.I,
)
_UUID = re.compile(r"[{(]?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}[)}]?")
_PLACE = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?//|\.{1,2}/|~/|[A-Za-z]:\\|[\w.+-]+@[\w-]+\.[\w.]+$|[\w-]+(?:/[\w.-]+)+\.\w{1,5}$"
    r"|[\w.-]+\.(?:json|ya?ml|pem|key|txt|env|js|ts|tsx|py|html?|css|png|jpe?g|svg|md|toml|crt|cer|sh|php|com|org|io|net)$"
    r"|/(?:[a-z]+(?:[._-][a-z]+)*/)+[a-z]+(?:[._-][a-z]+)*/?$"
    r"|mailto:|data:|(?:application|text|image|audio|video|multipart|font)/",
    re.I,
)
_CODE = re.compile(r"=>|::|\\[dwsb]|\[[a-zA-Z0-9^]+-[a-zA-Z0-9]|\w\[['\"]")
_CODE_BEGINS = re.compile(
    r"#[0-9a-fA-F]{3,8}$|[A-Za-z_]\w*(?:\[\w*\])+$|[a-z_]+(?:[|:][a-z_:0-9,]+)+$|[-=+*_#.~/\\ ]+$"
    r"|[A-Za-z_]+(?:\.[A-Za-z_]+)+$|(?:var|int|bool|string|char|text|number|object|any|void|uuid|bytes)\b|\^"
    r"|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|[A-Za-z]+(?:[_-][A-Za-z]+)+(?:,[A-Za-z]+(?:[_-][A-Za-z]+)+)+$|\[\S+\][+*]"
)
_SHORTCUT = re.compile(r"(?:(?:ctrl|cmd|alt|shift|meta|mod|super|opt|option|command|control)[+-]){1,4}\S{1,12}", re.I)
_MAYBE_CODE = re.compile(r"^[#.][A-Za-z_][\w-]*$|^\w+\(|\(\)|[;{}]\s*$|&&|\|\|")
_SEQUENCES = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "9876543210", "qwertyuiop")
_PLACEHOLDER = re.compile("|".join(map(re.escape, words.PLACEHOLDER_ANYWHERE)))
_REQUIREMENT = re.compile(
    r"@?[A-Za-z][\w./-]{0,80}(?:\[[\w,-]{1,80}\])?(?:[=~!<>]=={0,1}\s?v?\d[\w.*+!-]{0,40}|@[\^~]?v?\d+\.\d+[\w.+-]{0,40})"
)
"""A package and its version, as PEP 508 and npm write them."""
_LEAST_RUN = 7
_RUNS = frozenset(
    run[start : start + size] for run in _SEQUENCES for size in range(7, 11) for start in range(len(run) - size + 1)
)
_STAND_IN = re.compile(
    r"(?:[a-z0-9]+[_-])*(?:test|tests|fake|mock|demo|seed|e2e|stub|fixture|dummy|story|dev|local|ci)(?:[_-][a-z0-9]+)*"
)
"""Lower-case words and numbers, one of which says that the value is made up: `cs_test_123`."""
_VERSIONED = re.compile(r"[a-z]{2,}(?:[_-][a-z]{2,}){0,6}[_-]v?\d{1,2}(?:[_-][a-z]{2,}){0,6}")
"""Lower-case words with one small number between or behind them: `shop-secret-v2`."""
_HEX = re.compile(r"(?<![a-z0-9])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}(?![a-z0-9])")
_MEMBER = re.compile(r'"\s*:\s*"([^"\\]{16,400})"')
"""The text of a member of a JSON object."""
_NOT_WORD = re.compile(r"[^A-Za-z0-9]+")
_PIECES = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def entropy(value: str) -> float:
    """Shannon entropy in bits a character; 0 for the empty text."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values()) if total else 0.0


def wordy(value: str) -> float:
    """The share of neighbours that are pairs common in words, 0 to 1; 0 for hex and for fewer than four pairs."""
    low = _HEX.sub("", value.lower())
    pairs = [low[i : i + 2] for i in range(len(low) - 1) if low[i].isalpha() and low[i + 1].isalpha()]
    if len(pairs) < 4:
        return 0.0
    # Measured against the length too: the few pairs between a random value's digits say little.
    return sum(pair in words.COMMON_PAIRS for pair in pairs) / max(len(pairs), 0.6 * (len(low) - 1))


def pieces(value: str) -> list[str]:
    """Words and numbers of a value: "my-Secret2key" is my, secret, 2, key."""
    return [piece.lower() for part in _NOT_WORD.split(value) for piece in _PIECES.findall(part)]


def sequence(value: str) -> bool:
    """Mostly one character, one short pattern repeated, or a keyboard or alphabet run."""
    low = value.lower()
    if len(set(low)) <= max(2, len(low) // 10 if len(low) < 40 else 3):
        return True
    if len(low) >= 8 and low in (low + low)[1:-1]:
        return True
    if re.search(r"(.)\1{5,}", low):
        return True
    run = _longest_run(low)
    return (run >= _LEAST_RUN and run * 2.5 >= len(low)) or run >= 10


def _longest_run(low: str) -> int:
    """The length of the longest part that runs along a keyboard or the alphabet, up to 10; 0 for less than 7."""
    last = len(low) - _LEAST_RUN
    if not any(low[start : start + _LEAST_RUN] in _RUNS for start in range(last + 1)):
        return 0
    sizes = range(10, _LEAST_RUN - 1, -1)
    return next(n for n in sizes if any(low[start : start + n] in _RUNS for start in range(len(low) - n + 1)))


def plainly_not(value: str) -> str | None:
    """The name of the filter that says a value is no secret of any kind; None where none does."""
    if not value.strip():
        return "empty"
    if _TEMPLATE.search(value) or _TEMPLATE_BEGINS.match(value):
        return "template"
    if _REFERENCE.search(value) or _REFERENCE_BEGINS.match(value):
        return "reference"
    if _HASH.match(value):
        return "hash"
    low = value.lower()
    if _PLACEHOLDER.search(low):
        return "placeholder"
    if sequence(value):
        return "repeated"
    parts = [part for part in pieces(value) if not part.isdigit()]
    digits = sum(character.isdigit() for character in value)
    if parts and digits <= 6 and all(part in words.PLACEHOLDER_WORDS for part in parts):
        return "placeholder"
    if not parts and len(value) < 16:
        return "number"
    return None


def other_thing(value: str) -> str | None:
    """The filter for a value that is a path, an address, code, a sentence or a UUID rather than a random token."""
    if _UUID.fullmatch(value):
        return "uuid"
    if _PLACE.match(value) or _path_of_words(value):
        return "path"
    if _SHORTCUT.fullmatch(value) or _CODE.search(value) or _CODE_BEGINS.match(value):
        return "code"
    if _MAYBE_CODE.search(value) and not random(value, 12):
        return "code"
    if value.count(" ") >= 1:
        return "sentence"
    if re.fullmatch(r"\d{4}-\d\d-\d\d.*|v?\d+(?:\.\d+)+\S{0,12}", value) or _REQUIREMENT.fullmatch(value):
        return "version"
    return "base64-text" if encoded_text(value) else None


def _path_of_words(value: str) -> bool:
    segments = [part for part in value.split("/") if part]
    if "/" not in value or not segments:
        return False
    return all(len(part) <= 3 or identifier(part) for part in segments) and len(segments) * 3 < len(value)


def encoded_text(value: str) -> bool:
    """Base64 of readable words, such as a sentence, or of a stand-in, such as `changeme`."""
    if len(value) < 8 or len(value) % 4 or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", value):
        return False
    try:
        text = base64.b64decode(value, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return False
    text = text.strip()  # `echo` ends what it hands on with a newline
    if not text.isprintable():
        return False
    if _holds_random(text):
        return False
    if text.lower() in words.COMMON_PASSWORDS or plainly_not(text):
        return True
    return len(value) >= 16 and (" " in text or wordy(text) > 0.6)


def _holds_random(text: str) -> bool:
    """Whether a text is a JSON object with a random value in it, as providers pack tokens; ids are none."""
    if not (text.startswith("{") and text.endswith("}")):
        return False
    return any(random(found) and not _UUID.fullmatch(found) for found in _MEMBER.findall(text))


def encoded_words(value: str) -> bool:
    """Base64 of letters alone that read as words, as people make up a token's body."""
    if len(value) < 20 or len(value) % 4 or not re.fullmatch(r"[A-Za-z0-9+/]+={0,2}", value):
        return False
    text = base64.b64decode(value).decode("latin-1")
    return text.isascii() and text.isalpha() and wordy(text) > 0.6


def identifier(value: str) -> bool:
    """Made of words, as names in code are: `client_secret_basic`, `mock-jwt-token`, `passwordField2`."""
    parts = pieces(value)
    letters = [part for part in parts if part.isalpha()]
    if not letters:
        return False
    long = [part for part in letters if len(part) >= 3]
    covered = sum(len(part) for part in long if part in words.PLACEHOLDER_WORDS or wordy(part) >= 0.5 or len(part) == 3)
    digits = sum(len(part) for part in parts if part.isdigit())
    return covered >= 0.8 * sum(map(len, letters)) and digits <= 4 and len(parts) <= max(3, len(value) // 4)


def _mixed(segment: str) -> bool:
    """Letters and digits, or cases, in an order that no word or name has."""
    if len(segment) < 6:
        return False
    kinds = "".join("d" if c.isdigit() else "u" if c.isupper() else "l" for c in segment)
    turns = sum(1 for a, b in itertools.pairwise(kinds) if a != b)
    digit_turns = sum(1 for a, b in itertools.pairwise(kinds) if (a == "d") != (b == "d"))
    if digit_turns >= 3 or (digit_turns >= 2 and turns >= 4):
        return True
    if digit_turns >= 1 and len(segment) >= 12 and wordy(segment) < 0.55:
        return True
    return len(segment) >= 12 and wordy(segment) < 0.5 and (turns >= 5 or len(segment) >= 20)


def random(value: str, least: int = 16) -> bool:
    """Whether a value looks drawn at random rather than written: at least `least` characters, no words."""
    if len(value) < least or len(value) > 4_000 or any(c.isspace() for c in value):
        return False
    bare = value.rstrip("=")
    if sum(c.isalpha() for c in bare) < 3:
        return False
    if re.fullmatch(r"[0-9a-fA-F]+", bare):
        return len(bare) >= max(16, least) and entropy(bare.lower()) >= 2.6 and any(c.isdigit() for c in bare)
    if entropy(bare) < (2.9 if len(bare) < 20 else 3.2):
        return False
    segments = [part for part in _NOT_WORD.split(bare) if part]
    mixed = sum(len(part) for part in segments if _mixed(part))
    if mixed >= 12 and mixed * 2 >= len(bare):
        return wordy(bare) < 0.7
    specials = len({c for c in bare if not c.isalnum() and c not in "-_./:,"})
    if specials >= 3 and any(c.isdigit() for c in bare) and wordy(bare) < 0.6:
        return True
    whole = "".join(segments)
    return len(segments) <= max(2, len(bare) // 8) and len(whole) >= 20 and _mixed(whole) and wordy(bare) < 0.5


def seed_phrase(value: str) -> bool:
    """Whether a value could be a wallet's seed phrase: 12 to 24 words by threes, hardly one of them twice (BIP 39)."""
    words_of_it = value.split(" ")
    return len(words_of_it) in (12, 15, 18, 21, 24) and len(set(words_of_it)) > 0.8 * len(words_of_it)


def chosen_password(value: str) -> bool:
    """Whether a value looks like a password that guards something, rather than a stand-in or a word."""
    if not 6 <= len(value) <= 200 or any(c.isspace() for c in value):
        return False
    low = value.lower().strip("!1234567890@#$%?.*_-")
    if low in words.COMMON_PASSWORDS or value.lower() in words.COMMON_PASSWORDS:
        return False
    if _STAND_IN.fullmatch(value) or (_VERSIONED.fullmatch(value) and wordy(value) >= 0.5):
        return False
    parts = [part for part in pieces(value) if part.isalpha()]
    if parts and all(part in words.COMMON_PASSWORDS or part in words.PLACEHOLDER_WORDS for part in parts):
        return False
    kinds = (
        any(c.islower() for c in value) + any(c.isupper() for c in value)
        + any(c.isdigit() for c in value) + any(not c.isalnum() and c not in "-_." for c in value)
    )  # fmt: skip
    if kinds >= 3:
        return not (identifier(value) and not any(c.isdigit() for c in value))
    mixed = any(c.isdigit() or not c.isalnum() for c in value)
    return kinds == 2 and len(value) >= 8 and mixed and not identifier(value)
