"""Says what to do with a secret that was found, in a finding's one line."""

from __future__ import annotations

from collections.abc import Iterable

from shipworthy.facts.secrets.names import PUBLIC_PREFIX
from shipworthy.facts.secrets.providers import handling
from shipworthy.facts.secrets.within import Within


def remedy(
    rule: str,
    provider: str,
    *,
    in_history: bool = False,
    names: Iterable[str] = (),
    within: Within = Within.FILE,
) -> str:
    """The steps in one line, numbered: "1. Revoke it at Stripe (https://…): … 2. Put the new one …".

    At most 300 characters, the least that any face shows. `in_history`: it stands only in old commits. `names`: of the
    settings that hold it; under some of them every store would give the next one away too. `within`: what holds it.
    """
    first, store, *rest = handling(rule, provider, in_history=in_history, within=within)
    prefixes = (PUBLIC_PREFIX.match(name.rpartition(".")[2]) for name in names)
    if prefix := next(filter(None, prefixes), None):
        store = f"Store the new one under a name without {prefix[0]}, for your server: under it every visitor gets it."
    return " ".join(f"{number}. {step}" for number, step in enumerate((first, store, *rest), 1))
