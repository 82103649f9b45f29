import numpy as np

from rnn_graph.data.spellings import Spellings

WORDS = ("boston", "DIGITam", "a", "UNKNOWN_TOKEN")


def test_rows_hold_the_characters_between_zeros():
    spellings = Spellings(WORDS)
    assert spellings.characters == tuple("0abmnost")
    assert spellings.ids == 10
    rows = spellings.of(["boston", "DIGITa", "UNKNOWN_TOKEN", "tub"])
    ids = {character: k for k, character in enumerate("0abmnost", 2)}
    expected = [
        [0, *(ids[c] for c in "boston"), 0],
        [0, ids["0"], ids["a"], *[0] * 5],
        [0] * 8,
        [0, ids["t"], 1, ids["b"], *[0] * 4],  # u is in no word
    ]
    np.testing.assert_array_equal(rows, expected)
    assert rows.dtype == np.int32


def test_of_longer_words_beginning_and_end_are_kept():
    spellings = Spellings(["abcdefghij" * 3])
    assert spellings.longest == 20
    (row,) = spellings.of(["jihgfedcba" + "x" * 9 + "abcdefghij"])
    letters = "jihgfedcba" + "abcdefghij"
    assert row.tolist() == [0, *("abcdefghij".index(c) + 2 for c in letters), 0]
    (short,) = Spellings(["abc"]).of(["cxxxba"])
    assert short.tolist() == [0, 4, 1, 2, 0]  # the first two and the last


def test_a_vocabulary_of_unknown_words_alone_has_rows():
    assert Spellings(["UNKNOWN_TOKEN"]).of(["a"]).tolist() == [[0, 1, 0]]
