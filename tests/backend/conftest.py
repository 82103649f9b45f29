"""Tests of the backend import modules of benchmarks/, which is no package."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
