"""The recipes by name, and changes of them."""

from dataclasses import fields, replace
from typing import Any

from rnn_graph.errors import InputError
from rnn_graph.models.sequence_tagger import SequenceTaggerConfig
from rnn_graph.train.tagger_minibatches import MODERN_RECIPE, ModernRecipe
from rnn_graph.train.tagger_training import SENTENCE_RECIPE, WORD_RECIPE, SlotRecipe

RECIPES = {"word": WORD_RECIPE, "sentence": SENTENCE_RECIPE, "modern": MODERN_RECIPE}

_MODEL_SETTINGS = {field.name for field in fields(SequenceTaggerConfig)}
_DROPOUTS = ("embedding_dropout", "output_dropout")


def changed_recipe(name: str, **changes: Any) -> SlotRecipe | ModernRecipe:
    """A recipe with other settings.

    Parameters
    ----------
    name
        "word", "sentence" or "modern".
    changes
        Settings of the recipe, or of a modern recipe's model, by name; `dropout` for both kinds
        of it. None leaves a setting as it is.

    Raises
    ------
    InputError
        If the recipe has no such setting.
    """
    recipe = RECIPES[name]
    changes = {setting: value for setting, value in changes.items() if value is not None}
    if isinstance(recipe, ModernRecipe):
        return changed_modern_recipe(recipe, **changes)
    unknown = set(changes) - {field.name for field in fields(recipe)}
    if unknown:
        setting = min(unknown)
        raise InputError(
            f"recipe {str(name)!r} has no {setting} to be {changes[setting]}; leave it out, or give"
            " --recipe modern"
        )
    return replace(recipe, **changes)


def changed_modern_recipe(recipe: ModernRecipe, **changes: Any) -> ModernRecipe:
    """`recipe` with other settings, also of its model; `dropout` stands for both kinds."""
    if "dropout" in changes:
        changes = dict.fromkeys(_DROPOUTS, changes.pop("dropout")) | changes
    of_model = {name: changes.pop(name) for name in _MODEL_SETTINGS & set(changes)}
    return replace(recipe, model=replace(recipe.model, **of_model), **changes)
