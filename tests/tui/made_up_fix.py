"""A fix as a session offers it: made up, with a diff longer than a screen."""

from __future__ import annotations

from shipworthy.fixes.model import Fix, edited
from shipworthy.fixes.offer import Offer

OFFER = Offer(
    fix=Fix(
        item="secrets-not-in-tree",
        says="Read STRIPE_KEY from the environment instead of the code.",
        edits=(edited("app/settings.py", b"", []),),
        notes=("First replace the secret of app/settings.py:12 where it was issued.",),
    ),
    diff=(
        "--- a/app/settings.py",
        "+++ b/app/settings.py",
        "@@ -10,3 +10,3 @@",
        " import os",
        " ",
        '-STRIPE_KEY = "••••••••"',
        '+STRIPE_KEY = os.environ["STRIPE_KEY"]',
        *(f" line {number}" for number in range(40)),
    ),
)
