"""Words a second over sentences, one a step: this project against PyTorch eager.

    python benchmarks/lm_epoch.py --data comments.csv
    python benchmarks/lm_epoch.py                       # embedded sentences

Each contender lives in a process of its own, as it would for its user: thread pools and
allocators of the others do not get in its way. All start from the same parameters, and those
that do the same (full BPTT) have to agree on losses and parameters before they are timed. Then
they take turns, an epoch each a round; the others wait.
"""

import argparse
import json
import multiprocessing
import statistics
import time
from importlib.metadata import version

import numpy as np

from rnn_graph.batching import next_word_pairs
from rnn_graph.benchmark.timing import machine
from rnn_graph.corpus import Corpus, read_sentences
from rnn_graph.datasets import comment_corpus
from rnn_graph.initialization import draw_word_model_parameters
from rnn_graph.signature import versions

LEARNING_RATE = 0.005
CHECKED_SENTENCES = 20
LARGEST_ERROR = 1e-4

OURS, OURS_FULL = "rnn_graph jax, k = 4", "rnn_graph jax, full BPTT"
PEER = "PyTorch eager, sparse, full BPTT"


def read_pairs(path: str | None, vocabulary_size: int, limit: int | None):
    sentences = read_sentences(path) if path else comment_corpus(4000, 1).train
    corpus = Corpus(sentences)
    vocabulary = corpus.vocabulary(vocabulary_size)
    pairs = zip(*next_word_pairs(corpus.encode(vocabulary)[:limit]), strict=True)
    return len(vocabulary), [(x, y) for x, y in pairs if len(x)]


def build(name: str, parameters, pairs):
    """A contender's model, and the sentences in the form that it takes."""
    parameters = {name: value.astype(np.float32) for name, value in parameters.items()}
    if name == PEER:
        import torch

        from peers.torch_word_model import TorchWordModel

        tensors = [tuple(map(torch.tensor, (x, y.astype(np.int64)))) for x, y in pairs]
        return TorchWordModel(parameters), tensors
    from rnn_graph.models.rnn_theano import RNNTheano

    hidden_dim, word_dim = parameters["U"].shape
    model = RNNTheano(word_dim, hidden_dim, 4 if name == OURS else None, rng=0, backend="jax")
    model.set_parameters(parameters)
    return model, pairs


def contend(name: str, parameters, pairs, pipe) -> None:
    """In a process of its own: report the first losses and parameters, then time epochs."""
    model, sentences = build(name, parameters, pairs)
    losses = [model.sgd_step(x, y, LEARNING_RATE) for x, y in sentences[:CHECKED_SENTENCES]]
    pipe.send((losses, model.get_parameters()))
    while pipe.recv():
        start = time.perf_counter()
        for x, y in sentences:
            model.sgd_step(x, y, LEARNING_RATE)
        pipe.send(time.perf_counter() - start)


def require_agreement(ours, theirs) -> None:
    losses, parameters = ours
    their_losses, their_parameters = theirs
    if not np.allclose(losses, their_losses, rtol=LARGEST_ERROR):
        raise ArithmeticError("losses differ")
    for name, value in parameters.items():
        if not np.allclose(value, their_parameters[name], atol=LARGEST_ERROR):
            raise ArithmeticError(f"parameters {name} differ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data")
    parser.add_argument("--vocabulary-size", type=int, default=8000)
    parser.add_argument("--hidden-dim", type=int, default=100)
    parser.add_argument("--limit", type=int, help="sentences")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()

    word_dim, pairs = read_pairs(options.data, options.vocabulary_size, options.limit)
    words = sum(len(y) for _, y in pairs)
    parameters = draw_word_model_parameters(word_dim, options.hidden_dim, rng=0)

    context = multiprocessing.get_context("spawn")
    pipes, first = {}, {}
    for name in (OURS, OURS_FULL, PEER):
        pipes[name], end = context.Pipe()
        context.Process(target=contend, args=(name, parameters, pairs, end), daemon=True).start()
        first[name] = pipes[name].recv()
    require_agreement(first[OURS_FULL], first[PEER])

    seconds = {name: [] for name in pipes}
    for round_number in range(options.rounds + 1):
        for name, pipe in pipes.items():
            pipe.send(True)
            taken = pipe.recv()
            if round_number:  # the first round compiles
                seconds[name].append(taken)
    for pipe in pipes.values():
        pipe.send(False)
    result = {
        "workload": "lm-epoch",
        "sentences": len(pairs),
        "words": words,
        "vocabulary": word_dim,
        "machine": machine(),
        "versions": versions() | {"torch": version("torch")},
        "contenders": {
            name: {
                "words_per_second": words / statistics.median(times),
                "times_pytorch": statistics.median(
                    t / own for t, own in zip(seconds[PEER], times, strict=True)
                ),
                "seconds": times,
            }
            for name, times in seconds.items()
        },
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
