"""The coach in numbered lines, for a screen reader, a terminal without a screen, or whoever likes it better.

A line that was printed stays as it is: no colour, no cursor movement, no redraw. Words say what glyphs say elsewhere.
"""
