import re

from rnn_graph.datasets import color_names
from rnn_graph.models.registry import load_model


def test_the_demo_tags_queries_and_ends_with_ten_sentences_and_the_truth(cli, tmp_path):
    out = tmp_path / "new" / "folder"
    small = ("--sentences", 1500, "--epochs", 1, "--queries", 600, "--tagger-epochs", 3)
    small += ("--name-steps", 200)
    result = cli("demo", "--out", out, *small, "--backend", "jax")
    assert result.status == 0, result.err
    tagger, names, words = result.out.strip().split("\n\n")
    title, *queries, score, command = tagger.splitlines()
    assert title == "TAGGER: WHICH WORDS OF A FLIGHT QUERY FILL WHICH SLOT"
    assert len(queries) == 3
    assert all("[" in query and "]" in query for query in queries)
    assert float(re.search(r"On 400 others F1 is (\S+) \(of 100\)", score)[1]) > 50
    assert command == f'Next: rnn-graph tag {out / "tagger.npz"} "from boston to denver on monday"'
    _, colors, _, command = names.splitlines()
    invented = colors.split(", ")
    assert len(set(invented)) == 10
    assert not set(invented) & set(color_names())
    assert command == f"Next: rnn-graph generate {out / 'colors.npz'} --unique"
    _, *sentences, said, _ = words.splitlines()
    assert len(sentences) == 10
    assert all(len(sentence.split()) >= 4 for sentence in sentences)
    assert not any(re.search(r" [.,?!]", sentence) for sentence in sentences)
    learned, truth = map(
        float, re.match(r"Held-out perplexity (\S+): .* average\. (\S+) is", said).groups()
    )
    assert 11 < truth < 13
    # After 1,500 steps it knows something, and no more than can be known.
    assert truth < learned < 400
    assert load_model(out / "word-model.npz").hidden_dim == 100
    assert sorted(path.name for path in out.iterdir()) == [
        *("colors.npz", "colors.run", "loss.png", "tagger.npz", "tagger.run"),
        *("word-model.npz", "word-model.run"),
    ]
