"""Timing of the same work done by different programs."""
