"""How this process gets its memory from the system: in large pages, and not the same memory anew at every step."""

import ctypes
import os
import sys

KEPT = 2**30
"""Bytes that may be kept of what was freed last; beyond, and for single pieces of this size, all is given back."""

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # as in glibc's malloc.h
_OWN_SETTINGS = ("GLIBC_TUNABLES", "MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_")


def reuse_memory() -> None:
    """Have freed memory kept for the next step; settings of the user's own in the environment stand.

    The activations of a step are freed at its end. By default glibc gives them back to the system, which clears every
    page that it hands out again: a fifth of a training step. Other C libraries are left as they are.
    """
    # Torch reads this once, before its first tensor.
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    if sys.platform != "linux" or any(name in os.environ for name in _OWN_SETTINGS):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, KEPT)
        mallopt(_TRIM_THRESHOLD, KEPT)
