"""New sentences, word by word."""

from collections.abc import Sequence

from rnn_graph.data.vocabulary import SENTENCE_END, SENTENCE_START, Vocabulary
from rnn_graph.errors import InputError
from rnn_graph.models.language_model import LanguageModel
from rnn_graph.models.registry import WordModel
from rnn_graph.predict.sampling import check_sampling, sample_from_logits
from rnn_graph.randomness import RandomSource, as_random_generator

MOST_DRAWS = 1000


def generate_sentence(
    model: WordModel | LanguageModel,
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
        A model of words.
    vocabulary
        The words behind its ids; the model's own if None.
    min_length
        A sentence with fewer words is drawn again.
    max_length
        A sentence ends here at the latest.
    temperature, top_k, top_p
        As for `rnn_graph.predict.sampling.sample_from_logits`.
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
    check_sampling(temperature, top_k, top_p)
    _check_lengths(min_length, max_length, prompt)
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


def _check_lengths(min_length: int, max_length: int, prompt: Sequence[str]) -> None:
    if not 0 <= min_length <= max_length or max_length < 1:
        raise InputError(
            f"min_length {min_length} and max_length {max_length}; give 0 ≤ min_length ≤ max_length"
            " and a max_length of at least 1"
        )
    if len(prompt) >= max_length:
        raise InputError(f"the prompt has {len(prompt)} words; raise max_length ({max_length})")
