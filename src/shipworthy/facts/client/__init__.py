"""What is sent to browsers and installed on phones: its code, the settings put into it, and the keys in it."""

from shipworthy.facts.client.fact import App, Client, Exposure, How, KeyUse
from shipworthy.facts.client.names import Meant, meant

__all__ = ["App", "Client", "Exposure", "How", "KeyUse", "Meant", "meant"]
