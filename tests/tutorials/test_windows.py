import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_graph.errors import InputError
from rnn_graph.tutorials.windows import contextwin, last_word_steps, minibatch, shuffle

sentences = st.lists(st.integers(0, 50), min_size=1, max_size=20)
widths = st.integers(0, 4).map(lambda half: 2 * half + 1)


@given(sentences, widths)
def test_windows_are_the_words_around_each_word(words, win):
    half, places = win // 2, range(len(words))
    found = contextwin(words, win)
    assert found.dtype == np.int32
    assert found.tolist() == [
        [words[i] if i in places else -1 for i in range(t - half, t + half + 1)] for t in places
    ]


@pytest.mark.parametrize("win", [-1, 0, 2, 8])
def test_a_window_without_a_middle_is_refused(win):
    with pytest.raises(InputError, match=f"window is {win} words; give an odd number"):
        contextwin([1, 2, 3], win)


@given(sentences, st.integers(1, 25))
def test_a_step_looks_back_on_the_last_items(items, bs):
    steps = minibatch(items, bs)
    assert [step[-1] for step in steps] == items
    assert [len(step) for step in steps] == [min(t + 1, bs) for t in range(len(items))]
    for t, step in enumerate(steps):
        assert items[: t + 1][::-1][:bs][::-1] == step


def test_a_step_without_items_is_refused():
    with pytest.raises(InputError, match="bs is 0; give a whole number of at least 1"):
        minibatch([1, 2], 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], [], 3, 2), "no words; give at least one"),
        (([1], [0], 4, 2), "window is 4 words"),
        (([1], [0], 3, 0), "bs is 0"),
    ],
)
def test_steps_that_cannot_be_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        last_word_steps(*arguments)


def test_a_sentence_without_words_has_no_windows():
    with pytest.raises(InputError, match="no words; give at least one"):
        contextwin([], 3)


@pytest.mark.parametrize(
    ("seed", "order"),
    [
        (345, [5, 1, 3, 6, 4, 2, 8, 9, 0, 7]),
        (123, [1, 3, 4, 5, 2, 6, 0]),
        (0, [0, 6, 3, 5, 1, 7, 11, 9, 2, 4, 8, 10]),
        (345, [0]),
        (345, []),
    ],
)
def test_shuffles_as_python_2_did(seed, order):
    """`random.seed(seed); l = range(n); random.shuffle(l); print(l)` under Python 2.7.18."""
    numbers = list(range(len(order)))
    letters = [chr(97 + number) for number in numbers]
    shuffle([numbers, letters], seed)
    assert numbers == order
    assert letters == [chr(97 + number) for number in order]


def test_shuffling_again_goes_on_from_the_last_order():
    numbers = list(range(7))
    shuffle([numbers], 123)
    shuffle([numbers], 123)
    assert numbers == [[1, 3, 4, 5, 2, 6, 0][i] for i in [1, 3, 4, 5, 2, 6, 0]]


@given(sentences, widths, st.integers(1, 12))
def test_steps_in_one_matrix_are_the_minibatches_of_windows(words, win, bs):
    labels = [word % 7 for word in words]
    steps = last_word_steps(words, labels, win, bs)
    assert steps.dtype == np.int32
    assert steps.shape == (len(words), bs + win + 1)
    for row, label, windows in zip(
        steps, labels, minibatch(contextwin(words, win), bs), strict=True
    ):
        *stretch, count, last = row.tolist()
        overlapping = [stretch[place : place + win] for place in range(bs)]
        assert overlapping[bs - count :] == windows.tolist()
        assert last == label
