"""Opens a form over the coach, and has its item looked at again once something was written."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from shipworthy.assess.signing import SessionError
from shipworthy.tui.screens.dialogs import Message
from shipworthy.tui.screens.form import FormScreen
from shipworthy.tui.screens.sign import Busy

if TYPE_CHECKING:
    from shipworthy.tui.screens.commands import Commands


async def show_form(main: Commands, item: str) -> None:
    """Read what the form needs, show it, and have the item looked at again where something was written."""
    stop = threading.Event()
    busy = Busy("Looking at the code for what this form should name …")
    main.app.push_screen(busy, lambda _: stop.set())
    try:
        opened = await asyncio.to_thread(main.session.open_form, item, stop)
    except SessionError as error:
        if busy.done():
            main.app.push_screen(Message("This form cannot be opened", error.message, error.diagnostics))
        return
    finally:
        stop.set()
    if not busy.done():
        return
    left = await main.app.push_screen_wait(FormScreen(main.session, opened))
    if left is None or left.saved is None:
        return
    main.signed = ""
    main.coach.look_again()
    if not main.coach.watching:
        await main.coach.examine((item,))
    # Short: at 80 columns a message has three lines.
    if left.saved.ignored:
        main.tell(f"Written to {left.saved.path}, which git ignores: no check counts it.", bad=True)
    elif left.gaps:
        main.tell(f"Written to {left.saved.path}. {left.gaps} to answer: F goes on.")
    else:
        main.tell(f"Written to {left.saved.path}. Press a to say it is true.")
