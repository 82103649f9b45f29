"""Seconds an epoch of the slot tagger's published recipes: this project against PyTorch eager.

    python benchmarks/tagger_epoch.py --data atis.fold3.train.conll
    python benchmarks/tagger_epoch.py                       # embedded flight queries

As in `lm_epoch.py` each contender lives in a process of its own, all start from the same
parameters, have to agree with the NumPy reference on the first steps, and take turns. PyTorch
runs with as many threads as suit it best.
"""

import argparse
import json
import multiprocessing
import statistics
import time
from importlib.metadata import version

import numpy as np

from rnn_graph.benchmark.timing import machine
from rnn_graph.datasets import sample_flight_queries
from rnn_graph.reference.rnnslu_numpy import RNNSLUNumpy
from rnn_graph.signature import versions
from rnn_graph.tag_vocabulary import TagVocabulary
from rnn_graph.tagged_files import read_tagged_sentences
from rnn_graph.tagger_training import SENTENCE_RECIPE, WORD_RECIPE
from rnn_graph.windows import contextwin, last_word_steps, minibatch

RECIPES = {"word": WORD_RECIPE, "sentence": SENTENCE_RECIPE}
CHECKED_STEPS = 10
LARGEST_ERROR = 1e-4
OURS = "rnn_graph jax"
PEERS = {"PyTorch eager, 1 thread": 1, "PyTorch eager, 2 threads": 2}


def steps_of(recipe, words, labels):
    """(windows, labels) of each step of an epoch."""
    for sentence, truth in zip(words, labels, strict=True):
        windows = contextwin(sentence, recipe.window)
        if recipe.words_a_step:
            for seen, label in zip(minibatch(windows, recipe.words_a_step), truth, strict=True):
                yield seen, np.array([label])
        else:
            yield windows, truth


class Reference:
    """The NumPy reference, a step at a time."""

    def __init__(self, recipe, parameters, padding):
        sizes = (recipe.hidden_dim, len(parameters["b"]), padding, recipe.embedding_dim)
        self.model = RNNSLUNumpy(*sizes, recipe.window, rng=0)
        self.model.parameters = {k: v.astype(float) for k, v in parameters.items()}

    def run(self, steps, rate):
        losses = []
        for windows, labels in steps:
            y = labels if len(labels) > 1 or len(windows) == 1 else labels[0]
            losses.append(self.model.sentence_train(windows, y, rate))
            self.model.normalize()
        return losses, self.model.parameters


def contend(name, recipe, parameters, words, labels, pipe) -> None:
    """In a process of its own: report the first losses and parameters, then time epochs."""
    rate, padding = recipe.learning_rate, len(parameters["embeddings"]) - 1
    steps = list(steps_of(recipe, words, labels))
    if name in PEERS:
        import torch

        from peers.torch_slot_tagger import TorchSlotTagger

        torch.set_num_threads(PEERS[name])
        model = TorchSlotTagger(parameters)
        tensors = [
            (
                torch.tensor(np.where(windows < 0, padding, windows), dtype=torch.int64),
                torch.tensor(labels, dtype=torch.int64),
            )
            for windows, labels in steps
        ]

        def run(count=None):
            return [model.step(*step, rate) for step in tensors[:count]]

    else:
        from rnn_graph.models.rnnslu import RNNSLU

        sizes = (recipe.hidden_dim, len(parameters["b"]), padding, recipe.embedding_dim)
        model = RNNSLU(*sizes, recipe.window, rng=0, backend="jax")
        model.set_parameters(parameters)
        if recipe.words_a_step:
            rows = np.concatenate(
                [
                    last_word_steps(sentence, truth, recipe.window, recipe.words_a_step)
                    for sentence, truth in zip(words, labels, strict=True)
                ]
            )

            def run(count=None):
                return model.train_on_steps(rows[:count], rate)

        else:

            def run(count=None):
                return [
                    model.sentence_train(contextwin(s, recipe.window), y, rate, normalize=True)
                    for s, y in zip(words[:count], labels[:count], strict=True)
                ]

    pipe.send((list(run(CHECKED_STEPS)), model.get_parameters()))
    while pipe.recv():
        start = time.perf_counter()
        run()
        pipe.send(time.perf_counter() - start)


def require_agreement(name, expected, found) -> None:
    if not np.allclose(expected[0], found[0], rtol=LARGEST_ERROR):
        raise ArithmeticError(f"{name}: losses differ")
    for parameter, value in expected[1].items():
        if not np.allclose(value, found[1][parameter], atol=LARGEST_ERROR):
            raise ArithmeticError(f"{name}: parameters {parameter} differ")


def compare(recipe, vocabulary, sentences, rounds) -> dict:
    words = [vocabulary.encode_words(sentence.words) for sentence in sentences]
    labels = [vocabulary.encode_labels(sentence.labels) for sentence in sentences]
    sizes = (recipe.hidden_dim, len(vocabulary.labels), len(vocabulary.words))
    reference = RNNSLUNumpy(*sizes, recipe.embedding_dim, recipe.window, rng=0)
    reference.normalize()  # as after the first step, from when on rows can be normalized alone
    parameters = {k: v.astype(np.float32) for k, v in reference.parameters.items()}
    steps = list(steps_of(recipe, words, labels))
    expected = Reference(recipe, parameters, sizes[2]).run(
        steps[:CHECKED_STEPS], recipe.learning_rate
    )
    context = multiprocessing.get_context("spawn")
    pipes = {}
    for name in (OURS, *PEERS):
        pipes[name], end = context.Pipe()
        arguments = (name, recipe, parameters, words, labels, end)
        context.Process(target=contend, args=arguments, daemon=True).start()
        require_agreement(name, expected, pipes[name].recv())
    seconds = {name: [] for name in pipes}
    for round_number in range(rounds + 1):
        for name, pipe in pipes.items():
            pipe.send(True)
            taken = pipe.recv()
            if round_number:  # the first round compiles
                seconds[name].append(taken)
    for pipe in pipes.values():
        pipe.send(False)
    return {
        "steps": len(steps),
        "contenders": {
            name: {
                "seconds_an_epoch": statistics.median(times),
                "microseconds_a_step": 1e6 * statistics.median(times) / len(steps),
                "times_as_long_as_ours": statistics.median(
                    t / own for t, own in zip(times, seconds[OURS], strict=True)
                ),
                "seconds": times,
            }
            for name, times in seconds.items()
        },
    }


def throughput(vocabulary, sentences, rounds) -> dict:
    """Words a second of `tag_sentences`."""
    from rnn_graph.models.rnnslu import RNNSLU
    from rnn_graph.tagging import tag_sentences

    recipe = WORD_RECIPE
    sizes = (recipe.hidden_dim, len(vocabulary.labels), len(vocabulary.words))
    model = RNNSLU(*sizes, recipe.embedding_dim, recipe.window, rng=0, vocabulary=vocabulary)
    texts = [sentence.words for sentence in sentences]
    tag_sentences(model, texts)  # compiles
    rates = []
    for _ in range(rounds):
        start = time.perf_counter()
        tag_sentences(model, texts)
        rates.append(sum(map(len, texts)) / (time.perf_counter() - start))
    return {"words_per_second": statistics.median(rates), "rounds": rates}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--limit", type=int, help="sentences")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    if options.data:
        sentences = read_tagged_sentences(options.data)
    else:
        sentences = sample_flight_queries(4000, rng=0)
    sentences = sentences[: options.limit]
    vocabulary = TagVocabulary.of(sentences)
    result = {
        "sentences": len(sentences),
        "words": sum(len(sentence.words) for sentence in sentences),
        "machine": machine(),
        "versions": versions() | {"torch": version("torch")},
    }
    for name, recipe in RECIPES.items():
        result[f"tagger-{name}"] = compare(recipe, vocabulary, sentences, options.rounds)
    result["tagging"] = throughput(vocabulary, sentences, options.rounds)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
