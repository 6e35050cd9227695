"""What the code host says, as far as a person had it asked within the last day."""

from shipworthy.facts.host.fact import HOURS, CheckName, CheckNames, HostEvidence

__all__ = ["HOURS", "CheckName", "CheckNames", "HostEvidence"]
