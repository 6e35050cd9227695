"""Judges `threat-model`: somebody wrote down what can go wrong, about the app as it is."""

from __future__ import annotations

from shipworthy.checks.forms.base import FormCheck
from shipworthy.facts.forms import ThreatModelFile
from shipworthy.facts.keys import Keys
from shipworthy.facts.routes import Routes
from shipworthy.facts.stack import Stack


class ThreatModel(FormCheck):
    """A pass proves that the four questions are answered and that the answers name what the code consists of.

    Evidence: `.shipworthy/threat-model.md`, held against every route group, data store and known outside service found
    in the code. It cannot see whether the threats are the right ones, services that are called without a known package
    or key, nor single pages that are only read and lie below a group that is named.
    """

    id = "threat-model"
    file = ThreatModelFile
    needs = (ThreatModelFile, Routes, Stack, Keys)
