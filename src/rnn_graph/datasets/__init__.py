"""Text to train on: an embedded corpus whose true perplexity is known, and the originals."""

from rnn_graph.datasets.grammar import (
    CommentCorpus,
    Sentence,
    comment_corpus,
    comment_grammar,
    sample_sentences,
)
from rnn_graph.datasets.originals import ORIGINALS, Original, fetch

__all__ = [
    "ORIGINALS",
    "CommentCorpus",
    "Original",
    "Sentence",
    "comment_corpus",
    "comment_grammar",
    "fetch",
    "sample_sentences",
]
