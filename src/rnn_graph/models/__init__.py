"""Models: parameters, symbolic expressions, and the functions compiled from them."""
