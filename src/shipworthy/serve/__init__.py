"""The coach in a browser on this machine: who may come in (`door`), the page, the coach's process, the server.

Of textual-serve only the browser's half is used: its script and style sheet, a terminal that speaks the protocol of
Textual's web driver. Its server has no place to ask who comes, loads a font from elsewhere, starts the app through a
shell, offers downloads and links, prints what the app wrote to stderr as it is, and leaves the app running when the
browser goes away while a picture is on its way; all of that sits in private parts.
"""

from __future__ import annotations
