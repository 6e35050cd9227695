"""What to do next: the one step worth taking first, and prompts an assistant can act on."""
