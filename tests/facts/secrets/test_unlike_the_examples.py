"""Keys and tokens as programs write them, where made-up examples differ: their zeros, signs, ids and order."""

from __future__ import annotations

import base64
import json
import re
import struct
from collections.abc import Iterator

import pytest
from tests.facts.secrets.examples import drawn

from shipworthy.facts.secrets import engine
from shipworthy.facts.secrets.engine import pattern_engine
from shipworthy.facts.secrets.rules import Rule, load
from shipworthy.facts.secrets.scanner import scan
from shipworthy.facts.secrets.values import entropy
from shipworthy.model import Confidence

_DRAWN = re.compile(r"\{(\w+):(\d+)\}")
HEX = drawn("hex", 32, 21)
FEW_DIGITS = next(each for each in (drawn("hex", 32, seed) for seed in range(99)) if 3.1 < entropy(each) < 3.4)
"""Of a key in hex; a fifth of them have as few bits a character."""
RANDOM = drawn("an", 44, 21)
PASSWORD = drawn("pw", 10, 21)
UUID = "-".join(drawn("hex", size, 21) for size in (8, 4, 4, 4, 12))
PHRASE = "orbit velvet canyon ripple mango fossil lantern tunnel gospel hybrid pencil wagon"


def sure(path: str, text: str) -> list[str]:
    return [hit.rule for hit in scan(path, text.encode()).hits if hit.confidence is not Confidence.REVIEW]


def packed(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def drawn_bytes(size: int, seed: int) -> bytes:
    return base64.b64decode(drawn("b64", (size + 2) // 3 * 4, seed))[:size]


def openssh(algorithm: bytes, private_size: int, remark: bytes = b"ada@shop") -> str:
    """A key as `ssh-keygen` writes it without a passphrase, per OpenSSH's PROTOCOL.key; the numbers in it are drawn."""
    public = packed(algorithm, drawn_bytes(32, 1))
    secret = drawn_bytes(4, 2) * 2 + packed(algorithm, drawn_bytes(32, 1), drawn_bytes(private_size, 3), remark)
    secret += bytes(range(1, 9 - len(secret) % 8)) if len(secret) % 8 else b""
    body = b"openssh-key-v1\0" + packed(b"none", b"none", b"") + struct.pack(">I", 1) + packed(public, secret)
    text = base64.b64encode(body).decode()
    lines = "\n".join(text[at : at + 70] for at in range(0, len(text), 70))
    return "-----BEGIN OPENSSH PRIV" + f"ATE KEY-----\n{lines}\n-----END OPENSSH PRIV" + "ATE KEY-----\n"


def coded(found: object) -> str:
    return base64.b64encode(json.dumps(found, separators=(",", ":")).encode()).decode()


ED25519, RSA = openssh(b"ssh-ed25519", 64), openssh(b"ssh-rsa", 1_200)
UNREMARKED = openssh(b"ssh-ed25519", 64, b"")
LOCKED = "\n".join(
    [
        "-----BEGIN RSA PRIV" + "ATE KEY-----",
        "Proc-Type: 4,ENCRYPTED",
        f"DEK-Info: AES-256-CBC,{HEX.upper()}",
        "",
        *(drawn("b64", 64, seed) for seed in range(25)),
        "-----END RSA PRIV" + "ATE KEY-----\n",
    ]
)
TUNNEL = coded({"a": HEX, "t": UUID, "s": base64.b64encode(drawn_bytes(32, 4)).decode()})
POINT = "BM" + drawn("word", 85, 21)

FOUND = [
    ("deploy/id_ed25519", ED25519),
    ("deploy/id_rsa", RSA),
    ("deploy/id_shop", UNREMARKED),
    ("deploy/locked.pem", LOCKED),
    ("app.json", json.dumps({"key": LOCKED})),
    ("chart/values.yaml", "git:\n  sshKey: |\n" + "".join(f"    {line}\n" for line in ED25519.splitlines())),
    ("app.json", json.dumps({"key": ED25519})),
    ("compose.yml", f"    command: tunnel run --token {TUNNEL}"),
    (".env", f"TUNNEL_TOKEN={TUNNEL}"),
    ("a.js", f"const search = algoliasearch('{drawn('HEX', 10, 2)}', '{FEW_DIGITS}')"),
    ("a.ts", f"const deepgram = createClient('{HEX}')"),
    ("a.py", f"token = api.AccessToken('APIk7', '{RANDOM}').to_jwt()"),
    ("a.ts", f"new RoomServiceClient('https://live.plantshop.io', 'APIk7', '{RANDOM}')"),
    ("a.ts", f"const chat = new StreamChat('k7x2p9', '{RANDOM}')"),
    ("a.js", f"new HDWalletProvider('{PHRASE}', url)"),
    ("a.ts", f"const wallet = Wallet.fromPhrase('{PHRASE}')"),
    (".env", f'WALLET_SEED="{PHRASE}"'),
    ("a.cs", f'var mail = new PostmarkClient("{UUID}");'),
    ("a.js", f"const mail = new postmark.ServerClient('{UUID}')"),
    ("a.py", f"exa = Exa('{UUID}')"),
    ("setup.ps1", f'$p = ConvertTo-SecureString "{PASSWORD}$" -AsPlainText -Force'),
    ("setup.sh", f"echo 'deploy:{PASSWORD}$' | chpasswd"),
    ("docs/api.postman_collection.json", json.dumps({"header": [{"key": "X-Api-Key", "value": RANDOM}]})),
]
CLEAN = [
    ("deploy/id_ed25519", ED25519[:120] + "A" * 200 + ED25519[-40:]),
    ("deploy/id_rsa", RSA[:60] + "...\n" + RSA[-36:]),
    ("deploy/locked.pem", LOCKED[:90] + "\n...\n" + LOCKED[-34:]),
    (".env", f"NEXT_TOKEN={coded({'id': UUID, 'kind': 'product', 'direction': 'forward'})}"),
    (".env", f"LIST_TOKEN={coded({'createdAt': '2024-05-01', 'name': 'the-name-of-the-last-row'})}"),
    ("a.ts", f"const applicationServerKey = '{POINT}'"),
    (".env", f"PUSH_KEY={POINT}"),
    ("a.js", f"createClient('the-url-of-the-shop', 'the-name-of-the-key', 'client_credentials_of_2')\nf('{HEX}')"),
    ("a.js", "createClient('abababababababababababababababab'); createClient('00000000000000000000000000000000')"),
    ("a.ts", "new AccessToken('key', 'secret', 'your-api-secret-goes-here-2'); new AccessToken(key, secret)"),
    ("a.js", "new HDWalletProvider('test test test test test test test test test test test junk', url)"),
    ("a.js", "new HDWalletProvider(process.env.MNEMONIC, url)"),
    ("a.cs", f'new TenantClient("{UUID}"); new PostmarkClient("00000000-0000-0000-0000-000000000000");'),
    ("a.ts", "new PostmarkClient('POSTMARK_API_TEST'); new Exa('your-exa-api-key')"),
    ("setup.ps1", '$p = ConvertTo-SecureString "$env:ADMIN_PASSWORD" -AsPlainText; ConvertTo-SecureString "x$Name" -A'),
    ("setup.sh", 'echo "deploy:$PASSWORD" | chpasswd; echo "deploy:${USER}$PW" | chpasswd'),
    ("docs/api.postman_collection.json", json.dumps({"header": [{"key": "X-Api-Key", "value": "{{apiKey}}"}]})),
    ("docs/api.json", json.dumps({"header": [{"key": "X-Api-Key", "value": RANDOM}]})),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text"), FOUND, ids=range(len(FOUND)))
def test_what_programs_write_is_found(path: str, text: str) -> None:
    assert len(sure(path, text)) == 1


@pytest.mark.parametrize(("path", "text"), CLEAN, ids=range(len(CLEAN)))
def test_what_is_near_is_no_secret(path: str, text: str) -> None:
    assert sure(path, text) == []


def tokens_with_early_signs() -> Iterator[tuple[Rule, str]]:
    """Tokens of every form whose alphabet has such signs, with one soon behind the prefix."""
    for rule in load().rules:
        if rule.has_value or rule.raw or rule.gate in ("shape", "whole"):
            continue
        for sign in "+/=.":
            example = re.sub(r"\{\w+:(\d+)\}", rf"kQ7{sign}{{an:\1}}", "".join(rule.example), count=1)
            token = _DRAWN.sub(lambda part: drawn(part[1], int(part[2]), 7), example)
            # The drawn part became longer: as much of its end is left out as the form wants.
            for shorter in range(5):
                text = token[: len(token) - shorter]
                if (found := rule.compiled.search(f"({text})\n".encode())) and sign.encode() in found[0]:
                    yield rule, text
                    break


def test_a_sign_that_ends_a_word_does_not_hide_a_token() -> None:
    # The engine that needs nothing looks at words first, and most signs end one.
    cases = list(tokens_with_early_signs())
    unseen = []
    for rule, token in cases:
        found = pattern_engine().candidates(f"k = '{token}'\n".encode(), "a.py")
        if found is None or rule not in found.rules:
            unseen.append(rule.id)
    assert unseen == []
    assert len({rule.id for rule, _ in cases}) > 20


@pytest.mark.parametrize("callee", ["algoliasearch", "Pinecone", "Groq", "Replicate", "app.init_app"])
def test_every_call_with_a_key_is_looked_at_by_the_engine_that_needs_nothing(
    callee: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine._Chosen, "engine", pattern_engine())
    assert sure("a.py", f"x = {callee}('{RANDOM}')") == ["client-call"]
