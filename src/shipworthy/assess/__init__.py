"""Plans and runs an examination, caches what files said, and joins outcomes with decisions into an Assessment."""
