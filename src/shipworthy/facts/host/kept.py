"""Keeps a host's answers in the user's cache folder for a day, and believes only what nobody else can have written."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from shipworthy.facts.host.fact import HOURS
from shipworthy.facts.secrets import kept
from shipworthy.sources.hosts.address import Address, HostKind
from shipworthy.sources.hosts.model import (
    BranchRules,
    Change,
    CheckRun,
    Environment,
    HostAnswers,
    OwnerProblem,
    Rule,
)

_LAYOUT = b"shipworthy host answers 1\n"


def _file(folder: Path, address: Address) -> Path:
    name = hashlib.sha256(f"{address.kind}\0{address.api}\0{address.project}".encode()).hexdigest()[:24]
    return folder / f"host{name}-answers.json"


def keep(folder: Path, answers: HostAnswers) -> None:
    """Put answers in the place of older ones. Where that cannot be done, they are asked for again the next time."""
    with contextlib.suppress(OSError):
        data = json.dumps(dataclasses.asdict(answers), default=_plain)
        kept.write(_file(folder, answers.address), _LAYOUT, data.encode("utf-8", "surrogatepass"))


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def recall(folder: Path, address: Address, now: datetime) -> tuple[HostAnswers | None, str]:
    """The answers of the last day; or None and why: never asked, too old, damaged."""
    try:
        data = kept.read(_file(folder, address), _LAYOUT)
    except FileNotFoundError:
        return None, ""
    except OSError:
        data = None
    try:
        found = _answers(json.loads(data)) if data is not None else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        found = None
    if found is None or found.address != address:
        return None, "the host's kept answers are damaged or somebody else's"
    # Dated in the future they would count for ever.
    if not timedelta(0) <= now - found.asked <= timedelta(hours=HOURS):
        return None, f"the host was asked on {found.asked:%Y-%m-%d %H:%M} UTC, and answers count for {HOURS} hours"
    return found, ""


def _answers(data: Any) -> HostAnswers:
    """Raises ValueError, TypeError, KeyError or AttributeError for another shape."""
    where = data["address"]
    lists = {name: tuple(map(str, data["rules"][name])) for name in ("checks", "by")}
    rules = {name: _rule(value) for name, value in data["rules"].items() if name not in lists}
    plain = {
        name: str(data[name])
        for name in ("branch", "commit", "changes_missing", "runs_missing", "environments_missing", "owners_missing")
    }
    return HostAnswers(
        address=Address(
            kind=HostKind(where["kind"]), host=str(where["host"]), project=str(where["project"]), api=str(where["api"])
        ),
        asked=_moment(data["asked"]),
        rules=BranchRules(**rules, checks=lists["checks"], by=lists["by"]),
        changes=tuple(
            Change(
                number=int(each["number"]),
                merged=_moment(each["merged"]),
                reviewed=_rule(each["reviewed"]),
                by_bot=each["by_bot"] is True,
            )
            for each in data["changes"]
        ),
        runs=tuple(CheckRun(name=str(each["name"]), conclusion=str(each["conclusion"])) for each in data["runs"]),
        check_names=tuple(map(str, data["check_names"])),
        environments=tuple(
            Environment(name=str(each["name"]), reviewed=each["reviewed"] is True) for each in data["environments"]
        ),
        owners=tuple(
            OwnerProblem(line=each["line"] if isinstance(each["line"], int) else None, what=str(each["what"]))
            for each in data["owners"]
        ),
        **plain,
    )


def _moment(value: str) -> datetime:
    found = datetime.fromisoformat(value)
    if found.tzinfo is None:
        raise ValueError("a time without its zone")
    return found


def _rule(data: Any) -> Rule:
    holds = data["holds"]
    if holds not in (True, False, None):
        raise ValueError("a rule holds, does not, or is not known")
    return Rule(holds, str(data["why"]))
