"""Permissions for secrets to stand where they stand: what other scanners' files and comments say, and our exceptions.

Both readers, of the files and of the history, ask the same way:

    permissions = Permissions.read(view)                 # of the history: Permissions.read(view, history=True)
    judged = permissions.judge(place_at(data, start, end, rule=…, identity=…, path=…, name=…, commit=None))
    judged.allowed       # Allowed(by, reason, location, expires) or None
    permissions.problems()  # once everything was judged: what could not be read, what has expired, what fits nothing
"""

from shipworthy.facts.secrets.allow.permissions import Permissions
from shipworthy.facts.secrets.allow.place import Allowed, Judged, Lines, Place, place_at

__all__ = ["Allowed", "Judged", "Lines", "Permissions", "Place", "place_at"]
