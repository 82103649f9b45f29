import re

from rnn_graph.models.files import load_model


def test_the_demo_ends_with_ten_sentences_and_the_truth(cli, tmp_path):
    out = tmp_path / "new" / "folder"
    result = cli("demo", "--out", out, "--sentences", 2000, "--epochs", 2, "--backend", "jax")
    assert result.status == 0, result.err
    *sentences, last = result.out.splitlines()
    assert len(sentences) == 10
    assert all(len(sentence.split()) >= 7 for sentence in sentences)
    learned, truth = map(
        float, re.fullmatch(r"held-out perplexity (\S+), truth (\S+)", last).groups()
    )
    assert 11 < truth < 13
    # After 4,000 steps it knows something, and no more than can be known.
    assert truth < learned < 200
    assert load_model(out / "word-model.npz").hidden_dim == 100
    assert sorted(path.name for path in out.iterdir()) == ["loss.png", "word-model.npz"]
