"""New lines and texts, character by character, many at a time."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from rnn_graph.checks import require_sizes
from rnn_graph.data.char_vocabulary import NEWLINE
from rnn_graph.data.padding import BEFORE_FIRST
from rnn_graph.errors import InputError
from rnn_graph.models.language_model import LanguageModel
from rnn_graph.predict.sampling import check_sampling, sample_from_logits
from rnn_graph.randomness import Generator, RandomSource, as_random_generator
from rnn_graph.tutorials.char_model import CharModel

# Texts that are drawn side by side: enough that a step costs little a text.
TEXTS_A_BATCH = 64
# So many lines in a row that cannot be used mean that no other will come.
MOST_REFUSALS = 10_000
REMEDIES = {
    "too short": "lower the minimum length",
    "not new": "ask for fewer lines, raise the maximum length",
}


def generate_lines(
    model: CharModel,
    count: int,
    *,
    prompt: str = "",
    min_length: int = 1,
    max_length: int = 100,
    unique: bool = False,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    rng: RandomSource = None,
) -> Iterator[str]:
    """Draw lines from a model of lines.

    Parameters
    ----------
    model
        With a vocabulary of unit "line".
    count
        How many lines. The first of them do not depend on it.
    prompt
        What each line begins with.
    min_length, max_length
        In characters, the prompt's among them. Shorter lines are drawn again, longer ones cut.
    unique
        Leave out lines that the model was trained on, and lines that came before.
    temperature, top_k, top_p
        As for `sample_from_logits`.
    rng
        An int, a `Generator` or a legacy `RandomState`.

    Raises
    ------
    InputError
        If a setting is out of its range, the prompt has a character that the model never saw, the
        model is not one of lines, or 10,000 lines in a row cannot be used.
    """
    vocabulary = _vocabulary_of(model, "line")
    if unique and vocabulary.seen_lines is None:
        raise InputError("the model does not say which lines it has seen; leave out --unique")
    end = vocabulary[NEWLINE]
    if not 0 <= min_length <= max_length:
        raise InputError(
            f"min_length {min_length} and max_length {max_length}; give 0 ≤ min_length ≤ max_length"
        )
    if unique and temperature == 0 and count > 1:
        raise InputError(
            f"temperature 0 gives one line only; ask for 1 instead of {count}, or leave out"
            " --unique"
        )
    start = vocabulary.encode_line(prompt)
    sampling = _Sampling(model, start, max_length, temperature, top_k, top_p, rng)
    before: set[str] = set()
    refused = Counter()
    while count > 0:
        for ids in sampling.draw(TEXTS_A_BATCH, end):
            line = vocabulary.decode(ids)
            form = vocabulary.plain(line).strip()
            if len(ids) < min_length:
                refused["too short"] += 1
            elif unique and (form in before or vocabulary.has_seen(line)):
                refused["not new"] += 1
            else:
                refused.clear()
                before.add(form)
                yield line
                count -= 1
                if not count:
                    return
        if refused.total() >= (MOST_REFUSALS if temperature else 1):
            reason, remedy = max(REMEDIES.items(), key=lambda item: refused[item[0]])
            raise InputError(
                f"of the last {refused.total():,} lines drawn {refused[reason]:,} were {reason};"
                f" {remedy}, or raise the temperature"
            )


def generate_texts(
    model: CharModel | LanguageModel,
    count: int,
    *,
    prompt: str = "",
    max_length: int = 1000,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    rng: RandomSource = None,
) -> Iterator[str]:
    """Draw running text from a model of it, one after another.

    Parameters
    ----------
    model
        With a vocabulary of unit "text".
    count
        How many texts. The first of them do not depend on it.
    max_length
        The length of each in characters, with the prompt.
    prompt, temperature, top_k, top_p, rng
        As for `generate_lines`, which also says what is raised.
    """
    vocabulary = _vocabulary_of(model, "text")
    start = vocabulary.encode(prompt)
    sampling = _Sampling(model, start, max_length, temperature, top_k, top_p, rng)
    for _ in range(count):
        yield vocabulary.decode(sampling.draw(1, end=None)[0])


class _Sampling:
    """Draws batches of texts that begin alike."""

    def __init__(self, model, start, max_length, temperature, top_k, top_p, rng):
        require_sizes(max_length=max_length)
        if len(start) >= max_length:
            raise InputError(
                f"the prompt has {len(start)} characters; raise max_length ({max_length})"
            )
        check_sampling(temperature, top_k, top_p)
        self._model, self._start, self._max_length = model, start, max_length
        self._settings = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
        self._rng: Generator = as_random_generator(rng)

    def draw(self, texts: int, end: int | None) -> list[np.ndarray]:
        """The ids of texts, each up to `end`, which is left out, or to the greatest length."""
        ids, states = np.full(texts, BEFORE_FIRST, dtype=np.int32), self._model.zero_states(texts)
        for character in self._start:
            _, states = self._model.next_logits(ids, states)
            ids = np.full(texts, character, dtype=np.int32)
        rows = [np.full(texts, character, dtype=np.int32) for character in self._start]
        running = np.ones(texts, dtype=bool)
        while running.any() and len(rows) < self._max_length:
            logits, states = self._model.next_logits(ids, states)
            ids = sample_from_logits(logits, self._rng, **self._settings).astype(np.int32)
            rows.append(ids)
            if end is not None:
                running &= ids != end
        drawn = np.array(rows).T
        return [text if end is None else text[: _place_of(end, text)] for text in drawn]


def _place_of(end: int, text: np.ndarray) -> int:
    places = np.flatnonzero(text == end)
    return int(places[0]) if len(places) else len(text)


def _vocabulary_of(model: CharModel | LanguageModel, unit: str):
    vocabulary = model.vocabulary
    if vocabulary is None:
        raise InputError("the model has no characters; build it with vocabulary=CharVocabulary(…)")
    if vocabulary.unit != unit:
        raise InputError(f"the model is one of {vocabulary.unit}s; it draws no {unit}s")
    return vocabulary
