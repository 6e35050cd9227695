"""What to say of an exception nobody expected, without what it says."""

from __future__ import annotations


def bug(doing: str, error: Exception) -> str:
    """What to say of an unexpected exception: its type and place, never its text, which may quote a secret."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else "?"
    return f"{doing} failed inside shipworthy ({type(error).__name__} at {where}): a bug, please report it"
