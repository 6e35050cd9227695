"""Where each form lies: what the table of forms says, without the time it takes to read that."""

from __future__ import annotations

from types import MappingProxyType

FORM_FILES = MappingProxyType(
    {
        "threat-model": ".shipworthy/threat-model.md",
        "third-party-inventory": ".shipworthy/third-parties.toml",
        "key-inventory": ".shipworthy/keys.toml",
        "alert-reaches-human": ".shipworthy/alerting.toml",
        "spend-alert": ".shipworthy/spending.toml",
        "backup-restored": ".shipworthy/backup.toml",
        "rollback-rehearsed": ".shipworthy/rollback.toml",
        "incident-plan": ".shipworthy/contacts.toml",
    }
)
"""The file of each item's form, by item id."""
