"""`rnn-graph generate`: sentences from a model."""

from pathlib import Path
from typing import Annotated

import typer

from rnn_graph.cli import options

EXAMPLE = 'Example: rnn-graph generate model.npz -n 5 --temperature 0.8 --prompt "i think"'


def generate(
    *,
    model: Annotated[Path, typer.Argument(help="A model file.")],
    count: Annotated[int, typer.Option("-n", min=1, help="Sentences to draw.")] = 10,
    min_length: Annotated[int, typer.Option(help="Shorter ones are drawn again.")] = 7,
    max_length: Annotated[int, typer.Option(help="Longer ones are cut.")] = 100,
    temperature: Annotated[float, typer.Option(help="0: the likeliest word each time.")] = 1.0,
    top_k: Annotated[int | None, typer.Option(help="Draw among the k likeliest words.")] = None,
    top_p: Annotated[
        float | None, typer.Option(help="Draw among the likeliest words of this joint probability.")
    ] = None,
    prompt: Annotated[str, typer.Option(help="How each sentence begins.")] = "",
    vocabulary: options.VocabularyFile = None,
    computing: options.Computing,
    seed: Annotated[
        int | None,
        typer.Option(min=0, max=options.LARGEST_SEED, help="The same seed, the same sentences."),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Draw new sentences from a language model, one a line."""
    from rnn_graph.cli.console import log, print_json
    from rnn_graph.cli.models import load_word_model
    from rnn_graph.corpus import split_words
    from rnn_graph.generation import generate_sentence
    from rnn_graph.randomness import as_random_generator
    from rnn_graph.signature import signature

    loaded = load_word_model(model, vocabulary, computing)
    rng = as_random_generator(seed)
    prompt_words = split_words(prompt.lower())
    unknown = [word for word in prompt_words if word not in loaded.vocabulary]
    if unknown:
        log(f"the model does not know {', '.join(unknown)}; it takes them as unknown words")
    sentences = []
    for _ in range(count):
        words = generate_sentence(
            loaded,
            min_length=min_length,
            max_length=max_length,
            temperature=temperature,
            top_k=top_k,
            top_p=top_p,
            prompt=prompt_words,
            rng=rng,
        )
        sentences.append(" ".join(words))
        if not as_json:
            print(sentences[-1], flush=True)
    if as_json:
        print_json({"sentences": sentences, "signature": signature(loaded, seed=seed)})
