"""The commit hook: what is about to be committed, looked through for secrets; and putting the hook into place.

`main` is where git starts it. It must be done before anybody notices, so nothing here loads click, a screen, the
network or a parser before it is needed.
"""
