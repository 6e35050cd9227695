"""Runs a test suite in a copy of the tree, kept away from the network, the user's files and the user's secrets."""
