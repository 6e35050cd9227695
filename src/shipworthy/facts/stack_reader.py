"""Reads the stack (placeholder until the reader lands in the next commit)."""

from __future__ import annotations

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.stack import Stack
from shipworthy.model import Component, ComponentKind


class StackReader(FactReader[Stack]):
    def read(self, view: View, facts: Facts) -> Stack:
        return Stack(components=(Component(root=".", kind=ComponentKind.UNKNOWN),))
