"""Logs a run with MLflow's own client through HOST/REPO.mlflow, as the recipe's step 0 and 4 do, and writes its id as JSON."""

import json
import os
import sys
from pathlib import Path

import mlflow
from mlflow.exceptions import MlflowException

mlflow.set_tracking_uri(f"{os.environ['DAGSHUB_CLIENT_HOST']}/{os.environ['REPO']}.mlflow")
os.environ["MLFLOW_TRACKING_USERNAME"] = "yonomitt"
os.environ["MLFLOW_TRACKING_PASSWORD"] = "wrong"
os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"
try:
    mlflow.set_experiment("through-the-engine")
    raise AssertionError("a wrong token was taken")
except MlflowException as error:
    assert "The token is missing or wrong" in str(error), error
os.environ["MLFLOW_TRACKING_PASSWORD"] = os.environ["DAGSHUB_USER_TOKEN"]

mlflow.set_experiment("through-the-engine")
weights = Path(os.environ["HOME"], "model.pt")
weights.write_bytes(bytes(range(256)) * 4096)
with mlflow.start_run() as run:
    mlflow.log_param("epochs", 2)
    for epoch in range(2):
        mlflow.log_metrics({"train_loss": 1 - epoch / 4, "valid_loss": 1.5 - epoch / 4}, step=epoch)
    mlflow.log_artifact(str(weights), "best model")

found = mlflow.search_runs(experiment_names=["through-the-engine"], output_format="list")
assert [one.info.run_id for one in found] == [run.info.run_id]
back = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path="best model/model.pt")
assert Path(back).read_bytes() == weights.read_bytes()

with open(sys.argv[1], "w") as file:
    json.dump({"run_id": run.info.run_id}, file)
