"""A random search over the modern tagger's settings, which can be interrupted and resumed.

J. Bergstra, Y. Bengio, "Random search for hyper-parameter optimization", Journal of Machine
Learning Research 13 (2012).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rnn_graph.errors import InputError
from rnn_graph.files.atomic import check_can_write
from rnn_graph.train.fit import Computing
from rnn_graph.train.recipes import Recipe
from rnn_graph.train.tagger import Tagged, fit_tagger

STUDY = "rnn-graph"


def searched_settings(
    data: Tagged,
    recipe: Recipe,
    settings: dict[str, Any],
    *,
    trials: int,
    path: Path,
    computing: Computing,
    say: Callable[[str], None],
    **options: Any,
) -> dict[str, Any]:
    """The best of random settings by the criterion of the best epoch on validation data.

    Parameters
    ----------
    data, recipe, computing, options
        As for `fit_tagger`.
    settings
        What is not searched over.
    trials
        How many, those that the file holds already among them.
    path
        The file of trials (Optuna's journal). Each is written when it is done, and a search with
        the same file goes on behind the last; it comes to the same as one in one go.
    say
        Is told of each trial.

    Raises
    ------
    InputError
        If the recipe is a published one, or `path` cannot be written.
    """
    if recipe.name != "modern":
        raise InputError(
            "--search changes settings, and a published recipe has its own; give --recipe modern"
        )

    def fitting(tried: dict[str, Any]) -> dict[str, Any]:
        """Without the size of embeddings if a file has them."""
        if options.get("embeddings") is None:
            return tried
        return {name: value for name, value in tried.items() if name != "embedding_dim"}

    def evaluate(tried: dict[str, Any]) -> float:
        _, result = fit_tagger(
            data,
            recipe,
            settings | fitting(tried),
            run=None,
            computing=computing,
            progress=False,
            **options,
        )
        found = result.held_out
        return found["f1"] if found["phrases"] else found["accuracy"]

    def on_trial(number: int, tried: dict[str, Any], score: float) -> None:
        described = ", ".join(f"{name} {value}" for name, value in tried.items())
        say(f"trial {number} of {trials}: validation score {score:.2f} with {described}")

    best = search(trials, path, evaluate, seed=settings.get("seed", recipe["seed"]), tell=on_trial)
    say(f"trials in {path}; training with the best settings")
    return fitting(best)


def search(
    trials: int,
    path: str | Path,
    evaluate: Callable[[dict[str, Any]], float],
    *,
    seed: int,
    tell: Callable[[int, dict[str, Any], float], None] = lambda number, settings, score: None,
) -> dict[str, Any]:
    """The settings of the highest score; see `searched_settings`."""
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
        score = evaluate(settings)
        study.tell(trial, score)
        tell(number + 1, settings, score)
    return _with_both_dropouts(study.best_params)


def _draw(trial) -> dict[str, Any]:
    drawn = {
        "cell": trial.suggest_categorical("cell", ["elman", "gru", "lstm"]),
        "hidden_dim": trial.suggest_int("hidden_dim", 50, 300, step=50),
        "embedding_dim": trial.suggest_int("embedding_dim", 50, 150, step=50),
        "window": trial.suggest_int("window", 1, 7, step=2),
        "dropout": trial.suggest_float("dropout", 0.2, 0.6, step=0.1),
        "learning_rate": trial.suggest_float("learning_rate", 5e-4, 5e-3, log=True),
        "batch_size": trial.suggest_categorical("batch_size", [8, 16, 32]),
    }
    return _with_both_dropouts(drawn)


def _with_both_dropouts(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"embedding_dropout": settings["dropout"]}
