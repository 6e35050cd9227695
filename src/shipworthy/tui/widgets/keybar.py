"""The last line: the keys that matter here, those without effect now dimmed."""

from __future__ import annotations

from textual.binding import ActiveBinding
from textual.content import Content
from textual.events import Click, Resize
from textual.screen import Screen

from shipworthy.tui.keys import GROUPS
from shipworthy.tui.widgets.safe import FAINT, SafeStatic, joined

_ORDER = [binding.id for _, bindings in GROUPS for binding in bindings]


def _order(each: ActiveBinding) -> int:
    """As declared: a keymap moves what it changes to the end."""
    return _ORDER.index(each.binding.id) if each.binding.id in _ORDER else len(_ORDER)


class KeyBar(SafeStatic):
    """Reads the active bindings, so that a changed keymap shows; a click on a name runs its action."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._spots: list[tuple[range, str]] = []
        self._stale = False
        self._drawn: tuple[dict[str, tuple[str, str, bool]], int] | None = None

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._updated)

    def on_resize(self, event: Resize) -> None:
        self.redraw()

    def _updated(self, screen: Screen[object]) -> None:
        # Opening an item says it three times: once is enough, and what was opened is to be seen first.
        if screen is self.screen and not self._stale:
            self._stale = True
            self.call_after_refresh(self._refresh_keys)

    def _refresh_keys(self) -> None:
        # It may have been drawn already: what is covered by a dialog waits for no refresh. Or its screen is gone.
        if self._stale and self.is_attached:
            self.redraw()

    def redraw(self) -> None:
        """Fit as many keys as there is room for, in their order; the last one, help, always."""
        self._stale = False
        keys: dict[str, tuple[str, str, bool]] = {}
        for each in sorted(self.screen.active_bindings.values(), key=_order):
            binding = each.binding
            if binding.show and binding.action not in keys:
                name = self.app.get_key_display(binding)
                keys[binding.action] = (name, binding.description, self._has_effect(binding.action))
        room = self.content_size.width
        # Said with every move of the cursor, and seldom anything new.
        if (keys, room) == self._drawn:
            return
        self._drawn = keys, room
        parts = [
            (joined((name, "bold $primary" if on else FAINT), (" " + words, "" if on else FAINT)), action)
            for action, (name, words, on) in keys.items()
        ]
        if not parts:
            # An input takes every letter now.
            self._spots = []
            self.put(
                joined(("enter", "bold $primary"), (" keeps it  ", ""), ("esc", "bold $primary"), (" drops it", "")),
                layout=False,
            )
            return
        while len(parts) > 1 and sum(part.cell_length + 2 for part, _ in parts) - 2 > room:
            del parts[-2]
        self._spots = []
        position = 0
        for part, action in parts:
            self._spots.append((range(position, position + part.cell_length), action))
            position += part.cell_length + 2
        self.put(Content("  ").join(part for part, _ in parts), layout=False)

    def _has_effect(self, action: str) -> bool:
        refusal = getattr(self.screen, "refusal", None)
        return not (refusal and refusal(action))

    async def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for spot, action in self._spots:
            if offset.x in spot:
                await self.screen.run_action(action)
