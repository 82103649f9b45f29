import hashlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_graph.data import token_store
from rnn_graph.data.token_store import open_store, places_of, store_characters, store_words
from rnn_graph.errors import InputError


def identity(types):
    return np.arange(len(types))


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=8))
def test_characters_come_back_as_they_were(tmp_path_factory, parts):
    text = "".join(parts)
    store = store_characters(tmp_path_factory.mktemp("t") / "tokens", parts)
    assert "".join(store.types[k] for k in store.ids(identity)[:]) == text
    assert len(store) == len(text)
    assert store.counts() == {symbol: text.count(symbol) for symbol in text}
    assert list(store.counts()) == list(dict.fromkeys(text))


def test_words_come_back_in_small_pieces_as_well(tmp_path, monkeypatch):
    monkeypatch.setattr(token_store, "CHARACTERS_A_WRITE", 7)
    sentences = [[f"w{k % 11}" for k in range(n)] for n in (3, 0, 9, 20, 1)]
    words = [word for sentence in sentences for word in sentence]
    store = store_words(tmp_path / "tokens", sentences)
    ids = store.ids(identity)
    assert [store.types[k] for k in ids[:]] == words
    assert [store.types[k] for k in ids[5:9]] == words[5:9]
    assert store.types[ids[32]] == words[32]
    part = ids.part(4, 20)
    assert len(part) == 16
    np.testing.assert_array_equal(part[3:100], ids[7:20])
    assert ids[:].dtype == np.int32


def test_in_memory_it_is_the_same_and_counts_are_of_any_part(tmp_path, monkeypatch):
    monkeypatch.setattr(token_store, "TOKENS_A_LOOK", 2)
    sentences = [["b", "a"], ["b", "c", "a", "b"]]
    on_disk, in_memory = store_words(tmp_path / "tokens", sentences), store_words(None, sentences)
    assert on_disk.digest == in_memory.digest
    for store in (on_disk, in_memory):
        assert store.ids(identity)[:].tolist() == [0, 1, 0, 2, 1, 0]
        assert store.counts(0, 3) == {"b": 2, "a": 1}
        assert store.counts(3) == {"b": 1, "c": 1, "a": 1}


def test_a_table_maps_numbers_to_ids(tmp_path):
    store = store_words(tmp_path / "tokens", [["b", "a", "b", "c"]])
    ids = store.ids(lambda types: np.array([{"a": 7, "b": 5}.get(t, 0) for t in types]))
    assert ids[:].tolist() == [5, 7, 5, 0]


def test_a_store_is_opened_again_if_it_is_whole(tmp_path):
    path = tmp_path / "tokens"
    assert open_store(path) is None
    store = store_words(path, [["a", "b"]], {"from": "here"})
    assert open_store(path) == store
    path.write_bytes(path.read_bytes()[:-1])
    assert open_store(path) is None
    store_words(path, [["a", "b"]])
    (tmp_path / "tokens.json").write_text('{"types": ["a"]}')
    assert open_store(path) is None


def test_the_digest_is_that_of_the_text(tmp_path):
    def digest(*sentences):
        return store_words(tmp_path / "tokens", sentences).digest

    assert digest(["a", "b"], ["c"]) == digest(["a"], ["b", "c"])
    assert digest(["a", "b"]) != digest(["b", "a"])
    assert digest(["a", "b"]) != digest(["a", "c"])


def test_too_many_characters_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(token_store, "MOST_CHARACTERS", 3)
    with pytest.raises(InputError, match="more than 3 different characters"):
        store_characters(tmp_path / "tokens", ["abcd"])
    assert list(tmp_path.iterdir()) == []


def test_places_are_found_piece_by_piece(monkeypatch):
    monkeypatch.setattr(token_store, "TOKENS_A_LOOK", 4)
    ids = np.array([3, 1, 2, 3, 3, 0, 0, 0, 0, 3])
    assert places_of(ids, 3).tolist() == [0, 3, 4, 9]
    assert places_of(ids, 7).tolist() == []


@given(st.data())
def test_changed_bytes_are_noticed(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("t") / "tokens"
    store = store_words(path, [["a", "b", "a", "c"]], {"from": "here"})
    file = data.draw(st.sampled_from([path, path.with_name("tokens.json")]))
    content = bytearray(file.read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    file.write_bytes(content)
    found = open_store(path)
    # White space is not looked at; what the text was read from is compared by the caller.
    assert found is None or found == store or found.source != store.source


@pytest.mark.parametrize(
    "change",
    [
        {"dtype": "<f8"},
        {"dtype": "O"},
        {"types": [["a"], "b"]},
        {"types": "ab"},
        {"types": ["a"]},
        {"types": ["a", "b", "\ud800"]},
        {"occurrences": [1, -1]},
        {"occurrences": [1.0, 1]},
        {"occurrences": [True, 1]},
        {"occurrences": [10**400, 1]},
        {"occurrences": [2]},
        {"digest": None},
        {"digest": "0" * 32},
        {"source": []},
        {"source": {"from": ["x"]}},
        {"more": 1},
        [],
        None,
    ],
    ids=repr,
)
def test_a_description_of_another_shape_is_none(tmp_path, change):
    path = tmp_path / "tokens"
    store_words(path, [["a", "b"]], {"from": "here"})
    description = tmp_path / "tokens.json"
    described = json.loads(description.read_text())
    changed = described | change if isinstance(change, dict) else change
    description.write_text(json.dumps(changed))
    assert open_store(path) is None


def test_numbers_that_stand_for_no_token_are_noticed(tmp_path):
    path = tmp_path / "tokens"
    store_words(path, [["a", "b"]])
    numbers = np.array([0, 7], dtype="<i4").tobytes()
    path.write_bytes(numbers)
    description = tmp_path / "tokens.json"
    described = json.loads(description.read_text())
    digest = hashlib.blake2b(numbers + b'["a", "b"]', digest_size=16).hexdigest()
    description.write_text(json.dumps(described | {"digest": digest}))
    assert open_store(path) is None


@pytest.mark.parametrize("content", [b"", b"\0" * 4, b"\xff" * 400, None])
def test_a_store_that_changes_while_it_is_read_is_named(tmp_path, content):
    path = tmp_path / "tokens"
    store = store_words(path, [["a", "b"] * 50])
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"tokens.*--resume reads the text again"):
        store.ids(identity)[:]
