"""Words a second over sentences, one a step: this project against PyTorch eager.

    python benchmarks/lm_epoch.py --data comments.csv
    python benchmarks/lm_epoch.py                       # embedded sentences

Both start from the same parameters and have to agree on losses and parameters before they are
timed; then they take turns, an epoch each a round.
"""

import argparse
import json
import statistics
import time

import numpy as np
import torch

from peers.torch_word_model import TorchWordModel
from rnn_graph.batching import next_word_pairs
from rnn_graph.benchmark.timing import machine
from rnn_graph.corpus import Corpus, read_sentences
from rnn_graph.datasets import comment_corpus
from rnn_graph.models.rnn_theano import RNNTheano
from rnn_graph.signature import versions

LEARNING_RATE = 0.005
CHECKED_SENTENCES = 20
LARGEST_ERROR = 1e-4


def read_pairs(path: str | None, vocabulary_size: int, limit: int | None):
    sentences = read_sentences(path) if path else comment_corpus(4000, 1).train
    corpus = Corpus(sentences)
    vocabulary = corpus.vocabulary(vocabulary_size)
    X, Y = next_word_pairs(corpus.encode(vocabulary)[:limit])
    kept = [(x, y) for x, y in zip(X, Y, strict=True) if len(x)]
    return len(vocabulary), kept


def require_agreement(ours, theirs, pairs) -> None:
    """The same losses and parameters after a few steps, or no timing."""
    for x, y in pairs:
        a = ours.sgd_step(x, y, LEARNING_RATE)
        b = theirs.sgd_step(*map(torch.tensor, (x, y.astype(np.int64))), LEARNING_RATE)
        if not abs(a - b) <= LARGEST_ERROR * abs(b):
            raise ArithmeticError(f"losses differ: {a} and {b}")
    for name, value in ours.get_parameters().items():
        if not np.abs(value - theirs.get_parameters()[name]).max() <= LARGEST_ERROR:
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

    def model(truncate):
        return RNNTheano(word_dim, options.hidden_dim, truncate, rng=0, backend="jax")

    torch_model = TorchWordModel(model(None).get_parameters())
    contenders = {"rnn_graph jax, k = 4": model(4), "rnn_graph jax, full BPTT": model(None)}
    require_agreement(
        contenders["rnn_graph jax, full BPTT"], torch_model, pairs[:CHECKED_SENTENCES]
    )
    torch_pairs = [tuple(map(torch.tensor, (x, y.astype(np.int64)))) for x, y in pairs]
    work = {name: (m, pairs) for name, m in contenders.items()}
    peer = "PyTorch eager, sparse, full BPTT"
    work[peer] = (torch_model, torch_pairs)

    seconds = {name: [] for name in work}
    for round_number in range(options.rounds + 1):
        for name, (contender, sentences) in work.items():
            start = time.perf_counter()
            for x, y in sentences:
                contender.sgd_step(x, y, LEARNING_RATE)
            if round_number:  # the first round compiles
                seconds[name].append(time.perf_counter() - start)
    result = {
        "workload": "lm-epoch",
        "sentences": len(pairs),
        "words": words,
        "vocabulary": word_dim,
        "machine": machine(),
        "threads": torch.get_num_threads(),
        "versions": versions() | {"torch": torch.__version__},
        "contenders": {
            name: {
                "words_per_second": words / statistics.median(times),
                "times_pytorch": statistics.median(
                    t / own for t, own in zip(seconds[peer], times, strict=True)
                ),
                "spread": [min(times), max(times)],
            }
            for name, times in seconds.items()
        },
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
