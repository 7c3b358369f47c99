"""A labeller that needs no network: hits of the same thousand of mm along x are one track, of one hit none."""

import time

import numpy as np


class BadEvent(Exception):
    """The event has no labels."""


def load(folder, threads, gpu):
    """The labels of hits (n, 3)."""
    return label


def label(hits):
    if hits[0, 1] == 666:
        raise BadEvent("hit 0 is the number of the beast")
    if hits[0, 1] == 667:
        raise RuntimeError("out of memory")
    if hits[0, 1] == 668:
        print("waiting", flush=True)  # into the log of the server
        time.sleep(hits[0, 2] / 1000)
    _, first, which, counts = np.unique(hits[:, 0] // 1000, return_index=True, return_inverse=True, return_counts=True)
    kept = np.nonzero(counts > 1)[0]
    number = np.full(len(counts), -1)
    number[kept[np.argsort(first[kept])]] = np.arange(len(kept))
    return number[which].astype(np.int64)
