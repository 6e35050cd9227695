"""Says what to do with a secret that was found, in a finding's one line."""

from __future__ import annotations

from shipworthy.facts.secrets.providers import handling


def remedy(rule: str, provider: str, *, in_history: bool = False) -> str:
    """The steps in one line, numbered: "1. Revoke it at Stripe (https://…): … 2. Put the new one …".

    At most 300 characters, the least that any face shows. `in_history`: it stands only in old commits.
    """
    return " ".join(
        f"{number}. {step}" for number, step in enumerate(handling(rule, provider, in_history=in_history), 1)
    )
