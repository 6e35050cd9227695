"""Routes: one file per framework, and the guards they share."""

from shipworthy.facts.routes.fact import App, DebugSwitch, Route, Routes, inventory

__all__ = ["App", "DebugSwitch", "Route", "Routes", "inventory"]
