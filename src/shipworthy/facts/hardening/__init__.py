"""What in a pipeline's files could let strangers use it: borrowed steps, broad rights, foreign text in commands."""

from shipworthy.facts.hardening.fact import Degree, Engine, Hardening, Weakness

__all__ = ["Degree", "Engine", "Hardening", "Weakness"]
