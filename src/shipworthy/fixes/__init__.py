"""What a machine can put right by itself: shown as a diff, applied after a yes, all files or none, taken back on ask.

Reading order: `model` (what a fix is), `propose` (which item has a maker), `desk` (what a maker works with), a maker,
`show` (the diff), `files` (all or nothing), `undo` (applying, and the record for taking back).
"""

from shipworthy.fixes.model import Edit, Fix, FixError, NoFix, Splice

__all__ = ["Edit", "Fix", "FixError", "NoFix", "Splice"]
