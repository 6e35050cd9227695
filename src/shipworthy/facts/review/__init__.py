"""How changes landed lately, as git alone tells: merges, request numbers, trailers, assistants. Evidence, no proof."""

from shipworthy.facts.review.fact import DAYS, GIT_HISTORY, Review, RiskyWork

__all__ = ["DAYS", "GIT_HISTORY", "Review", "RiskyWork"]
