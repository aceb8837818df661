"""Greedy k-center by numpy, every distance at every step. Arguments: a .npy file of unit vectors, how many to choose, and the type to compute in, float32
or float64. Row 0 is the first centre. Prints JSON: the seconds of the loop, and the rows in order."""

import json
import sys
import time

import numpy as np

vectors = np.load(sys.argv[1]).astype(sys.argv[3])
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
wanted = int(sys.argv[2])
start = time.perf_counter()
nearest = vectors @ vectors[0]
rows = []
for _ in range(wanted):
    row = int(nearest.argmin())
    rows.append(row)
    np.maximum(nearest, vectors @ vectors[row], out=nearest)
print(json.dumps({"seconds": time.perf_counter() - start, "rows": rows}))
