"""Text to train on: embedded sentences and tagged queries, and the originals."""

from rnn_graph.datasets.flight_queries import FlightCorpus, flight_corpus, sample_flight_queries
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
    "FlightCorpus",
    "Original",
    "Sentence",
    "comment_corpus",
    "comment_grammar",
    "fetch",
    "flight_corpus",
    "sample_flight_queries",
    "sample_sentences",
]
