"""A small app with the faults of a first weekend, made at run time so that somebody can try shipworthy on it."""
