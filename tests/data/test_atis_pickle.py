import pickle
import random

import numpy as np
import pytest

from rnn_graph.data.atis import atis_sentences
from rnn_graph.data.tagged_files import read_tagged_sentences
from rnn_graph.errors import InputError


def indices(*numbers):
    return np.array(numbers, dtype=np.int32)


def atis(**changes):
    """A small ATIS content; a change replaces a part or the dictionaries."""
    words = [indices(0, 1, 2), indices(2)]
    labels = [indices(1, 1, 0), indices(0)]
    content = {
        "train": (words, words, labels),
        "valid": (words[:1], words[:1], labels[:1]),
        "test": (words[1:], words[1:], labels[1:]),
        "dicts": {
            "words2idx": {"to": 0, "new": 1, "york": 2},
            "tables2idx": {"<NOTABLE>": 0},
            "labels2idx": {"B-city": 0, "O": 1},
        },
    }
    return tuple((content | changes).values())


def read(content, part="train", protocol=2):
    data = content if isinstance(content, bytes) else pickle.dumps(content, protocol)
    return list(atis_sentences(data, "a.pkl", part))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_each_part_of_the_atis_layout(protocol):
    first = (("to", "new", "york"), ("O", "O", "B-city"))
    second = (("york",), ("B-city",))
    assert read(atis(), protocol=protocol) == [first, second]
    assert read(atis(), "valid", protocol) == [first]
    assert read(atis(), "test", protocol) == [second]
    train, _, test, dicts = atis()
    assert read((train, test, dicts), "test", protocol) == [second]
    with pytest.raises(InputError, match=r"no part 'valid', only train and test; give .*another"):
        read((train, test, dicts), "valid", protocol)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"train": 1}, "another layout than ATIS; expected a tuple"),
        ([1, 2], "another layout"),
        (atis(dicts=[]), "no dictionary words2idx"),
        (atis(dicts={"words2idx": {"to": 0}}), "no dictionary labels2idx"),
        (atis(dicts={"words2idx": {0: "to"}, "labels2idx": {}}), "words2idx maps other than"),
        (atis(dicts={"words2idx": {"a": 0, "b": 0}}), "2 entries, but only 1 indices"),
        (atis(train=[[], []]), "train is no"),
        (atis(train=(indices(1), [], [])), "train is no"),
        (atis(train=([indices(0)], [], [])), "the words of 1 sentences and the labels of 0"),
        (
            atis(train=([indices(0), indices(0, 1)], [], [indices(0), indices(1)])),
            "train sentence 2: 2 words and 1 labels",
        ),
        (
            atis(train=([indices(0), indices(0, 3)], [], [indices(0), indices(1, 1)])),
            "train sentence 2: words have the index 3, .* the 3 of the",
        ),
        (
            atis(train=([indices(0)], [], [indices(-1)])),
            "sentence 1: labels have the index -1",
        ),
        (atis(train=([np.array([0.0])], [], [indices(0)])), "words are no array of indices"),
        (atis(train=([indices(0)], [], [[0]])), "labels are no array of indices"),
        (atis(train=([indices(0)[None]], [], [indices(0)])), "words are no array of indices"),
    ],
)
def test_another_layout_is_an_error(content, message):
    with pytest.raises(InputError, match=rf"a\.pkl.*{message}"):
        read(content)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_damage_is_an_input_error_or_goes_unnoticed(protocol):
    """Any other exception, and any warning, fails the test."""
    data = pickle.dumps(atis(), protocol)
    chance = random.Random(protocol)
    damaged = [data[: chance.randrange(len(data))] for _ in range(100)]
    for _ in range(300):
        changed = bytearray(data)
        for _ in range(chance.randint(1, 3)):
            changed[chance.randrange(len(data))] = chance.randrange(256)
        damaged.append(bytes(changed))
    messages = []
    for pickled in damaged:
        try:
            read(pickled)
        except InputError as error:
            messages.append(str(error))
    assert len(messages) > 200
    assert max(map(len, messages)) < 400
    assert "\n" not in "".join(messages)
    with pytest.raises(InputError):
        read(data[:-1])


def test_the_atis_pickle_and_its_text_hold_the_same_sentences(real_data):
    for part, sentences, words in (
        ("train", 3983, 45376),
        ("valid", 995, 11214),
        ("test", 893, 9198),
    ):
        found = read_tagged_sentences(real_data("atis/atis.fold3.pkl.gz"), part=part)
        assert found == read_tagged_sentences(real_data(f"atis/atis.fold3.{part}.conll"))
        assert (len(found), sum(len(sentence.words) for sentence in found)) == (sentences, words)
