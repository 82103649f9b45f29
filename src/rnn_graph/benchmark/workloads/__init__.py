"""The pieces of work that are timed, one module for each kind of model."""
