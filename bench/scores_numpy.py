"""What numpy takes for the scores of a file of probabilities, and the published recipe for its best 1,000: the best of some runs, in seconds.

Usage: scores_numpy.py ANSWER.json PROBS.npy SCORES.npy COUNT
"""

import json
import sys
from time import perf_counter

import numpy as np

answer, probs_file, scores_file, count = sys.argv[1:]
probs, scores, count = np.load(probs_file), np.load(scores_file), int(count)


def three():
    """As scikit-activeml 1.0.1 writes them: right where a probability is 0, too."""
    highest = -(np.partition(-probs, 1, axis=1)[:, :2])
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = np.nansum(-probs * np.log(probs), axis=1)
    return 1 - np.max(probs, axis=1), 1 - np.abs(highest[:, 0] - highest[:, 1]), entropy / np.log(probs.shape[1])


def recipe():
    listed = scores.tolist()
    listed = [score for score in sorted(listed) if score <= 1]
    return np.flatnonzero(scores <= listed[:count][-1]).tolist()


def best(work, runs):
    seconds = []
    for _ in range(runs):
        start = perf_counter()
        result = work()
        seconds.append(perf_counter() - start)
    return min(seconds), result


three_seconds, (least, margin, entropy) = best(three, 3)
recipe_seconds, chosen = best(recipe, 2)
with open(answer, "w") as file:
    json.dump(
        {
            "version": np.__version__,
            "three": three_seconds,
            "recipe": recipe_seconds,
            "chosen": sorted(chosen),
            "sums": [float(one.sum(dtype="f8")) for one in (least, margin, entropy)],
        },
        file,
    )
