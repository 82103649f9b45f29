"""NLTK is whole, though SciPy's statistics are imported only when they are used."""

import subprocess
import sys

from scipy.stats import fisher_exact

PROGRAM = """
import sys
from rnn_graph.data.light_nltk import load_nltk
assert load_nltk("nltk.tokenize.punkt").PunktSentenceTokenizer
assert "scipy.stats" not in sys.modules
from nltk.metrics import BigramAssocMeasures
print(BigramAssocMeasures.fisher(8, (10, 12), 40))
"""


def test_statistics_are_imported_when_they_are_used():
    output = subprocess.check_output([sys.executable, "-c", PROGRAM], text=True)
    _, probability = fisher_exact([[8, 2], [4, 26]], alternative="less")
    assert float(output) == probability
