"""Makes example secrets at run time from the rules' parts, so that no token-shaped text stands in the repository."""

from __future__ import annotations

import base64
import json
import random
import re
import string

from shipworthy.facts.secrets.rules import Rule

ALPHABETS = {
    "an": string.ascii_letters + string.digits,
    "word": string.ascii_letters + string.digits + "_-",
    "hex": "0123456789abcdef",
    "lo": string.ascii_lowercase + string.digits,
    "b32": string.ascii_uppercase + "234567",
    "b64": string.ascii_letters + string.digits + "+/",
    "bech": "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L",
    "d": string.digits,
    "pw": string.ascii_letters + string.digits + "!*^_",
}


def drawn(kind: str, size: int, seed: int = 1) -> str:
    """`size` characters of one of ALPHABETS, the same for the same seed; edges are letters or digits."""
    if kind == "basic":
        return base64.b64encode(f"deploy:{drawn('pw', size, seed)}".encode()).decode()
    if kind == "jwt":
        parts = (json.dumps({"alg": "HS256"}), json.dumps({"sub": drawn("hex", 12, seed)}))
        return ".".join(
            [*(base64.urlsafe_b64encode(p.encode()).decode().rstrip("=") for p in parts), drawn("word", size)]
        )
    source = random.Random(f"{kind}{size}{seed}")
    text = [source.choice(ALPHABETS[kind]) for _ in range(size)]
    for edge in (0, -1):
        if not text[edge].isalnum():
            text[edge] = "k"
    if kind == "pw":
        text[1:5] = "K7!q"
    return "".join(text)


def example(rule: Rule, seed: int = 1) -> str:
    """A text the rule must find, made of the rule's parts."""
    count = iter(range(seed * 1_000, seed * 1_000 + 999))
    joined = "".join(rule.example)
    return re.sub(r"\{(\w+):(\d+)\}", lambda m: drawn(m[1], int(m[2]), next(count)), joined)
