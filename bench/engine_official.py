"""Asks a Data Engine with DagsHub's official client what the engine's bench asks with ours. Arguments: a file for the milliseconds as JSON, the
repository, the datasource's name, how many rounds."""

import json
import statistics
import sys
import time

from dagshub.data_engine.datasources import get_datasource

file_name, repo, name, rounds = sys.argv[1:]
source = get_datasource(repo, name)
wide = source[(source["width"] > 300) & source["pred_score"].is_not_null()]
unlabelled = source[source["annotation"].is_null() & source["pred_score"].is_not_null()]
queries = {
    "page": wide.select("split").order_by("pred_score").limit(5000),
    "question": unlabelled.select("pred_score").order_by("pred_score").limit(1000),
}


def milliseconds(query):
    start = time.perf_counter()
    result = query.fetch()
    took = (time.perf_counter() - start) * 1000
    assert len(result) > 0
    return took


medians = {key: statistics.median(milliseconds(query) for _ in range(int(rounds))) for key, query in queries.items()}
with open(file_name, "w") as file:
    json.dump(medians, file)
