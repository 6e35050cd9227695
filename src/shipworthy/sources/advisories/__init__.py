"""Published advisories: the index that is shipped with shipworthy, and one matcher for Python and npm packages.

NOTICE. The embedded index (`embedded.json.zlib`) holds facts taken from public advisory collections: ids, aliases,
affected ranges, fixing versions and severity levels, no prose. They are the work of:

- the PyPA Advisory Database (github.com/pypa/advisory-database), licensed CC-BY 4.0; changed: reduced to the fields
  above, withdrawn advisories left out;
- the Node.js Security Working Group's vulnerability database (github.com/nodejs/security-wg), MIT licence;
- RetireJS's repository of vulnerable JavaScript libraries (github.com/RetireJS/retire.js), Apache-2.0.

`scripts/build_advisories.py` builds it from archives in OSV format and records their sha256.
"""

from shipworthy.sources.advisories.index import Advisory, AdvisorySource, Index, Interval, Snapshot, embedded
from shipworthy.sources.advisories.matching import Hit, hits_for_every_version, hits_for_version
from shipworthy.sources.advisories.ordering import NotComparable

__all__ = [
    "Advisory",
    "AdvisorySource",
    "Hit",
    "Index",
    "Interval",
    "NotComparable",
    "Snapshot",
    "embedded",
    "hits_for_every_version",
    "hits_for_version",
]
