import pytest

from rnn_graph.optim.schedules import SCHEDULES, with_warmup


@pytest.mark.parametrize(
    ("name", "factors"),
    [
        ("constant", [1, 1, 1, 1, 1]),
        ("linear", [1, 0.75, 0.5, 0.25, 0]),
        ("cosine", [1, 0.853553, 0.5, 0.146447, 0]),
        ("step", [1, 1, 0.1, 0.01, 0.01]),
    ],
)
def test_factors_at_quarters_of_the_way(name, factors):
    found = [SCHEDULES[name](share) for share in (0, 0.25, 0.5, 0.75, 1)]
    assert found == pytest.approx(factors, abs=1e-6)


def test_after_a_warmup_the_schedule_begins():
    factor = with_warmup(SCHEDULES["linear"], 0.2)
    found = [factor(share) for share in (0, 0.1, 0.2, 0.6, 1)]
    assert found == pytest.approx([0, 0.5, 1, 0.5, 0])


def test_no_warmup_is_the_schedule_itself():
    factor = with_warmup(SCHEDULES["cosine"], 0)
    assert factor(0.3) == SCHEDULES["cosine"](0.3)
