"""Recipes with their own sizes, on embedded data, over their first hundreds of steps."""

import math

import numpy as np
import pytest

from rnn_graph import train_language_model, train_tagger
from rnn_graph.datasets import color_names, sample_flight_queries, sample_sentences
from rnn_graph.train.fit import changed_recipe
from rnn_graph.train.recipes import RECIPES, find_recipe

# Where a recipe's own length would take minutes.
SHORT = {
    ("word", "penn"): {"epochs": 2},
    ("word", "tutorial"): {"epochs": 2, "evaluate_every": 1},
    ("char", "tutorial"): {"iterations": 1500},
    ("tagger", "modern"): {"epochs": 3},
    ("tagger", "word"): {"epochs": 2},
    ("tagger", "sentence"): {"epochs": 2},
}


@pytest.fixture(scope="module")
def data():
    """By task."""
    return {
        "word": [sentence.words for sentence in sample_sentences(1000, rng=0)],
        "char": color_names(),
        "tagger": [list(zip(*query, strict=True)) for query in sample_flight_queries(300, rng=0)],
    }


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: f"{recipe.task}-{recipe.name}")
def test_no_recipe_diverges_at_three_times_its_learning_rate(recipe, data):
    train = train_tagger if recipe.task == "tagger" else train_language_model
    unit = {"unit": "line"} if recipe.task == "char" else {}
    model = train(
        data[recipe.task],
        recipe=recipe.name,
        learning_rate=3 * recipe["learning_rate"],
        progress=False,
        **unit,
        **SHORT.get((recipe.task, recipe.name), {}),
    )
    losses = [record["loss"] for record in model.history if record["loss"] is not None]
    assert losses[-1] < losses[0] < math.inf
    assert all(np.isfinite(value).all() for value in model.get_parameters().values())


@pytest.mark.parametrize(
    ("settings", "warmup"),
    [
        ({}, 0.05),
        ({"schedule": "cosine"}, 0.05),
        ({"schedule": "constant"}, 0.0),
        ({"schedule": "linear", "warmup": 0.1}, 0.1),
    ],
)
def test_the_warm_up_goes_with_the_recipes_own_schedule(settings, warmup):
    assert changed_recipe(find_recipe("char", "modern"), settings)["warmup"] == warmup
