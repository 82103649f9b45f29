import itertools

import numpy as np
import pytest
from pytensor import tensor as pt

from language_models import character_model, random_ids
from rnn_graph.backend.compile import compile_function
from rnn_graph.errors import InputError
from rnn_graph.plots import saliency as module
from rnn_graph.plots.embedded import embedded_tokens, embedded_words, layers_above, weights_of
from rnn_graph.plots.saliency import (
    plot_saliency,
    saliency_of_text,
    token_saliency,
    word_saliency,
)
from taggers import small_tagger


def differences(function, rows):
    """The norm of the gradient of a function of rows for each of them, by central differences."""
    norms = []
    for place in np.ndindex(rows.shape[:2]):
        found = []
        for number in range(rows.shape[2]):
            changed = [rows.copy(), rows.copy()]
            for values, step in zip(changed, (1e-5, -1e-5), strict=True):
                values[(*place, number)] += step
            found.append((function(changed[0]) - function(changed[1])) / 2e-5)
        norms.append(np.linalg.norm(found))
    return norms


def outputs_of(model, rows):
    """What the layers yield for embeddings, with a function that computes it."""
    x = pt.tensor("x", shape=(None, *rows.shape[1:]), dtype="float64")
    hidden, _ = layers_above(model)(weights_of(model), x)
    compiled = compile_function([x], hidden, model.backend)
    return lambda values: np.asarray(compiled(values))


def test_of_a_language_model_it_is_that_of_differences():
    model, ids = character_model(layers=2), random_ids(5)
    rows, p = embedded_tokens(model, ids[:-1]), model.get_parameters()
    np.testing.assert_array_equal(rows[:, 0], p["embeddings"][ids[:-1]])
    hidden = outputs_of(model, rows)

    def log_probability(values):
        logits = hidden(values)[-1, 0] @ p["W"] + p["b"]
        return logits[ids[-1]] - np.log(np.exp(logits).sum())

    np.testing.assert_allclose(
        token_saliency(model, ids), differences(log_probability, rows), rtol=1e-6
    )


WORDS = ["fly", "from", "new"]


@pytest.mark.parametrize("settings", [{"window": 1}, {"window": 3, "char_features": 2}])
def test_of_a_tagger_it_is_that_of_differences(settings):
    tagger = small_tagger(**settings)
    rows = embedded_words(tagger, WORDS)
    logits_of = outputs_of(tagger, rows)

    def log_probability(values):
        logits = logits_of(values)[1, 0]
        return logits[2] - np.log(np.exp(logits).sum())

    half = settings["window"] // 2
    expected = differences(log_probability, rows)[half : half + 3]
    np.testing.assert_allclose(word_saliency(tagger, WORDS, 1, 2), expected, rtol=1e-6)


def test_of_a_crf_it_is_the_marginal_probability():
    """Summed up over all sequences of labels."""
    tagger = small_tagger(window=1, output="crf")
    rows, p = embedded_words(tagger, WORDS), tagger.get_parameters()
    logits_of, labels = outputs_of(tagger, rows), range(len(tagger.vocabulary.labels))

    def log_probability(values):
        emissions = logits_of(values)[:, 0]
        weights = {}
        for path in itertools.product(labels, repeat=3):
            score = p["starts"][path[0]] + p["ends"][path[-1]]
            score += sum(emissions[t, label] for t, label in enumerate(path))
            score += sum(p["transitions"][a, b] for a, b in itertools.pairwise(path))
            weights[path] = np.exp(score)
        of_label = sum(weight for path, weight in weights.items() if path[1] == 2)
        return np.log(of_label / sum(weights.values()))

    expected = differences(log_probability, rows)
    np.testing.assert_allclose(word_saliency(tagger, WORDS, 1, 2), expected, rtol=1e-5)


def test_of_a_text_it_is_that_of_its_tokens():
    model = character_model()
    found = saliency_of_text(model, "abcd", at=3)
    assert (found.tokens, found.predicted, found.prediction) == (["start", *"abc"], 3, "'c'")
    np.testing.assert_allclose(found.norms, token_saliency(model, [model.start_id, 1, 2, 3]))
    tagger = small_tagger()
    found = saliency_of_text(tagger, "fly from new")
    (labels,) = tagger.tag(["fly from new"])
    assert found.prediction == f"the label {labels[2]} of 'new'"
    label = tagger.vocabulary.labels.index(labels[2])
    np.testing.assert_allclose(found.norms, word_saliency(tagger, WORDS, 2, label))


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [("", None, "0 characters"), ("abc", 4, "no token 4; .* 1 to 3"), ("a" * 61, None, "60 at")],
)
def test_what_is_refused(text, at, said):
    with pytest.raises(InputError, match=said):
        saliency_of_text(character_model(), text, at)
    with pytest.raises(InputError, match="word 3 is none of the 3"):
        word_saliency(small_tagger(), WORDS, 3, 0)


def test_a_bar_stands_above_each_token_and_a_frame_around_the_predicted_one(monkeypatch):
    figures = []
    monkeypatch.setattr(module, "write_figure", lambda path, figure: figures.append(figure))
    found = saliency_of_text(character_model(), "abcd")
    plot_saliency("x.png", found)
    (axes,) = figures[0].axes
    np.testing.assert_allclose([bar.get_height() for bar in axes.patches], found.norms)
    labels = axes.get_xticklabels()
    assert [label.get_text() for label in labels] == ["start", *"abcd"]
    assert [label.get_bbox_patch() is not None for label in labels] == [False] * 4 + [True]
    assert axes.get_title(loc="left") == "What the prediction of 'd' depends on"
