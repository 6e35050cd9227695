"""Judges of what people wrote into forms: complete, current, and in step with the code."""
