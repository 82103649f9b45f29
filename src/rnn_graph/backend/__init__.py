"""From symbolic graphs to compiled functions: backends, devices, what JAX and Numba need."""
