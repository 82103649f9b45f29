"""What training a language model in minibatches tells, and to whom."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Record:
    """What the history says of a moment; losses in nats a token.

    Attributes
    ----------
    loss
        Mean over the minibatches since the last record.
    held_out
        None where there was no evaluation.
    tokens
        Predicted since training began, in `seconds`.
    """

    step: int
    epoch: float
    tokens: int
    seconds: float
    tokens_per_second: float
    loss: float | None
    perplexity: float | None
    bits: float | None
    learning_rate: float
    held_out: float | None = None


@dataclass
class Watching:
    """Who is told of what happens, and may end it.

    Attributes
    ----------
    on_tokens
        Called with predicted tokens and their summed loss, every few steps.
    on_record
        Called with each line of the history.
    on_evaluation
        Called with each record that ends an epoch, and with whether the model is the best so far.
    on_step
        Called between any two steps at which training could go on from a checkpoint.
    should_stop
        Asked between any two steps.
    """

    on_tokens: Callable[[int, float], None] = lambda tokens, nats: None
    on_record: Callable[[Record], None] = lambda record: None
    on_evaluation: Callable[[Record, bool], None] = lambda record, is_best: None
    on_step: Callable[[], None] = lambda: None
    should_stop: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Step:
    """One step that was done: the sentence's words and its loss before the step, in nats."""

    words: int
    loss: float
