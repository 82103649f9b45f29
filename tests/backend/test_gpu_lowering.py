"""Everything that the package compiles, lowered for CUDA on a machine without it.

A GPU then gets one program of known shapes and in the model's precision, which calls no Python,
and no library that its machine might lack.
"""

import ast
import re
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import jax
import numpy as np
import pytensor
import pytest
from jax import export
from pytensor import tensor as pt

from gpu_functions import PACKAGE, Recorded, recording
from rnn_graph import (
    CharGRU,
    CharLSTM,
    CharRNN,
    LanguageModel,
    RNNTheano,
    SequenceTagger,
    train_language_model,
    train_tagger,
)
from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.devices import choose_backend
from rnn_graph.data.batches import Segment
from rnn_graph.data.char_vocabulary import CharVocabulary
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.models.tagger_config import SequenceTaggerConfig
from rnn_graph.nn.cells import CELLS
from rnn_graph.nn.recurrent import Recurrent
from rnn_graph.plots.activity import activity
from rnn_graph.plots.gradients import gradient_norms
from rnn_graph.plots.saliency import saliency_of_text
from rnn_graph.train.minibatch_steps import MinibatchSteps
from rnn_graph.train.recipes import find_recipe
from rnn_graph.tutorials.rnnslu import RNNSLU
from rnn_graph.tutorials.scan_graph import LiteralRNN, literal_gradients
from rnn_graph.tutorials.windows import last_word_steps
from taggers import SENTENCES as TAGGED

# The first three say how several devices share an array, the last, of newer versions of JAX, that
# an array has any values yet; XLA takes them away.
HARMLESS_CALLS = {"Sharding", "SPMDFullToShardShape", "SPMDShardToFullShape", "AllocateBuffer"}
CUSTOM_CALL = re.compile(r'custom_call @([\w.]+)|call_target_name = "([^"]+)"')
HOST_TRANSFER = re.compile(r"stablehlo\.(infeed|outfeed|send|recv)\b")
UNKNOWN_SHAPE = re.compile(r"tensor<[^>]*\?")
FLOAT64 = re.compile(r"[<x]f64\b")

# Of functions that compile, and of methods that have something compiled.
COMPILING = re.compile(r"compile_function|_compile\w*")


def problems(jitted, types) -> list[str]:
    """What is wrong, for a GPU, with a float32 function of arguments of these types."""
    try:
        text = export.export(jitted, platforms=["cuda"])(*types).mlir_module()
    except (ValueError, NotImplementedError) as error:
        return [f"cannot be lowered: {error}"]
    calls = {name or quoted for name, quoted in CUSTOM_CALL.findall(text)}
    found = [f"calls {name}" for name in sorted(calls - HARMLESS_CALLS)]
    found += [f"has {name}" for name in sorted(set(HOST_TRANSFER.findall(text)))]
    if UNKNOWN_SHAPE.search(text):
        found.append("has a shape that is not known")
    if FLOAT64.search(text):
        found.append("computes in float64")
    return found


def problems_of_all(functions: list[Recorded]) -> list[str]:
    """The problems of functions for all arguments that they were called with."""
    return [
        f"{function.name} {problem}"
        for function in functions
        for types in function.calls
        for problem in problems(function.jitted, types)
    ]


def assert_lowered(use: Callable[[], object]) -> list[Recorded]:
    """Whatever is compiled for a use of the package has no problems; the functions."""
    with recording() as functions:
        use()
    assert functions
    assert all(function.calls for function in functions), "compiled and not called"
    assert problems_of_all(functions) == []
    return functions


# Uses of the package that have each of its functions compiled, by the modules that compile them

RNG = np.random.default_rng(0)
IDS, NEXT_IDS = RNG.integers(0, 30, (2, 32)).astype(np.int32)
TEXT = CharVocabulary(("\n", *"abcdefg"), "text")
SENTENCES = [["a", "b", "c"], ["a", "b", "d", "e"]] * 10
LANGUAGE_MODEL = {"hidden_dim": 6, "embedding_dim": 6}
TAGGER = {"hidden_dim": 4, "embedding_dim": 3}


def word_model_of_the_tutorial():
    # Sums over k written out, a sentence within reach of the truncation, a loop over k, no end.
    for truncate, length in ((4, 32), (4, 3), (20, 32), (None, 32)):
        model = RNNTheano(30, 6, truncate, rng=0)
        model.sgd_step(IDS[:length], NEXT_IDS[:length], 0.1)
        model.bptt(IDS[:length], NEXT_IDS[:length])
    model.forward_propagation(IDS)
    model.predict(IDS)
    model.word_losses(IDS, NEXT_IDS)
    model.losses_of_sentences([IDS, NEXT_IDS], [NEXT_IDS, IDS])
    model.next_word_logits(3)


def graph_of_the_tutorial():
    weights = RNNTheano(30, 6, rng=0).get_parameters()
    model = LiteralRNN(weights, None, choose_backend("jax"), "float32")
    model.forward_propagation(IDS)
    model.sgd_step(IDS, NEXT_IDS, 0.1)
    literal_gradients(weights, IDS, NEXT_IDS, None, choose_backend("jax"))


def slot_tagger_of_the_tutorial():
    model = RNNSLU(6, 5, 30, 4, 3, rng=0)
    windows, labels = IDS[:30].reshape(10, 3), NEXT_IDS[:10] % 5
    steps = last_word_steps(IDS[:10], labels, 3, 4)
    for normalize in (False, True):
        model.sentence_train(windows, labels, 0.1, normalize=normalize)
        model.train_on_steps(steps, 0.1, normalize=normalize)
    model.normalize()
    model.loss_and_gradients(windows, labels)
    model.predict_proba(windows)
    model.predict_labels(IDS.reshape(8, 4), np.ones((6, 4), np.float32))


def character_models_of_the_tutorial():
    x, y = [None, 3, 4, 5], [3, 4, 5, 0]
    for kind in (CharRNN, CharLSTM, CharGRU):
        model = kind(7, 6, rng=0)
        model.optimize(x, y, model.zero_state)
        names, states = np.full((4, 2, 5), 3, np.int32), [s[0] for s in model.zero_states(1)]
        model.optimize_names(names, np.ones(4), states, 0.1)
        model.forward(np.zeros((7, 3, 5)), np.zeros((6, 3)))
        model.next_logits(IDS[:2] % 7, model.zero_states(2))
        model.character_losses(*names[:2], model.zero_states(5))
    model.loss_and_gradients(x, y, model.zero_state)


def language_model_of_words():
    sizes = {"batch_size": 4, "sequence_length": 5, "epochs": 1}
    model = train_language_model(SENTENCES, held_out=0.1, progress=False, **LANGUAGE_MODEL, **sizes)
    model.score(SENTENCES)
    model.generate(2, max_length=3)
    model.generate(2, max_length=3, top_k=2)  # of each token all logits are fetched


def steps_with_accumulation():
    step_on_minibatches(accumulate=2, averaging=0.9)


def step_on_minibatches(network=None, *, carries_state=True, **settings):
    """Steps of a language model of 120 tokens on minibatches [5, 4]."""
    sizes = LANGUAGE_MODEL | (network or {})
    model = LanguageModel(None, vocabulary_size=120, **sizes, rng=0)
    recipe = find_recipe("word", "modern").changed(**settings)
    batches = SimpleNamespace(batch_size=4, carries_state=carries_state)
    steps = MinibatchSteps(model, recipe, batches)
    ids = RNG.integers(0, 120, (2, 6, 4)).astype(np.int32)
    steps.load(Segment(0, ids[:, :-1], ids[:, 1:]))
    for place in range(recipe["accumulate"]):
        steps.run(range(place, place + 1), place, 0.1)
    return model


def tagger_with_characters():
    words = [list(zip(sentence.words, sentence.labels, strict=True)) for sentence in TAGGED * 4]
    settings = {"output": "crf", "char_features": 2, "dropout": 0.2, "batch_size": 4, "epochs": 1}
    train_tagger(words, progress=False, **TAGGER, **settings)


def tagger_of_words_alone():
    words = [list(zip(sentence.words, sentence.labels, strict=True)) for sentence in TAGGED * 4]
    settings = {"output": "softmax", "char_features": 0, "batch_size": 4, "epochs": 1}
    train_tagger(words, progress=False, **TAGGER, **settings)


def small_tagger(**settings) -> SequenceTagger:
    config = SequenceTaggerConfig(**TAGGER, **settings)
    return SequenceTagger(TagVocabulary.of(TAGGED), config, rng=0)


def small_model(**settings) -> LanguageModel:
    return LanguageModel(TEXT, **LANGUAGE_MODEL, **settings, rng=0)


def states_of_a_tagger():
    activity(small_tagger(), "fly to boston")


def saliency():
    saliency_of_text(small_model(), "abc")
    saliency_of_text(small_tagger(), "fly to boston")


def norms_of_gradients():
    gradient_norms(small_model(), [0, 1, 2, 3])


in_float64 = pytest.mark.xfail(
    reason="PyTensor's gradient of a scan keeps float64 under JAX, whatever the model's type"
)

USES = [
    (word_model_of_the_tutorial, ["tutorials/rnn_theano.py"]),
    (slot_tagger_of_the_tutorial, ["tutorials/rnnslu.py"]),
    (character_models_of_the_tutorial, ["tutorials/char_rnn.py"]),
    (
        language_model_of_words,
        ["models/language_model.py", "models/text_model.py", "predict/drawing.py"],
    ),
    (steps_with_accumulation, ["train/minibatch_steps.py"]),
    (tagger_with_characters, ["models/sequence_tagger.py"]),
    (tagger_of_words_alone, []),
    (states_of_a_tagger, ["plots/activity.py"]),
    (saliency, ["plots/saliency.py", "plots/embedded.py"]),
    (norms_of_gradients, ["plots/gradients.py"]),
    pytest.param(graph_of_the_tutorial, ["tutorials/scan_graph.py"], marks=in_float64),
]


@pytest.mark.parametrize(("use", "modules"), USES, ids=lambda v: getattr(v, "__name__", ""))
def test_what_a_use_compiles_is_lowered(use, modules):
    """And it is all that these modules have compiled."""
    functions = assert_lowered(use)
    reached = {place[:2] for function in functions for place in function.places}
    missed = {place for module in modules for place in compiling_places(module)} - reached
    assert not missed, "compiled here, and not by this test"


def test_every_module_that_compiles_is_used():
    modules = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py")}
    compiling = {module for module in modules if compiling_places(module)}
    assert compiling == {module for _, modules in plain(USES) for module in modules}


def plain(parameters: list) -> list:
    """Parameters of a test without their marks."""
    mark = type(pytest.param())
    return [
        (p.values[0] if len(p.values) == 1 else p.values) if isinstance(p, mark) else p
        for p in parameters
    ]


def compiling_places(module: str) -> set[tuple[str, int]]:
    """Where a module outside of the backend calls what compiles, by file and line."""
    if module.startswith("backend/"):
        return set()
    calls = [
        node
        for node in ast.walk(ast.parse((PACKAGE / module).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
    ]
    names = [getattr(call.func, "id", getattr(call.func, "attr", "")) for call in calls]
    if "compile_function" not in names:
        return set()
    pairs = zip(calls, names, strict=True)
    return {(module, call.lineno) for call, name in pairs if COMPILING.fullmatch(name)}


NETWORKS = [
    {"cell": "elman"},
    {"cell": "elman", "output": "adaptive", "dropout": 0.2, "embedding_dropout": 0.2},
    {"cell": "gru", "dropout": 0.2, "weight_dropout": 0.2, "token_dropout": 0.2},
    {"cell": "gru", "output": "adaptive", "recurrent_bias": True},
    {"cell": "gru-tutorial", "locked_dropout": True, "dropout": 0.2},
    {"cell": "lstm", "tie_weights": True, "layers": 2},
    {"cell": "lstm", "output": "adaptive", "dropout": 0.2},
]


@pytest.mark.parametrize(
    "network", NETWORKS, ids=lambda network: "-".join(map(str, network.values()))
)
def test_language_models_are_lowered(network):
    def use():
        model = step_on_minibatches(network)
        states = model.zero_states(4)
        model.next_logits(IDS[:4], states)
        model.token_losses(IDS.reshape(8, 4), NEXT_IDS.reshape(8, 4), states)

    assert_lowered(use)


def test_there_is_a_network_of_each_cell():
    assert {network["cell"] for network in plain(NETWORKS)} == set(CELLS)


@pytest.mark.parametrize(
    "settings",
    [
        {"carries_state": False},
        {"optimizer": "sgd", "clip_norm": 0, "clip_value": 1.0},
        {"optimizer": "momentum"},
        {"optimizer": "adagrad"},
        {"optimizer": "rmsprop"},
        {"weight_decay": 0.1},
    ],
    ids=str,
)
def test_steps_of_training_are_lowered(settings):
    assert_lowered(partial(step_on_minibatches, {"cell": "elman"}, **settings))


@pytest.mark.parametrize(
    ("cell", "truncate"),
    [
        ("elman", 2),
        ("gru", 2),
        ("lstm", 2),
        ("lstm", 20),  # a loop
        ("gru-tutorial", 2),
    ],
)
def test_exact_truncation_is_lowered(cell, truncate):
    layer = Recurrent(cell, 5, 3, truncate=truncate)
    values = layer.init(rng=0, dtype="float32")
    x = pt.tensor("x", dtype="float32", shape=(30, 2, 3))

    def use():
        weights = {name: pytensor.shared(v, shape=v.shape) for name, v in values.items()}
        y, _ = layer(weights, x)
        wanted = [x, *weights.values()]
        gradients = pytensor.grad(None, wanted, known_grads={y: pt.ones_like(y)})
        compile_function([x], gradients, choose_backend("jax"))(np.ones((30, 2, 3), np.float32))

    assert_lowered(use)


# Functions in which something is wrong

VECTOR = jax.ShapeDtypeStruct((3,), "float32")
(LENGTH,) = export.symbolic_shape("n")


@pytest.mark.parametrize(
    ("function", "types", "problem"),
    [
        (lambda x: jax.pure_callback(np.sin, VECTOR, x), VECTOR, "cannot be lowered"),
        (lambda x: jax.ffi.ffi_call("library", VECTOR)(x), VECTOR, "cannot be lowered"),
        (lambda x: jax.numpy.linalg.qr(x[None])[0], VECTOR, "calls cusolver_geqrf_ffi"),
        (lambda x: x + np.arange(3.0), VECTOR, "computes in float64"),
        (lambda x: 2 * x, jax.ShapeDtypeStruct((LENGTH,), "float32"), "a shape"),
    ],
    ids=["callback", "library", "solver", "float64", "unknown length"],
)
def test_problems_are_found(function, types, problem):
    choose_backend("jax", dtype="float64")  # lets JAX have float64
    assert problem in " ".join(problems(jax.jit(function), [types]))


def test_no_problem_is_found_where_there_is_none():
    assert problems(jax.jit(lambda x: 2 * x), [VECTOR]) == []


def test_a_function_of_the_package_in_float64_is_found():
    x = pt.vector("x", dtype="float32")
    with recording() as functions:
        compile_function([x], x.astype("float64").sum(), choose_backend("jax"))(IDS.astype("f4"))
    (problem,) = problems_of_all(functions)
    assert "computes in float64" in problem
