"""Training `SequenceTagger` on minibatches of sentences."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytensor
from pytensor import tensor as pt

from rnn_graph.backend.compile import compile_function
from rnn_graph.checks import require_above_zero, require_shares, require_sizes
from rnn_graph.data.batches import batches_by_length, pad_batch
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.models.sequence_tagger import SequenceTagger, SequenceTaggerConfig
from rnn_graph.nn.losses import softmax_cross_entropy
from rnn_graph.optim.optimizers import adam, clipped_by_global_norm, moving_averages
from rnn_graph.predict.metrics import TagScore
from rnn_graph.randomness import as_random_generator
from rnn_graph.train.observer import Step
from rnn_graph.train.tagger_training import TaggerEpoch, keep_best

# Sentences are sorted by length within so many batches, so that a batch has little padding and
# the batches of an epoch still differ from those of the last.
BATCHES_A_POOL = 20


@dataclass(frozen=True)
class ModernRecipe:
    """How to train a `SequenceTagger`.

    Attributes
    ----------
    model : SequenceTaggerConfig
    epochs
        Times through the data.
    batch_size
        Sentences a step.
    learning_rate
        Of the mean −ln p of a batch's labels, at the start; it falls to zero along a cosine.
    embedding_dropout, output_dropout
        The share of the embeddings' and of the recurrent layers' numbers that a step leaves out.
    weight_decay
        As for `adam`.
    largest_norm
        Of the gradients of a step, all together.
    averaging
        The weight of the past in the moving average of the parameters, which is what is scored
        and kept; 0 for none.
    """

    model: SequenceTaggerConfig = field(default_factory=SequenceTaggerConfig)
    epochs: int = 24
    batch_size: int = 16
    learning_rate: float = 0.002
    embedding_dropout: float = 0.5
    output_dropout: float = 0.5
    weight_decay: float = 1e-4
    largest_norm: float = 5.0
    averaging: float = 0.998

    def __post_init__(self) -> None:
        require_sizes(batch_size=self.batch_size)
        require_above_zero(learning_rate=self.learning_rate, largest_norm=self.largest_norm)
        require_shares(
            embedding_dropout=self.embedding_dropout,
            output_dropout=self.output_dropout,
            weight_decay=self.weight_decay,
            averaging=self.averaging,
        )


MODERN_RECIPE = ModernRecipe()


def train_sequence_tagger(
    model: SequenceTagger,
    sentences: Sequence[TaggedSentence],
    recipe: ModernRecipe,
    validate: Callable[[], TagScore],
    *,
    seed: int,
    on_step: Callable[[Step], None] = lambda step: None,
    on_epoch: Callable[[TaggerEpoch], None] = lambda epoch: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[TaggerEpoch]:
    """Train by a recipe; the model ends with the parameters of the best epoch.

    Parameters
    ----------
    seed
        Of the order of sentences and of what is left out.
    model, sentences, validate, on_step, on_epoch, should_stop
        As for `train_slot_tagger`, which also says what is raised.
    """
    trainer = _Trainer(model, recipe, sentences, seed)
    return keep_best(
        model,
        trainer.run_epoch,
        validate,
        epochs=recipe.epochs,
        rates=trainer,
        on_step=on_step,
        on_epoch=on_epoch,
        should_stop=should_stop,
    )


class _Trainer:
    """Steps of an epoch, and the learning rate."""

    is_spent = False  # the rate falls to zero with the last step, and not before

    def __init__(
        self,
        model: SequenceTagger,
        recipe: ModernRecipe,
        sentences: Sequence[TaggedSentence],
        seed: int,
    ):
        self.model, self.recipe = model, recipe
        self.words, self.labels = model.vocabulary.encode(sentences)
        self.rng = as_random_generator(seed)
        self.steps = 0
        self.total_steps = recipe.epochs * -(-len(sentences) // recipe.batch_size)
        self._averages: dict[str, pytensor.compile.SharedVariable] = {}
        self._compiled_step = self._compile_step()
        self._trained: dict[str, np.ndarray] | None = None

    @property
    def rate(self) -> float:
        return self.recipe.learning_rate * (1 + math.cos(math.pi * self._share_done)) / 2

    @property
    def _share_done(self) -> float:
        return self.steps / self.total_steps

    def after_epoch(self, epochs_since_best: int) -> bool:
        """The rate depends on the steps alone, and training goes on."""
        return False

    def run_epoch(self, epoch: int) -> Iterator[Step]:
        """An epoch's steps; between epochs the model has the averaged parameters."""
        if self._trained is not None:
            self.model.set_parameters(self._trained)
        for places in self._batches():
            yield self._step(places)
        if self.recipe.averaging:
            self._trained = self.model.get_parameters()
            self.model.set_parameters(
                {name: np.asarray(a.get_value()) for name, a in self._averages.items()}
            )

    def _batches(self) -> list[list[int]]:
        order = self.rng.permutation(len(self.words))
        pool_size = self.recipe.batch_size * BATCHES_A_POOL
        batches = []
        for start in range(0, len(order), pool_size):
            pool = order[start : start + pool_size]
            lengths = [self.words[i] for i in pool]
            for places in batches_by_length(lengths, self.recipe.batch_size):
                batches.append([int(pool[i]) for i in places])
        return [batches[i] for i in self.rng.permutation(len(batches))]

    def _step(self, places: list[int]) -> Step:
        model, recipe = self.model, self.recipe
        ids, mask = pad_batch(model, [self.words[i] for i in places], recipe.batch_size)
        labels = np.zeros(mask.shape, dtype=np.int32)
        for column, i in enumerate(places):
            labels[: len(self.labels[i]), column] = self.labels[i]
        words = sum(len(self.labels[i]) for i in places)
        config = model.config
        loss = self._compiled_step(
            model.with_padding_row(ids),
            mask,
            labels.ravel(),
            mask.ravel() / np.array(words, dtype=model.dtype),
            self._dropout((*ids.shape, config.embedding_dim), recipe.embedding_dropout),
            self._dropout(
                (*mask.shape, len(config.directions) * config.hidden_dim), recipe.output_dropout
            ),
            *(np.array(value, dtype=model.dtype) for value in (self.rate, self._decay)),
        )
        self.steps += 1
        return Step(words, float(loss) * words)

    @property
    def _decay(self) -> float:
        """Of the moving average; the first steps count less of the past, of which there is none."""
        return min(self.recipe.averaging, self.steps / (10 + self.steps))

    def _dropout(self, shape: tuple[int, ...], share: float) -> np.ndarray:
        """0 for the share that is left out, 1 / (1 - share) for the rest."""
        kept = self.rng.random_sample(shape) >= share
        return kept.astype(self.model.dtype) / np.array(1 - share, dtype=self.model.dtype)

    def _compile_step(self):
        model, dtype = self.model, self.model.dtype
        ids, mask = pt.imatrix("ids"), pt.matrix("mask", dtype=dtype)
        labels, shares = pt.ivector("labels"), pt.vector("shares", dtype=dtype)
        dropouts = [pt.tensor3(name, dtype=dtype) for name in ("on_embeddings", "on_outputs")]
        rate, decay = (pt.scalar(name, dtype=dtype) for name in ("rate", "decay"))
        logits = model.logits(ids, mask, *dropouts)
        count = len(model.vocabulary.labels)
        losses, d_rows = softmax_cross_entropy(logits.reshape((-1, count)), labels, shares)
        d_logits = d_rows.reshape((mask.shape[0], mask.shape[1], count))
        variables = [parameter.variable for parameter in model.parameters.values()]
        gradients = pytensor.grad(None, variables, known_grads={logits: d_logits})
        updates = adam(
            clipped_by_global_norm(
                dict(zip(variables, gradients, strict=True)), self.recipe.largest_norm
            ),
            rate,
            weight_decay=self.recipe.weight_decay,
        )
        averages = moving_averages(updates, variables, decay)
        self._averages = dict(zip(model.parameters, averages, strict=True))
        return compile_function(
            [ids, mask, labels, shares, *dropouts, rate, decay],
            losses.sum(acc_dtype=dtype),
            model.backend,
            updates=updates | averages,
        )
