"""CODEOWNERS as its host reads it: rules, their owners, what they match, and which risky paths nobody owns."""

from shipworthy.facts.codeowners.fact import Codeowners, Mistake, OwnerRule, Unowned

__all__ = ["Codeowners", "Mistake", "OwnerRule", "Unowned"]
