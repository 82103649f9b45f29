"""How the learning rate goes on: from the share of all steps that are done to a factor on it."""

import math
from collections.abc import Callable

Schedule = Callable[[float], float]


def constant_rate(share_done: float) -> float:
    """The learning rate as it was given, as in the tutorial."""
    return 1.0


def linear_decay(share_done: float) -> float:
    """Down to zero in a straight line: the noise of single sentences dies away at the end."""
    return 1.0 - share_done


def cosine_decay(share_done: float) -> float:
    """Down to zero in half a wave, slow at both ends.

    I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR (2017),
    without the restarts.
    """
    return (1 + math.cos(math.pi * share_done)) / 2


def step_decay(share_done: float) -> float:
    """A tenth after half of the steps, and a tenth of that after three quarters.

    K. He et al., "Deep residual learning for image recognition", CVPR (2016).
    """
    return 0.1 ** ((share_done >= 0.5) + (share_done >= 0.75))


SCHEDULES = {
    "constant": constant_rate,
    "linear": linear_decay,
    "cosine": cosine_decay,
    "step": step_decay,
}


def with_warmup(schedule: Schedule, warmup: float) -> Schedule:
    """`schedule` after a rise from zero in a straight line over the first share of the steps.

    P. Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour" (2017).

    Parameters
    ----------
    warmup
        Share of all steps, 0 to below 1.
    """

    def factor(share_done: float) -> float:
        if share_done < warmup:
            return share_done / warmup
        return schedule((share_done - warmup) / (1 - warmup))

    return factor


PATIENCE_OF_BACK_OFF = 10
SMALLEST_RATE = 1e-5  # of "back-off", below which training ends


def judged_factor(schedule: str, factor: float, *, stale: int, rose: bool) -> float:
    """The factor on the learning rate after an evaluation.

    "plateau" halves it whenever an evaluation is no better than the best; "rise" when it is worse
    than the one before (D. Britz's tutorial, 2015); "back-off" in each evaluation after ten
    without a better one (G. Mesnil's program, 2013). The other schedules do not ask.

    Parameters
    ----------
    factor
        Until now.
    stale
        Evaluations since the best one.
    rose
        Whether this evaluation is worse than the last.
    """
    halves = {
        "plateau": stale > 0,
        "rise": rose,
        "back-off": stale >= PATIENCE_OF_BACK_OFF,
    }
    return factor / 2 if halves.get(schedule, False) else factor
