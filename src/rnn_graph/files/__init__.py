"""Model files, atomic writes, and what made a number."""
