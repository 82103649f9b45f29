"""`rnn-graph train tagger`: from tagged sentences to a model file."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options
from rnn_graph.cli.options import CellName, RecipeName

EXAMPLE = (
    "Example: rnn-graph train tagger --data train.conll --valid valid.conll --out tagger.npz"
    " --epochs 3"
)

_changing = typer.Option(rich_help_panel="Instead of the recipe's own")


@dataclass(frozen=True)
class RecipeChanges:
    """Settings that replace those of a recipe; None keeps it."""

    epochs: Annotated[int | None, typer.Option(min=1, help="Times through the data.")] = None
    hidden_dim: Annotated[
        int | None, typer.Option(min=1, help="Hidden units (a direction, if modern).")
    ] = None
    embedding_dim: Annotated[
        int | None, typer.Option(min=1, help="Numbers in a word's embedding.")
    ] = None
    window: Annotated[int | None, typer.Option(help="Words a step sees, odd.")] = None
    learning_rate: Annotated[float | None, typer.Option(help="At the start.")] = None
    cell: Annotated[CellName | None, typer.Option(help="Only for modern.")] = None
    bidirectional: Annotated[
        bool | None,
        typer.Option("--bidirectional/--forward-only", help="Only for modern."),
    ] = None
    batch_size: Annotated[
        int | None, typer.Option(min=1, help="Sentences a step; only for modern.")
    ] = None
    dropout: Annotated[
        float | None,
        typer.Option(help="Share left out, of embeddings and outputs; only for modern."),
    ] = None
    averaging: Annotated[
        float | None,
        typer.Option(help="Weight of the past in the parameters' average; only for modern."),
    ] = None


def tagger(
    *,
    data: Annotated[
        Path, typer.Option(help="Columns, seq.in/seq.out, BOS … EOS lines, or an ATIS pickle.")
    ],
    valid: Annotated[
        Path | None,
        typer.Option(help="Chooses the best epoch; if not given, a tenth of the data does."),
    ] = None,
    out: Annotated[Path, typer.Option(help="The model file to write (.npz).")],
    recipe: Annotated[
        RecipeName, typer.Option(help="word and sentence: as published; modern: the best.")
    ] = RecipeName.MODERN,
    changes: RecipeChanges,
    keep_case: Annotated[
        bool, typer.Option("--keep-case", help="Tell Boston from boston.")
    ] = False,
    search: Annotated[
        int | None,
        typer.Option(min=1, help="Try N random settings of modern, and keep the best model."),
    ] = None,
    search_file: Annotated[
        Path | None, typer.Option(help="Where trials are kept, to go on later; OUT.search.jsonl.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the scores to this PNG.")] = None,
    reading: options.TaggedReading,
    computing: options.Computing,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=options.LARGEST_SEED, help="345, the published one, if not given."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Train a slot tagger; the model of the best validation epoch is kept.

    Ctrl-C ends training after the current step and keeps the best model until then.
    """
    from rnn_graph.cli.console import log, print_json
    from rnn_graph.cli.taggers import (
        build_recipe_model,
        read_training_data,
        searched_recipe,
        train_and_save_tagger,
    )
    from rnn_graph.data.tag_vocabulary import TagVocabulary
    from rnn_graph.files.atomic import check_outputs
    from rnn_graph.files.provenance import as_line
    from rnn_graph.train.recipes import changed_recipe
    from rnn_graph.train.tagger_training import PUBLISHED_SEED

    check_outputs([out, plot], inputs=[path for path in (data, valid) if path])
    chosen = changed_recipe(recipe, **asdict(changes))
    seed = PUBLISHED_SEED if seed is None else seed
    sentences, validation = read_training_data(data, valid, reading)
    vocabulary = TagVocabulary.of(sentences, lowercase=not keep_case)
    log(f"{len(vocabulary.words):,} words, {len(vocabulary.labels)} labels")
    if search:
        chosen = searched_recipe(
            chosen,
            vocabulary,
            sentences,
            validation,
            trials=search,
            path=search_file or out.with_suffix(".search.jsonl"),
            computing=computing,
            seed=seed,
        )
    model = build_recipe_model(chosen, vocabulary, computing=computing, seed=seed)
    result = train_and_save_tagger(
        model,
        chosen,
        sentences,
        validation,
        out=out,
        seed=seed,
        data=str(data),
        plot=plot,
    )
    if as_json:
        print_json(asdict(result))
        return
    print(f"model {result.model}")
    if result.valid:
        print(f"best epoch {result.best_epoch}")
        print(f"validation precision {result.valid['precision']:.2f}")
        print(f"validation recall {result.valid['recall']:.2f}")
        print(f"validation F1 {result.valid['f1']:.2f}")
    log(as_line(result.signature))
