import numpy as np
import pytest

from rnn_graph.predict.sampling import sample_from_logits


def test_draws_follow_the_probabilities():
    rng = np.random.RandomState(0)
    logits = np.log([0.5, 0.2, 0.2, 0.1])
    counts = np.bincount([sample_from_logits(logits, rng) for _ in range(20_000)], minlength=4)
    assert abs(counts / 20_000 - [0.5, 0.2, 0.2, 0.1]).max() < 0.015


def test_temperature_sharpens_top_k_and_top_p_cut():
    rng = np.random.RandomState(0)
    logits = np.log([0.5, 0.25, 0.15, 0.1])

    def share(**settings):
        draws = [sample_from_logits(logits, rng, **settings) for _ in range(5000)]
        return np.bincount(draws, minlength=4) / 5000

    squares = np.array([0.5, 0.25, 0.15, 0.1]) ** 2
    assert abs(share(temperature=0.5) - squares / squares.sum()).max() < 0.03
    assert abs(share(top_k=2) - [2 / 3, 1 / 3, 0, 0]).max() < 0.03
    assert abs(share(top_p=0.7) - [2 / 3, 1 / 3, 0, 0]).max() < 0.03
    assert (share(top_p=0.01) == [1, 0, 0, 0]).all()
    assert (share(temperature=0) == [1, 0, 0, 0]).all()
    assert share(forbidden=[0])[0] == 0


def test_float32_logits_of_any_size_can_be_drawn_from():
    """Their softmax in float32 can sum to more than one, on which the old sampling crashed."""
    rng = np.random.RandomState(0)
    logits = rng.standard_normal(8000).astype(np.float32) * 300
    assert sample_from_logits(logits, rng) == logits.argmax()


class DrawnBefore:
    """Gives out uniform numbers that were drawn before."""

    def __init__(self, numbers):
        self.numbers = list(numbers)

    def random(self, size=()):
        count = int(np.prod(size))
        drawn, self.numbers = self.numbers[:count], self.numbers[count:]
        return np.array(drawn).reshape(size)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"temperature": 0},
        {"temperature": 0.3},
        {"top_k": 3},
        {"top_k": 50},
        {"top_p": 0.7},
        {"top_p": 1.0},
        {"forbidden": [1]},
        {"top_k": 4, "top_p": 0.5, "temperature": 2.0},
    ],
    ids=str,
)
def test_rows_of_logits_are_drawn_from_one_by_one(settings):
    rng = np.random.RandomState(4)
    logits, numbers = 2 * rng.standard_normal((5, 20, 8)), rng.random_sample(100)
    found = sample_from_logits(logits, DrawnBefore(numbers), **settings)
    one_by_one = DrawnBefore(numbers)
    rows = logits.reshape(-1, 8)
    expected = [sample_from_logits(row, one_by_one, **settings) for row in rows]
    assert found.shape == (5, 20)
    assert found.ravel().tolist() == expected
