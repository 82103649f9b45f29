"""The kinds of models, by the names that files have for them."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from rnn_graph.errors import InputError

WORD_MODEL = "word-rnn"


@dataclass(frozen=True)
class Kind:
    """A kind of model, by the places of what belongs to it ("module:name"), imported when used.

    Attributes
    ----------
    model
        Its class.
    task
        "word", "char" or "tagger": which command trains it.
    batches
        From a model, what it is trained on and a recipe to batches.
    steps
        The class of the steps of its training.
    torch
        Its form in PyTorch, a `rnn_graph.models.torch_forms.TorchForm`, if there is one.
    numpy
        The class of its reference in NumPy, if there is one.
    """

    model: str
    task: str
    batches: str
    steps: str
    torch: str | None = None
    numpy: str | None = None

    @property
    def class_name(self) -> str:
        return self.model.partition(":")[2]

    def model_class(self) -> Any:
        return _found(self.model)

    def numpy_class(self) -> Any:
        return _found(self.numpy)

    def batches_function(self) -> Any:
        return _found(self.batches)

    def torch_form(self) -> Any:
        """Its form in PyTorch; `InputError` if there is none."""
        if self.torch is None:
            raise InputError(f"PyTorch has no layers that compute as a {self.class_name} does")
        return _found(self.torch)

    def steps_class(self) -> Any:
        return _found(self.steps)


KINDS = {
    "language-model": Kind(
        "models.language_model:LanguageModel",
        "word",
        "train.language:minibatches",
        "train.minibatch_steps:MinibatchSteps",
        torch="models.torch_forms:LANGUAGE_MODEL",
    ),
    "sequence-tagger": Kind(
        "models.sequence_tagger:SequenceTagger",
        "tagger",
        "train.tagger:tagged_batches",
        "train.minibatch_steps:MinibatchSteps",
        torch="models.torch_forms:TAGGER",
    ),
    WORD_MODEL: Kind(
        "tutorials.rnn_theano:RNNTheano",
        "word",
        "tutorials.examples:sentence_examples",
        "tutorials.steps:SentenceSteps",
        torch="tutorials.one_hot_forms:WORD_MODEL",
        numpy="reference.rnn_numpy:RNNNumpy",
    ),
    "char-rnn": Kind(
        "tutorials.char_rnn:CharModel",
        "char",
        "tutorials.examples:name_examples",
        "tutorials.steps:NameSteps",
        torch="tutorials.one_hot_forms:CHAR_MODEL",
    ),
    "slot-rnn": Kind(
        "tutorials.rnnslu:RNNSLU",
        "tagger",
        "tutorials.examples:slot_examples",
        "tutorials.steps:SlotSteps",
    ),
}


def find_kind(name: Any) -> Kind:
    """A kind by the name that files have for it.

    Raises
    ------
    InputError
        If this version knows no such kind.
    """
    if not isinstance(name, str) or name not in KINDS:
        raise InputError(f"a {name!r} model; this version knows {', '.join(KINDS)}")
    return KINDS[name]


def _found(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(f"rnn_graph.{module}"), name)
