"""The examples of a job as DagsHub's own client finds them, for those who keep their `as_ml_dataloader` code.

    from data_engine import examples
    train = examples(job.value, "train").get_blob_fields("annotation")
    loader = train.as_ml_dataloader(flavor="torch", metadata_columns=["annotation"], tensorizers=[image, annotation_to_tensor])

labelloop hands a trainer no token. The client takes yours: `dagshub login` once on this machine, as the user the worker runs as; for another
host than dagshub.com, set DAGSHUB_CLIENT_HOST before it is imported. Needs `pip install dagshub==0.7.3`.
"""

from dagshub.data_engine import datasources
from dagshub.data_engine.model.query import QueryFilterTree


def examples(job, split):
    """The `QueryResult` of the query that made the manifest of `train` or `valid`, as of the time it was asked. Takes the value of job.json."""
    query = job["data_engine"]
    datasource = datasources.get_datasource(query["repo"], id=query["datasource"]["id"])
    datasource.get_query().filter = QueryFilterTree.deserialize(query["where"][split])
    return datasource.as_of(query["as_of"]).all()
