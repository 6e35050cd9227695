"""The keys that the app and its pipeline use, by name: who issued each, where it is read, kept and asked for."""

from shipworthy.facts.keys.model import Kept, Key, Keys

__all__ = ["Kept", "Key", "Keys"]
