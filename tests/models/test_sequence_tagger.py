from functools import partial
from itertools import pairwise, product

import numpy as np
import pytest
from pytensor import tensor as pt
from scipy.special import log_softmax, logsumexp

from plain_cells import plain_layer
from rnn_graph.backend.compile import compile_function
from rnn_graph.backend.ops import place_hashes
from rnn_graph.data.batches import pad_batch
from rnn_graph.data.padding import padding_as_row
from rnn_graph.data.tag_vocabulary import TagVocabulary
from rnn_graph.data.tagged_sentences import TaggedSentence
from rnn_graph.errors import InputError
from rnn_graph.finite_differences import central_differences
from rnn_graph.models.sequence_tagger import SequenceTagger, SequenceTaggerConfig
from rnn_graph.nn.cells import CELLS
from rnn_graph.predict.tagging import tag_sentences
from tolerances import assert_close, each_backend

WORDS = ("a", "b", "c", "d", "e", "f")
LABELS = ("B-x", "B-y", "I-x", "I-y", "O")
VOCABULARY = TagVocabulary.of([TaggedSentence(WORDS, (*LABELS, "O"))])
H, D = 3, 2
SENTENCES = [np.array([0, 3, 3, 1, 5, 2]), np.array([4]), np.array([6, 0, 2])]  # 6: unknown


def tagger(
    cell="gru", *, bidirectional=True, window=3, backend="jax", rng=1, dtype="float64", **settings
):
    config = SequenceTaggerConfig(cell, H, D, window, bidirectional, dtype=dtype, **settings)
    model = SequenceTagger(VOCABULARY, config, rng=rng, backend=backend)
    large = np.random.RandomState(6)
    model.set_parameters(
        {n: v + large.standard_normal(v.shape) for n, v in model.get_parameters().items()}
    )
    return model


def plain_logits(model, words):
    """The logits of a sentence on its own, word by word."""
    p, config = model.get_parameters(), model.config
    half = config.window // 2
    padding = np.repeat(p["embeddings"][-1:], half, axis=0)
    rows = np.concatenate([padding, p["embeddings"][words], padding])
    x = np.array([rows[t : t + config.window].ravel() for t in range(len(words))])
    outputs = []
    for direction in ("forward", "backward")[: 1 + config.bidirectional]:
        first = [np.zeros(H)] * (2 if config.cell == "lstm" else 1)
        projected = x @ p[f"{direction}_Wx"] + p[f"{direction}_b"]
        states = plain_layer(
            config.cell,
            projected,
            np.ones(len(words)),
            first,
            p[f"{direction}_Wh"],
            backwards=direction == "backward",
        )
        outputs.append(states[0])
    return np.concatenate(outputs, axis=1) @ p["W"] + p["b"]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("bidirectional", "window"), [(True, 3), (False, 1)])
def test_a_padded_batch_has_the_logits_of_its_sentences(cell, bidirectional, window):
    model = tagger(cell, bidirectional=bidirectional, window=window)
    ids, mask = pt.imatrix("ids"), pt.dmatrix("mask")
    logits = compile_function([ids, mask], model.logits(ids, mask), model.backend)
    batch = pad_batch(model, SENTENCES, size=4)
    found = logits(padding_as_row(batch[0], len(VOCABULARY.words)), batch[1])
    for column, words in enumerate(SENTENCES):
        assert_close(found[: len(words), column], plain_logits(model, words))


@each_backend()
def test_labels_are_the_most_probable_ones(backend):
    model = tagger("elman", backend=backend)
    found = tag_sentences(model, [[*WORDS, "never seen"], ["a"], ["c", "f"]])
    for labels, words in zip(found, ([*range(6), 6], [0], [2, 5]), strict=True):
        expected = plain_logits(model, np.array(words)).argmax(axis=1)
        assert labels == tuple(LABELS[i] for i in expected)


def test_words_are_read_by_their_characters_also_those_that_are_not_known():
    words = [TaggedSentence(("bat", "cab", "7b"), ("O", "B-x", "I-x"))]
    config = SequenceTaggerConfig("elman", H, D, 3, char_features=2, dtype="float64")
    model = SequenceTagger(TagVocabulary.of(words), config, rng=1, backend="jax")
    p = {n: v + 0.5 for n, v in model.get_parameters().items()}
    model.set_parameters(p)
    ids = {"": 0, "0": 2, "a": 3, "b": 4, "c": 5, "t": 6}  # 1: any other
    rows = {"DIGITb": 0, "bat": 1, "cab": 2}  # 3: unknown words, 4: beyond a sentence

    def numbers(word):
        letters = [ids.get(letter, 1) for letter in word.replace("7", "0")]
        padded = p["char_embeddings"][[0, *letters, 0]]
        seen = [padded[c : c + 3].ravel() @ p["char_W"] + p["char_b"] for c in range(len(letters))]
        row = rows.get(word.replace("7", "DIGIT"), 3 if word else 4)
        return np.concatenate([p["embeddings"][row], np.max([[0, 0], *seen], axis=0)])

    def labels_of(sentence):
        x = np.array([numbers(word) for word in ("", *sentence, "")])
        x = np.array([x[t : t + 3].ravel() for t in range(len(sentence))])
        outputs = [
            plain_layer(
                "elman",
                x @ p[f"{direction}_Wx"] + p[f"{direction}_b"],
                np.ones(len(sentence)),
                [np.zeros(H)],
                p[f"{direction}_Wh"],
                backwards=direction == "backward",
            )[0]
            for direction in ("forward", "backward")
        ]
        return np.concatenate(outputs, axis=1) @ p["W"] + p["b"]

    sentences = [["cab", "7b", "bat"], ["tab", "cub"]]
    encoded = [model.encode_words(sentence) for sentence in sentences]
    batch, mask = pad_batch(model, encoded, size=2)
    given = pt.imatrix("ids"), pt.dmatrix("mask"), pt.itensor3("characters")
    logits = compile_function(
        given, model.logits(given[0], given[1], None, given[2]), model.backend
    )
    found = logits(padding_as_row(batch[..., 0], 4), mask, np.maximum(batch[..., 1:], 0))
    for column, sentence in enumerate(sentences):
        assert_close(found[: len(sentence), column], labels_of(sentence))
    for labels, sentence in zip(tag_sentences(model, sentences), sentences, strict=True):
        best = labels_of(sentence).argmax(axis=1)
        assert labels == tuple(model.vocabulary.labels[k] for k in best)

    # In training a known word may be dropped: it is spelled as it is, and has the unknown's row.
    x, y = np.array([[2, 1 + 5]], dtype=np.int32).T, np.array([[0, 1]], dtype=np.int32).T
    result = model.gradients(*(variable := (pt.imatrix("x"), pt.imatrix("y"))), [], [])
    loss = compile_function(variable, result.loss, model.backend)(x, y)
    rows["bat"] = 3
    log_p = log_softmax(labels_of(["cab", "bat"]), axis=1)
    assert_close(loss, -(log_p[0, 0] + log_p[1, 1]) / 2)


def sequence_score(p, logits, labels):
    """The score that a CRF gives to the labels of a sentence, term by term."""
    return (
        p["starts"][labels[0]]
        + sum(logits[t, label] for t, label in enumerate(labels))
        + sum(p["transitions"][pair] for pair in pairwise(labels))
        + p["ends"][labels[-1]]
    )


def keeps_to_bio(labels):
    steps = pairwise([4, *labels])  # 4: O
    return all(after not in (2, 3) or before in (after - 2, after) for before, after in steps)


def sequences_of(words):
    return list(product(range(len(LABELS)), repeat=len(words)))


@each_backend()
def test_labels_of_a_crf_are_the_best_sequence_that_keeps_to_their_scheme(backend):
    sentences = [["a"], ["c", "f"], ["never seen", "b", "d"]]
    ids = [np.array(words) for words in ([0], [2, 5], [6, 1, 3])]
    for scheme, is_allowed in (("none", lambda labels: True), ("bio", keeps_to_bio)):
        model = tagger("elman", backend=backend, output="crf", label_scheme=scheme)
        found = tag_sentences(model, sentences)
        for labels, words in zip(found, ids, strict=True):
            allowed = filter(is_allowed, sequences_of(words))
            given = model.get_parameters(), plain_logits(model, words)
            best = max(allowed, key=partial(sequence_score, *given))
            assert labels == tuple(LABELS[i] for i in best)


def test_a_crf_trains_down_the_mean_over_words_of_its_sentences_losses():
    model = tagger("gru", output="crf")
    sentences = [np.array([0, 3, 1]), np.array([4]), np.array([6, 0])]
    labels = [(0, 2, 4), (1,), (4, 3)]
    x, y = np.full((5, 4), -1, dtype=np.int32), np.full((5, 4), -1, dtype=np.int32)
    for column, (words, true) in enumerate(zip(sentences, labels, strict=True)):
        x[: len(words), column], y[: len(words), column] = words, true

    def mean_loss(**changed):
        model.set_parameters(model.get_parameters() | changed)
        total = 0.0
        for words, true in zip(sentences, labels, strict=True):
            score = partial(sequence_score, model.get_parameters(), plain_logits(model, words))
            total += logsumexp([score(path) for path in sequences_of(words)]) - score(true)
        return total / 6

    given = pt.imatrix("x"), pt.imatrix("y")
    result = model.gradients(*given, [], [])
    outputs = [result.loss, result.count, *result.gradients.values()]
    loss, count, *gradients = compile_function(given, outputs, model.backend)(x, y)
    assert count == 6
    assert_close(loss, mean_loss())
    for name, gradient in zip(result.gradients, gradients, strict=True):
        if name in ("transitions", "starts", "ends", "b"):
            value = model.get_parameters()[name]
            numeric = central_differences(lambda v, n=name: mean_loss(**{n: v}), value, 1e-5)
            mean_loss(**{name: value})
            assert_close(gradient, numeric, "differences")


def plain_mask(shape, share, key):
    kept = place_hashes(np, np.arange(np.prod(shape), dtype=np.uint32), np.uint32(key)) >= (
        share * 2**32
    )
    return kept.reshape(shape) / (1 - share)


def test_dropout_leaves_out_embeddings_and_outputs_by_a_hash_of_the_key():
    model = tagger("gru", embedding_dropout=0.25, dropout=0.5)
    ids, mask, key = pt.imatrix("ids"), pt.dmatrix("mask"), pt.scalar("key", dtype="uint32")
    logits = compile_function([ids, mask, key], model.logits(ids, mask, key), model.backend)
    batch, counts = pad_batch(model, SENTENCES[:1], size=1)
    batch, T, words = padding_as_row(batch, 7), len(counts), len(SENTENCES[0])
    p = model.get_parameters()
    rows = p["embeddings"][batch] * plain_mask((T + 2, 1, D), 0.25, 7)
    x = np.concatenate([rows[k : k + T, 0] for k in range(3)], axis=1)
    outputs = [
        plain_layer(
            "gru",
            x @ p[f"{direction}_Wx"] + p[f"{direction}_b"],
            counts[:, 0],
            [np.zeros(H)],
            p[f"{direction}_Wh"],
            backwards=direction == "backward",
        )[0]
        for direction in ("forward", "backward")
    ]
    hidden = np.concatenate(outputs, axis=1) * plain_mask((T, 1, 2 * H), 0.5, 8)[:, 0]
    found = logits(batch, counts, np.uint32(7))
    assert_close(found[:words, 0], (hidden @ p["W"] + p["b"])[:words])


@pytest.mark.parametrize("cell", CELLS)
def test_first_values_have_the_equations_shapes_and_repeat_with_the_seed(cell):
    config = SequenceTaggerConfig(cell, H, D, 3)
    first, second, other = (
        SequenceTagger(VOCABULARY, config, rng=seed, backend="jax").get_parameters()
        for seed in (4, 4, 5)
    )
    blocks = {"elman": 1, "lstm": 4}.get(cell, 3)
    assert first["embeddings"].shape == (len(WORDS) + 2, D)  # the unknown word, and padding
    assert not first["embeddings"][-1].any()
    assert 0.05 < np.abs(first["embeddings"]).max() < 0.1  # whatever the layer's own values are
    assert first["backward_Wx"].shape == (3 * D, blocks * H)
    assert first["W"].shape == (2 * H, len(LABELS))
    for name, value in first.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(second[name], value)
    assert (other["forward_Wx"] != first["forward_Wx"]).any()
    for block in np.split(first["forward_Wh"], blocks, axis=1):
        assert_close(block @ block.T, np.eye(H), "float32")


def test_one_direction_has_one_layer():
    names = tagger(bidirectional=False).get_parameters().keys()
    assert names == {"embeddings", "forward_Wx", "forward_Wh", "forward_b", "W", "b"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"cell": "transformer"}, "unknown cell 'transformer'; give one of elman, gru, lstm"),
        ({"hidden_dim": 0}, "hidden_dim is 0"),
        ({"embedding_dim": -1}, "embedding_dim is -1"),
        ({"output": "adaptive"}, "unknown output 'adaptive'; give one of softmax, crf"),
        ({"label_scheme": "BIO"}, "unknown label scheme 'BIO'; give one of none, iobes"),
        ({"window": 2}, "window is 2 words; give an odd number"),
        ({"dtype": "float16"}, "unknown dtype 'float16'"),
    ],
)
def test_refuses_settings_that_cannot_be(settings, message):
    with pytest.raises(InputError, match=message):
        SequenceTagger(VOCABULARY, SequenceTaggerConfig(**settings))
