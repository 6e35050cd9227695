"""The parts screens are made of. Every one shows text that went through `visible()` and is never read as markup."""
