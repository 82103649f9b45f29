import pytest

from rnn_graph import checks
from rnn_graph.checks import memory_size, require_memory
from rnn_graph.errors import InputError
from rnn_graph.models.language_config import LanguageModelConfig
from rnn_graph.models.tagger_config import SequenceTaggerConfig
from rnn_graph.nn.initializers import (
    draw_char_lstm_parameters,
    draw_char_rnn_parameters,
    draw_slot_tagger_parameters,
    draw_word_model_parameters,
)

HUGE = 10**7


@pytest.mark.parametrize(
    ("make", "largest"),
    [
        (lambda: LanguageModelConfig(8, hidden_dim=HUGE), "hidden_dim 10,000,000"),
        (lambda: LanguageModelConfig(8, layers=HUGE), "layers 10,000,000"),
        (lambda: LanguageModelConfig(HUGE, embedding_dim=HUGE), "vocabulary_size 10,000,000"),
        (lambda: SequenceTaggerConfig(hidden_dim=HUGE), "hidden_dim 10,000,000"),
        (lambda: SequenceTaggerConfig(window=HUGE + 1), "window 10,000,001"),
        (lambda: draw_word_model_parameters(8, HUGE), "hidden_dim 10,000,000"),
        (lambda: draw_slot_tagger_parameters(HUGE, 2, 3, 4, 5), "hidden_dim 10,000,000"),
        (lambda: draw_char_rnn_parameters(HUGE, 2, 2), "hidden_dim 10,000,000"),
        (lambda: draw_char_lstm_parameters(HUGE, 2, 2), "hidden_dim 10,000,000"),
    ],
)
def test_sizes_that_no_memory_holds_are_refused_at_once(make, largest):
    with pytest.raises(InputError, match=f"with .*{largest}.* GiB of memory; give smaller sizes"):
        make()


def test_what_fits_exactly_is_not_refused(monkeypatch):
    monkeypatch.setattr(checks, "memory_size", lambda: 80)
    require_memory(10, hidden_dim=10)
    with pytest.raises(InputError, match="with hidden_dim 11 the parameters alone take"):
        require_memory(11, hidden_dim=11)
    monkeypatch.setattr(checks, "memory_size", lambda: None)
    require_memory(10**30)


def test_the_memory_of_this_machine():
    found = memory_size()
    assert found is None or 2**28 < found < 2**50
