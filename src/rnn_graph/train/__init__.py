"""Training: one loop, its steps, its runs."""
