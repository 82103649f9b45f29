"""What trained models are used for: drawing, scoring, tagging."""
