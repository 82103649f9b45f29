"""The mistakes that a user can make, and the ends that a run can come to."""


class InputError(ValueError):
    """What was given cannot be used.

    The message is one line: the value, what was expected, and the remedy. The command line
    prints it on stderr and exits with status 2.
    """


class InputWarning(UserWarning):
    """What was given can be used, though not all of it as it stands."""


class TrainingDiverged(ArithmeticError):
    """The loss became NaN, infinite or huge; the model holds its last good parameters again."""


class RunEnds(RuntimeError):
    """A process of several has to end, be it that another was lost or that it cannot go on itself.

    It does so at once: an orderly end would wait for the others.

    Attributes
    ----------
    status
        The exit status.
    """

    def __init__(self, message: str, *, status: int):
        super().__init__(message)
        self.status = status
