"""How the coach draws for a browser: Textual's web driver, which here also leaves when nobody listens any more."""

from __future__ import annotations

import os
from threading import Timer

from textual.drivers.web_driver import WebDriver

LAST_SECONDS = 10.0
"""How long a coach without a browser may take to leave."""


class BrowserDriver(WebDriver):
    """The driver `shipworthy serve` names in `TEXTUAL_DRIVER`."""

    def run_input_thread(self) -> None:
        super().run_input_thread()
        if self.exit_event.is_set():
            return
        # Input ended and the app did not: the server is gone, however it went, and nobody could ever steer again.
        last = Timer(LAST_SECONDS, os._exit, (1,))
        last.daemon = True
        last.start()
        self.on_meta("quit", {})
