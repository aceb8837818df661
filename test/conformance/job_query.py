"""Asks for the examples of the job.json in JOB as trainers/torch/data_engine.py does; writes their paths by split to the file named first."""

import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "trainers" / "torch"))
from data_engine import examples

job = json.loads(Path(os.environ["JOB"]).read_text())
found = {}
for split in ("train", "valid"):
    result = examples(job, split).get_blob_fields("annotation")
    # What as_ml_dataloader is given: each image with its annotation.
    found[split] = sorted(one.path for one in result.entries if one.metadata["annotation"])
with open(sys.argv[1], "w") as out:
    json.dump(found, out)
