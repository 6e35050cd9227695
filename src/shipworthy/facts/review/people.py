"""Tells people, bots and assistants apart by the names and addresses in commits.

Sources: the signatures that the assistants' own documentation describes for the commits they make.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_ASSISTANTS: tuple[tuple[str, str], ...] = (
    ("Claude", r"^claude\b|@anthropic\.com$"),
    ("Copilot", r"^(?:github )?copilot\b|\+copilot@users\.noreply\.github\.com$|^copilot(?:-swe-agent)?(?:\[bot\])?@"),
    ("Cursor", r"^cursor(?: agent| bot)?$|@cursor\.(?:com|sh)$"),
    ("Codex", r"^(?:openai )?codex\b|@openai\.com$|chatgpt"),
    ("Devin", r"^devin(?: ai)?$|devin-ai-integration|@(?:devin|cognition)\.ai$"),
    ("aider", r"^aider\b|\(aider\)|@aider\.chat$"),
    ("Gemini", r"^gemini(?:$|[ -](?:cli|code|assist|[0-9]))|gemini-code-assist"),
    ("Jules", r"google-labs-jules"),
    ("Amazon Q", r"^amazon q\b|amazon-q-developer"),
    ("Windsurf", r"^(?:windsurf|codeium|cascade)$|@(?:windsurf|codeium)\.com$"),
    ("OpenHands", r"^openhands$|@all-hands\.dev$"),
    ("Amp", r"^amp$|@ampcode\.com$"),
    ("Junie", r"^junie$|jetbrains-junie"),
    ("Lovable", r"lovable-dev|gpt-engineer-app"),
    ("Bolt", r"stackblitz\[bot\]|^bolt\.new$"),
    ("Replit", r"replit-agent|^replit agent$"),
)
_COMPILED = tuple((name, re.compile(pattern, re.I)) for name, pattern in _ASSISTANTS)
_BOT = re.compile(
    r"\[bot\]|^(?:dependabot|renovate|github-actions|gitlab-bot|semantic-release-bot|snyk-bot|pre-commit-ci|"
    r"pyup-bot|greenkeeper|mergify|allcontributors|imgbot|weblate|web-flow)\b|(?:^|[-_ ])bot$|"
    r"^(?:project|group)_\d+_bot",
    re.I,
)
_ACCOUNT = re.compile(r"(?:\d{1,20}[+-])?([^@\s]{1,100})@users\.noreply\.", re.I)


def assistant(name: str, email: str) -> str | None:
    """Which assistant a name and address belong to; None for none that is known."""
    name, email = name.strip()[:200], email.strip()[:200]
    for known, pattern in _COMPILED:
        if pattern.search(name) or pattern.search(email):
            return known
    return None


def is_bot(name: str, email: str) -> bool:
    """Whether a program signs so: a host's app, an update bot, the host itself."""
    return bool(_BOT.search(name.strip()[:200]) or _BOT.search(email.partition("@")[0][:200]))


def count_people(signatures: Iterable[tuple[str, str]]) -> int:
    """How many people are behind (name, e-mail) pairs, in lower case.

    One address is one person; a host's no-reply address is joined with others of the same name. Two addresses of one
    person that tell nothing of each other count as two: taking two people for one would be worse.
    """
    person: dict[str, int] = {}
    people = 0
    for name, email in sorted(signatures, key=lambda each: (bool(_ACCOUNT.match(each[1])), each)):
        keys = [f"address {email}"]
        if _ACCOUNT.match(email) and name:
            keys.append(f"name {name}")
        known = next((person[key] for key in keys if key in person), None)
        if known is None:
            known, people = people, people + 1
        for key in (*keys, f"name {name}"):
            person.setdefault(key, known)
    return people
