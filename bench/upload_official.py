"""Uploads predictions and their scores with DagsHub's official client. Arguments: a file for the seconds it took, a file with [[path, blob, score], …],
the repository, the datasource's name and root. Both files are JSON."""

import json
import sys
import time

from dagshub.data_engine.datasources import get_or_create

seconds_file, rows_file, repo, name, root = sys.argv[1:]
with open(rows_file) as file:
    rows = json.load(file)
source = get_or_create(repo, name, root)
source.wait_until_ready()
start = time.perf_counter()
with source.metadata_context() as context:
    for path, blob, score in rows:
        context.update_metadata(path, {"prediction": blob.encode(), "pred_score": score})
seconds = time.perf_counter() - start
with open(seconds_file, "w") as file:
    json.dump(seconds, file)
