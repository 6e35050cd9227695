"""A scroll bar drawn as a whole: line by line, Textual's way, it was a third of drawing an item."""

from __future__ import annotations

from textual.geometry import Region
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.strip import Strip
from textual.widget import Widget


class QuickBar(ScrollBar):
    """Textual's upright bar, which has no border, padding or tint to be asked for."""

    @classmethod
    def of(cls, widget: Widget) -> ScrollBar:
        """The bar of a widget, made the first time, as `Widget.vertical_scrollbar` makes its own."""
        if widget._vertical_scrollbar is None:
            bar = cls(vertical=True, name="vertical", thickness=widget.scrollbar_size_vertical)
            widget._vertical_scrollbar = bar
            bar.display = False
            widget.app._start_widget(widget, bar)
        return widget._vertical_scrollbar

    def render_lines(self, crop: Region) -> list[Strip]:
        drawn = self.render()
        width, height = self.size
        if not isinstance(drawn, ScrollBarRender) or not height:
            return super().render_lines(crop)
        style = self.app.console.get_style(drawn.style)
        if style.color is None or style.bgcolor is None:
            return super().render_lines(crop)
        segments = drawn.render_bar(
            size=height,
            virtual_size=drawn.virtual_size,
            window_size=drawn.window_size,
            position=drawn.position,
            thickness=width,
            vertical=True,
            back_color=style.bgcolor,
            bar_color=style.color,
        ).segments
        background = self.background_colors[1]
        made: dict[int, Strip] = {}
        # Most rows are the same segment, so they can be the same strip.
        for segment in segments:
            if id(segment) not in made:
                strip = Strip([segment], width)
                for each in self.get_line_filters():
                    strip = strip.apply_filter(each, background)
                made[id(segment)] = strip
        return [made[id(segments[y])] for y in crop.line_range]
