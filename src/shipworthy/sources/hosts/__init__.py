"""Asks a code host (GitHub, GitLab) what it enforces and what was reviewed: read-only, only when a person asked for it.

`address` says where a remote's host answers, `tokens` finds a token that belongs to it, `client` is the one place that
sends anything (GET only), `github` and `gitlab` know what to ask, `model` is what comes out, `kept` remembers it for a
day. Sources: the hosts' public API descriptions ("GitHub REST API", version 2022-11-28; "GitLab REST API", v4).
"""
