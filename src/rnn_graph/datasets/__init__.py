"""Text to train on: an embedded corpus whose true perplexity is known."""

from rnn_graph.datasets.grammar import (
    CommentCorpus,
    Sentence,
    comment_corpus,
    comment_grammar,
    sample_sentences,
)

__all__ = [
    "CommentCorpus",
    "Sentence",
    "comment_corpus",
    "comment_grammar",
    "sample_sentences",
]
