"""Judges `alert-reaches-human`: somebody is told when the app breaks."""

from __future__ import annotations

from shipworthy.checks.forms.base import FormCheck
from shipworthy.facts.forms import AlertingFile


class AlertReachesHuman(FormCheck):
    """A pass proves that `.shipworthy/alerting.toml` names an alert, a way that reaches a person, and a recent try.

    Evidence: the file alone. Whether the alert arrives is what the person attests.
    """

    id = "alert-reaches-human"
    file = AlertingFile
    needs = (AlertingFile,)
