"""The settings that code reads, and the files that list or provide them."""

from shipworthy.facts.settings.model import (
    Assignment,
    Default,
    ListingKind,
    SettingListing,
    SettingRead,
    Settings,
    StoreUse,
    WrittenIn,
    WrittenSecret,
    inventory,
)

__all__ = [
    "Assignment", "Default", "ListingKind", "SettingListing", "SettingRead", "Settings", "StoreUse", "WrittenIn",
    "WrittenSecret", "inventory",
]  # fmt: skip
