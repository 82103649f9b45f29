"""Milliseconds a step of the two published slot-tagging recipes: this project, PyTorch, NumPy.

    python benchmarks/tagger_epoch.py --data atis.train.conll
    python benchmarks/tagger_epoch.py                           # embedded flight queries

A step of the recipe "word" learns one word's label from the windows of the last nine words; a
step of "sentence" learns all labels of a sentence. After each, the embeddings that took part are
scaled to unit length. As in `lm_epoch.py` each contender lives in a process of its own, has to
agree with the NumPy reference before it is timed, and takes its turns while the others wait. A
turn is the same slice of an epoch each time, from which the epoch's seconds are scaled up.
PyTorch comes with one thread and with as many as there are cores. At last this project tags the
sentences.
"""

import argparse
import json
import multiprocessing
import os
import statistics
from importlib.metadata import version
from itertools import islice

import numpy as np

from lm_epoch import require_agreement
from rnn_graph.benchmark.timing import machine, timed
from rnn_graph.datasets import flight_corpus
from rnn_graph.initialization import draw_slot_tagger_parameters
from rnn_graph.signature import versions
from rnn_graph.tag_vocabulary import TagVocabulary
from rnn_graph.tagged_files import read_tagged_sentences
from rnn_graph.tagger_training import PUBLISHED_SEED, SENTENCE_RECIPE, WORD_RECIPE, SlotRecipe
from rnn_graph.windows import contextwin, last_word_steps, minibatch, shuffle

RECIPES = {"word": WORD_RECIPE, "sentence": SENTENCE_RECIPE}
CHECKED_STEPS = 20
REFERENCE_STEPS = 50  # a turn

OURS, REFERENCE = "rnn_graph jax", "NumPy reference"
AUTOGRAD, BY_HAND = "PyTorch eager, autograd", "PyTorch eager, gradients by hand"
# A contender's program, and the threads that it is held to.
CONTENDERS = [
    (REFERENCE, None),
    (OURS, None),
    *((peer, threads) for peer in (AUTOGRAD, BY_HAND) for threads in sorted({1, os.cpu_count()})),
]


def examples(recipe: SlotRecipe, sentences):
    """The windows of each step and what it learns: the last word's label, or those of all."""
    for words, labels in sentences:
        windows = contextwin(words, recipe.window)
        if recipe.words_a_step:
            yield from zip(minibatch(windows, recipe.words_a_step), labels, strict=True)
        else:
            yield windows, labels


def build(program: str, threads, recipe: SlotRecipe, parameters, sentences, limit: int):
    """A contender's steps in the form that it takes, what does them, and its parameters after."""
    steps = list(islice(examples(recipe, sentences), limit))
    rate = recipe.learning_rate
    (nh, nc), ne = parameters["W"].shape, len(parameters["embeddings"]) - 1
    sizes = nh, nc, ne, recipe.embedding_dim, recipe.window
    if program == REFERENCE:
        from rnn_graph.reference.rnnslu_numpy import RNNSLUNumpy

        reference = RNNSLUNumpy(*sizes)
        reference.parameters = parameters

        def train(steps):
            for windows, labels in steps:
                yield reference.sentence_train(windows, labels, rate)
                reference.normalize()

        return steps[:REFERENCE_STEPS], train, lambda: reference.parameters

    parameters = {name: value.astype(np.float32) for name, value in parameters.items()}
    if program == OURS:
        from rnn_graph.models.rnnslu import RNNSLU

        model = RNNSLU(*sizes, rng=0, backend="jax", device="cpu")
        model.set_parameters(parameters)
        if recipe.words_a_step:
            windows_a_step = recipe.window, recipe.words_a_step
            rows = [last_word_steps(*sentence, *windows_a_step) for sentence in sentences]
            steps = np.concatenate(rows)[:limit]
            return steps, lambda steps: model.train_on_steps(steps, rate), model.get_parameters
        return (
            steps,
            lambda steps: [model.sentence_train(*step, rate, normalize=True) for step in steps],
            model.get_parameters,
        )

    import torch

    from peers.torch_slot_tagger import TorchSlotTagger, TorchSlotTaggerByHand

    torch.set_num_threads(threads)
    peer = (TorchSlotTagger if program == AUTOGRAD else TorchSlotTaggerByHand)(parameters)
    steps = [peer.prepared(*step) for step in steps]
    return steps, lambda steps: [peer.sgd_step(*step, rate) for step in steps], peer.get_parameters


def contend(pipe, *contender) -> None:
    """In a process of its own: report the first steps, then time turns."""
    set_up, (steps, train, get_parameters) = timed(lambda: build(*contender))
    first, losses = timed(lambda: list(train(steps[:CHECKED_STEPS])))
    pipe.send(((losses, get_parameters()), {"set_up_seconds": set_up, "first_seconds": first}))
    while pipe.recv():
        seconds, _ = timed(lambda: list(train(steps)))
        pipe.send(seconds / len(steps))


def spread(values, digits: int) -> dict[str, float]:
    found = {"median": statistics.median(values), "least": min(values), "most": max(values)}
    return {name: round(value, digits) for name, value in found.items()}


def compare(recipe: SlotRecipe, parameters, sentences, options) -> dict:
    """All contenders on one recipe."""
    epoch_steps = sum(1 for _ in examples(recipe, sentences))
    context = multiprocessing.get_context("spawn")
    pipes, processes, first, apart = {}, [], {}, {}
    for program, threads in CONTENDERS:
        name = f"{program}, threads: {threads}" if threads else program
        pipes[name], end = context.Pipe()
        contender = end, program, threads, recipe, parameters, sentences, options.steps
        processes.append(context.Process(target=contend, args=contender, daemon=True))
        processes[-1].start()
        first[name], apart[name] = pipes[name].recv()
        require_agreement(first[REFERENCE], first[name])

    seconds = {name: [] for name in pipes}
    for round_number in range(options.rounds + 1):
        for name, pipe in pipes.items():
            pipe.send(True)
            taken = pipe.recv()
            if round_number:  # the first round compiles for the lengths not met before
                seconds[name].append(taken)
    for pipe, process in zip(pipes.values(), processes, strict=True):
        pipe.send(False)
        process.join()
    return {
        name: {
            **{what: round(value, 2) for what, value in apart[name].items()},
            "milliseconds_a_step": spread([1e3 * s for s in times], 4),
            "seconds_an_epoch": round(epoch_steps * statistics.median(times), 2),
            "times_ours": spread([s / o for s, o in zip(times, seconds[OURS], strict=True)], 2),
        }
        for name, times in seconds.items()
    }


def words_tagged_a_second(sentences, vocabulary: TagVocabulary, rounds: int) -> dict[str, float]:
    from rnn_graph.models.rnnslu import RNNSLU
    from rnn_graph.tagging import tag_sentences

    sizes = len(vocabulary.labels), len(vocabulary.words), WORD_RECIPE.embedding_dim
    model = RNNSLU(
        WORD_RECIPE.hidden_dim,
        *sizes,
        WORD_RECIPE.window,
        rng=0,
        backend="jax",
        device="cpu",
        vocabulary=vocabulary,
    )
    plain = [sentence.words for sentence in sentences]
    tag_sentences(model, plain)
    words = sum(map(len, plain))
    return spread([words / timed(lambda: tag_sentences(model, plain))[0] for _ in range(rounds)], 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="CoNLL columns, or another form of tagged sentences")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=1024, help="a turn")
    options = parser.parse_args()

    tagged = read_tagged_sentences(options.data) if options.data else flight_corpus().train
    vocabulary = TagVocabulary.of(tagged)
    words = [vocabulary.encode_words(sentence.words) for sentence in tagged]
    labels = [vocabulary.encode_labels(sentence.labels) for sentence in tagged]
    shuffle([words, labels], PUBLISHED_SEED)
    sentences = list(zip(words, labels, strict=True))

    result = {
        "workload": "tagger-epoch",
        "sentences": len(sentences),
        "words": sum(map(len, words)),
        "vocabulary": len(vocabulary.words),
        "labels": len(vocabulary.labels),
        "machine": machine(),
        "versions": versions() | {"torch": version("torch")},
    }
    for name, recipe in RECIPES.items():
        sizes = recipe.hidden_dim, len(vocabulary.labels), len(vocabulary.words)
        parameters = draw_slot_tagger_parameters(*sizes, recipe.embedding_dim, recipe.window, rng=0)
        parameters["embeddings"] /= np.linalg.norm(parameters["embeddings"], axis=1, keepdims=True)
        result[name] = compare(recipe, parameters, sentences, options)
    result["words_tagged_a_second"] = words_tagged_a_second(tagged, vocabulary, options.rounds)
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
