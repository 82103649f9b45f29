"""The same models in PyTorch and in hand-written JAX, as one would write them."""
