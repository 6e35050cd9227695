"""What Python files say without being run: a small tree per file, and evaluation of names across files."""
