import platform
import subprocess
import sys

import pytest

FAULTS_OF_A_SECOND_BLOCK = """
import resource, sys, threading
import numpy as np
from rnn_graph.backend.memory import keep_freed_memory

if sys.argv[1] == "keeps":
    keep_freed_memory()
done = [threading.Event() for _ in range(2)]

def fill(number):  # each block in a thread that stays, as a pool's threads do
    np.ones(2**23, dtype=np.float32)
    done[number].set()
    done[1].wait()

threading.Thread(target=fill, args=(0,)).start()
done[0].wait()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
threading.Thread(target=fill, args=(1,)).start()
done[1].wait()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is about glibc")
def test_freed_memory_is_used_again_by_any_thread():
    def faults(how):
        command = [sys.executable, "-c", FAULTS_OF_A_SECOND_BLOCK, how]
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)

    assert faults("keeps") < faults("returns") / 2
