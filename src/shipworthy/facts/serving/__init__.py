"""How the app is served: start commands, debug settings, health checks, pages for developers."""

from shipworthy.facts.serving.fact import HealthRoute, HealthUse, Listener, Run, Serving, Setting, Start, Surface

__all__ = ["HealthRoute", "HealthUse", "Listener", "Run", "Serving", "Setting", "Start", "Surface"]
