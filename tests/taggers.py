"""A small tagger with random weights."""

import numpy as np

from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.models.sequence_tagger import SequenceTagger
from rnn_graph.models.tagger_config import SequenceTaggerConfig

SENTENCES = [
    TaggedSentence(("fly", "to", "boston"), ("O", "O", "B-city")),
    TaggedSentence(("from", "new", "york"), ("O", "B-city", "I-city")),
]


def small_tagger(**settings) -> SequenceTagger:
    defaults = {"hidden_dim": 5, "embedding_dim": 4, "dtype": "float64"}
    config = SequenceTaggerConfig(**defaults | settings)
    tagger = SequenceTagger(TagVocabulary.of(SENTENCES), config, rng=1, backend="jax")
    rng = np.random.RandomState(0)
    # Embeddings are small at first, and a CRF's scores zero.
    values = {n: rng.standard_normal(v.shape) / 2 for n, v in tagger.get_parameters().items()}
    tagger.set_parameters(values)
    return tagger
