"""Layers of recurrent networks, for graphs of one's own."""
