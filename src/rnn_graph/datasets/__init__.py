"""Text to train on: embedded sentences, tagged queries and names, and the originals."""

from rnn_graph.datasets.color_names import color_names
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
    "color_names",
    "comment_corpus",
    "comment_grammar",
    "fetch",
    "flight_corpus",
    "sample_flight_queries",
    "sample_sentences",
]
