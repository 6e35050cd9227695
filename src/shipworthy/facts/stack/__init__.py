"""What the repository is made of: components, languages, frameworks, services, entry points."""

from shipworthy.facts.stack.fact import Part, Stack, StackPart

__all__ = ["Part", "Stack", "StackPart"]
