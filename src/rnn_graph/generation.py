"""New sentences, word by word."""

from collections.abc import Sequence

import numpy as np

from rnn_graph.errors import InputError
from rnn_graph.models.files import WordModel
from rnn_graph.randomness import RandomSource, as_random_generator
from rnn_graph.vocabulary import SENTENCE_END, SENTENCE_START, Vocabulary

MOST_DRAWS = 1000


def generate_sentence(
    model: WordModel,
    vocabulary: Vocabulary | None = None,
    *,
    min_length: int = 7,
    max_length: int = 100,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    prompt: Sequence[str] = (),
    rng: RandomSource = None,
) -> list[str]:
    """Draw a sentence from a language model, in time proportional to its length.

    Parameters
    ----------
    model
        A word model.
    vocabulary
        The words behind its ids; the model's own if None.
    min_length
        A sentence with fewer words is drawn again.
    max_length
        A sentence ends here at the latest.
    temperature
        Logits are divided by it: below 1 for likelier words, above 1 for wilder ones; 0 takes the
        likeliest word each time.
    top_k
        Draw among this many of the likeliest words.
    top_p
        Draw among the fewest likeliest words whose probabilities sum to this (Holtzman et al.,
        "The curious case of neural text degeneration", 2020).
    prompt
        Words that the sentence begins with. A word that the model does not know stands in the
        sentence as it is, and counts as the unknown token.
    rng
        An int, a `Generator` or a legacy `RandomState`.

    Returns
    -------
    list of str
        The words, without markers. The unknown token is never among the drawn ones.

    Raises
    ------
    InputError
        If a setting is out of its range, the vocabulary is missing, or no draw of 1,000 has
        `min_length` words.
    """
    vocabulary = vocabulary or model.vocabulary
    if vocabulary is None:
        raise InputError("the model has no vocabulary; give one (--vocabulary FILE, a word a line)")
    if len(vocabulary) != model.word_dim:
        raise InputError(
            f"the vocabulary has {len(vocabulary)} words and the model {model.word_dim}; give the"
            " vocabulary that the model was trained with"
        )
    _check_settings(min_length, max_length, temperature, top_k, top_p, prompt)
    vocabulary.require_sentence_markers()
    generator = as_random_generator(rng)
    forbidden = [vocabulary.unknown_id, vocabulary[SENTENCE_START]]
    end = vocabulary[SENTENCE_END]

    start_state = None
    *heard, last_heard = vocabulary.encode([SENTENCE_START, *prompt])
    for word in heard:
        _, start_state = model.next_word_logits(word, start_state)

    for _ in range(MOST_DRAWS if temperature else 1):
        words, word, state = list(prompt), last_heard, start_state
        while len(words) < max_length:
            logits, state = model.next_word_logits(word, state)
            word = sample_from_logits(
                logits,
                generator,
                temperature=temperature,
                top_k=top_k,
                top_p=top_p,
                forbidden=forbidden,
            )
            if word == end:
                break
            words.append(vocabulary.tokens[word])
        if len(words) >= min_length:
            return words
    raise InputError(
        f"no sentence of {min_length} words in {MOST_DRAWS if temperature else 1} draws; lower the"
        " minimum length, or raise the temperature"
    )


def sample_from_logits(
    logits: np.ndarray,
    rng: np.random.Generator | np.random.RandomState,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    forbidden: Sequence[int] = (),
) -> int:
    """Draw an index in proportion to exp(logits / temperature), in float64.

    Parameters
    ----------
    logits : (V,)
        Unnormalized log-probabilities; not changed.
    forbidden
        Indices that are never drawn.
    """
    logits = np.array(logits, dtype=np.float64)
    logits[list(forbidden)] = -np.inf
    if np.isnan(logits).any() or logits.max() in (np.inf, -np.inf):
        raise InputError("the model's predictions are not finite; its training diverged")
    if temperature == 0:
        return int(logits.argmax())
    weights = np.exp((logits - logits.max()) / temperature)
    if top_k is not None and top_k < len(weights):
        weights[np.argpartition(weights, -top_k)[:-top_k]] = 0
    if top_p is not None:
        order = np.argsort(-weights, kind="stable")
        cumulative = np.cumsum(weights[order])
        kept = np.searchsorted(cumulative, top_p * cumulative[-1]) + 1
        weights[order[kept:]] = 0
    cumulative = np.cumsum(weights)
    return int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))


def _check_settings(min_length, max_length, temperature, top_k, top_p, prompt) -> None:
    if not 0 <= min_length <= max_length or max_length < 1:
        raise InputError(
            f"min_length {min_length} and max_length {max_length}; give 0 ≤ min_length ≤ max_length"
            " and a max_length of at least 1"
        )
    if len(prompt) >= max_length:
        raise InputError(f"the prompt has {len(prompt)} words; raise max_length ({max_length})")
    if not 0 <= temperature < np.inf:
        raise InputError(f"temperature is {temperature}; give a number of at least 0")
    if top_k is not None and top_k < 1:
        raise InputError(f"top_k is {top_k}; give at least 1")
    if top_p is not None and not 0 < top_p <= 1:
        raise InputError(f"top_p is {top_p}; give a number above 0, up to 1")
