import platform
import subprocess
import sys

import pytest

FAULTS_OF_A_SECOND_BLOCK = """
import resource, sys
import numpy as np
from rnn_graph.backend.memory import keep_freed_memory

if sys.argv[1] == "keeps":
    keep_freed_memory()
np.ones(2**24, dtype=np.float32)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
np.ones(2**24, dtype=np.float32)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is about glibc")
def test_freed_memory_is_used_again():
    def faults(how):
        command = [sys.executable, "-c", FAULTS_OF_A_SECOND_BLOCK, how]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    assert faults("keeps") < faults("returns") / 2
