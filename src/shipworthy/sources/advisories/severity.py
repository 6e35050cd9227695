"""Severity levels from CVSS vectors: the base score of version 3, and the words advisories use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

LEVELS = ("none", "low", "medium", "high", "critical")

# Weights of the base metrics: CVSS v3.1 specification, section 7.4. PR has other weights when the scope changes.
_WEIGHTS: dict[str, dict[str, float]] = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "PR": {"N": 0.85, "L": 0.62, "H": 0.27},
    "UI": {"N": 0.85, "R": 0.62},
    "C": {"H": 0.56, "L": 0.22, "N": 0.0},
    "I": {"H": 0.56, "L": 0.22, "N": 0.0},
    "A": {"H": 0.56, "L": 0.22, "N": 0.0},
}
_CHANGED_PR = {"N": 0.85, "L": 0.68, "H": 0.5}


def _round_up(value: float) -> float:
    """The smallest number with one decimal that is not below `value` (appendix A: exact, without float surprises)."""
    whole = round(value * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (whole // 10_000 + 1) / 10


def base_score(vector: str) -> float | None:
    """The base score, 0.0 to 10.0, of a "CVSS:3.0/…" or "CVSS:3.1/…" vector; None for any other text.

    Formulas: CVSS v3.1 specification, section 7.1.
    """
    head, _, rest = vector.partition("/")
    if head not in ("CVSS:3.0", "CVSS:3.1"):
        return None
    metrics = dict(part.partition(":")[::2] for part in rest.split("/"))
    changed = metrics.get("S") == "C"
    if metrics.get("S") not in ("C", "U"):
        return None
    values: dict[str, float] = {}
    for name, weights in _WEIGHTS.items():
        table = _CHANGED_PR if name == "PR" and changed else weights
        if metrics.get(name) not in table:
            return None
        values[name] = table[metrics[name]]
    base = 1 - (1 - values["C"]) * (1 - values["I"]) * (1 - values["A"])
    impact = 7.52 * (base - 0.029) - 3.25 * (base - 0.02) ** 15 if changed else 6.42 * base
    if impact <= 0:
        return 0.0
    exploitability = 8.22 * values["AV"] * values["AC"] * values["PR"] * values["UI"]
    return _round_up(min((1.08 if changed else 1.0) * (impact + exploitability), 10.0))


def level_of_score(score: float) -> str:
    """The qualitative rating of a score (section 5 of the specification)."""
    for limit, level in ((0.0, "none"), (3.9, "low"), (6.9, "medium"), (8.9, "high")):
        if score <= limit:
            return level
    return "critical"


def level_of(severity: Iterable[Mapping[str, Any]], words: str | None) -> str | None:
    """The level of an OSV record: its highest CVSS v3 vector, else the word its database uses, else None."""
    scores = [base_score(str(each.get("score", ""))) for each in severity if each.get("type") == "CVSS_V3"]
    known = [score for score in scores if score is not None]
    if known:
        return level_of_score(max(known))
    word = (words or "").strip().lower()
    return {"moderate": "medium", "important": "high"}.get(word, word if word in LEVELS else None)
