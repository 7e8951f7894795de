import os
import platform
import subprocess
import sys

import pytest

# Page faults of filling 64 MiB that were filled and freed before.
_AGAIN = """
import resource
import numpy
import ontogeny
for _ in range(2):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    piece = numpy.empty(2**26, dtype=numpy.uint8)
    piece.fill(1)
    del piece
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(**environment):
    environment = {**os.environ, "NUMPY_MADVISE_HUGEPAGE": "0", **environment}
    return int(subprocess.run([sys.executable, "-c", _AGAIN], env=environment, capture_output=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_freed_memory_is_used_again_unless_the_user_set_it_otherwise():
    pages = 2**26 // os.sysconf("SC_PAGESIZE")
    assert faults() < pages // 100
    assert faults(MALLOC_TRIM_THRESHOLD_="131072", MALLOC_MMAP_THRESHOLD_="131072") > pages // 2
