"""What stands between a secret and the repository outside the pipeline: commit hooks, and services that read files."""

from shipworthy.facts.scan_gate.fact import HOOKS, LocalHook, Reports, ScanGate

__all__ = ["HOOKS", "LocalHook", "Reports", "ScanGate"]
