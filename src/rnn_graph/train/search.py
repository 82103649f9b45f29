"""A random search over the modern recipe's settings, which can be interrupted and resumed.

J. Bergstra, Y. Bengio, "Random search for hyper-parameter optimization", Journal of Machine
Learning Research 13 (2012).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnn_graph.files.atomic import check_can_write
from rnn_graph.train.recipes import changed_modern_recipe
from rnn_graph.train.tagger_minibatches import ModernRecipe

STUDY = "rnn-graph"


@dataclass(frozen=True)
class Trial:
    """Settings that were tried, and the validation F1, in percent, that they led to."""

    number: int
    settings: dict[str, Any]
    f1: float


def search_recipe(
    recipe: ModernRecipe,
    trials: int,
    path: str | Path,
    evaluate: Callable[[ModernRecipe], float],
    *,
    seed: int,
    on_trial: Callable[[Trial], None] = lambda trial: None,
) -> ModernRecipe:
    """The best of `trials` random settings.

    Parameters
    ----------
    recipe
        What is not searched over is taken from here.
    trials
        How many, those that the file holds already among them.
    path
        The file of trials (Optuna's journal). Each is written when it is done, and a search with
        the same file goes on behind the last; it comes to the same as one in one go.
    evaluate
        Trains by a recipe and returns its validation F1.
    seed
        Of the settings.
    on_trial
        Called after each trial.

    Returns
    -------
    ModernRecipe
    """
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    from optuna.trial import TrialState

    check_can_write(path)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        study_name=STUDY,
        storage=JournalStorage(JournalFileBackend(str(path))),
        direction="maximize",
        load_if_exists=True,
    )
    done = len(study.get_trials(states=[TrialState.COMPLETE]))
    for number in range(done, trials):
        # A sampler of its own for each trial, so that the draws do not depend on where a search
        # was interrupted.
        study.sampler = optuna.samplers.RandomSampler(seed=seed + number)
        trial = study.ask()
        settings = _draw(trial)
        f1 = evaluate(changed_modern_recipe(recipe, **settings))
        study.tell(trial, f1)
        on_trial(Trial(number + 1, settings, f1))
    return changed_modern_recipe(recipe, **study.best_params)


def _draw(trial) -> dict[str, Any]:
    return {
        "cell": trial.suggest_categorical("cell", ["elman", "gru", "lstm"]),
        "hidden_dim": trial.suggest_int("hidden_dim", 50, 300, step=50),
        "embedding_dim": trial.suggest_int("embedding_dim", 50, 150, step=50),
        "window": trial.suggest_int("window", 1, 7, step=2),
        "dropout": trial.suggest_float("dropout", 0.2, 0.6, step=0.1),
        "learning_rate": trial.suggest_float("learning_rate", 5e-4, 5e-3, log=True),
        "batch_size": trial.suggest_categorical("batch_size", [8, 16, 32]),
    }
