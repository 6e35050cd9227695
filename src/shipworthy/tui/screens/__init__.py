"""One file per screen or dialog; all but the main one load when they are first opened."""
