"""The mistakes that a user can make, and the ends that a run can come to."""


class InputError(ValueError):
    """What was given cannot be used.

    The message is one line: the value, what was expected, and the remedy. The command line
    prints it on stderr and exits with status 2.
    """


class InputWarning(UserWarning):
    """What was given can be used, though not all of it as it stands."""


class TrainingDiverged(ArithmeticError):
    """The loss became NaN or infinite; the model holds its last good parameters again."""


class ProcessLost(RuntimeError):
    """Another process of a run ended before its time."""
