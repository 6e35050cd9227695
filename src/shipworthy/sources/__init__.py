"""The world outside the repository, one folder per kind of source. Imports no fact and no check."""
