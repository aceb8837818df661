"""Drives a Data Engine with DagsHub's official client, unchanged, and writes what it saw as JSON to the file named first."""

import datetime
import json
import os
import sys
import time
import urllib.request

import numpy
import pandas

import dagshub
import dagshub.common.config
from dagshub.auth import get_token
from dagshub.common.api.repo import PathNotFoundError, RepoAPI
from dagshub.data_engine import datasets, datasources
from dagshub.data_engine.datasources import get_or_create
from dagshub.data_engine.model.datasource import Field
from dagshub.data_engine.model.errors import DatasetNotFoundError, DatasourceAlreadyExistsError, FieldNotFoundError

REPO = "team/teeth"
ROOT = "s3://digits/data"
seen = {}


def paths(source):
    return [dp.path for dp in source.all()]


def next_second():
    """The protocol counts time in seconds: waits until the next one and tells the one before."""
    now = int(time.time())
    while int(time.time()) == now:
        time.sleep(0.02)
    return now


def task(dp, label):
    """A Label Studio task, as DagsHub keeps it."""
    value = {"x": 10, "y": 20, "width": 30, "height": 40, "rotation": 0, "rectanglelabels": [label]}
    size = {"original_width": 100, "original_height": 100, "image_rotation": 0}
    box = {"id": "a", "type": "rectanglelabels", "from_name": "label", "to_name": "image", **size, "value": value}
    return json.dumps({"data": {"image": dp.download_url}, "annotations": [{"result": [box], "completed_by": 1}]}).encode()


# Step 0 and 1: who am I, which repository; get or create, twice.
assert get_token() == os.environ["DAGSHUB_USER_TOKEN"]
seen["token_owner"] = dagshub.auth.tokens.TokenStorage.get_username_of_token(get_token(), dagshub.common.config.host)["login"]
repo = RepoAPI(REPO)
seen["repo"] = {"full_name": repo.full_name, "default_branch": repo.default_branch, "head": repo.last_commit_sha()}
seen["commit"] = repo.get_commit_info(repo.last_commit_sha()).id
seen["storages"] = [{"name": s.name, "protocol": s.protocol} for s in repo.get_connected_storages()]
ds = get_or_create(REPO, "teeth", ROOT)
ds.wait_until_ready()
again = get_or_create(REPO, "teeth", ROOT)
assert again.source.id == ds.source.id
assert datasources.get_datasource(REPO, id=ds.source.id).source.name == "teeth"
assert [one.source.name for one in datasources.get_datasources(REPO)] == ["teeth"]
try:
    datasources.create(REPO, "teeth", ROOT)
    raise AssertionError("a second datasource of the name was made")
except DatasourceAlreadyExistsError:
    pass
assert len(ds.all()) == 12
at_start = next_second()

# Step 2: splits and annotations, by dataframe.
df = ds.all().dataframe.sort_values("path").reset_index(drop=True)
assert list(df.columns) == ["path", "datapoint_id", "dagshub_download_url"], list(df.columns)
df["split"] = ["train"] * 7 + ["valid"] * 3 + ["test"] * 2
by_path = {dp.path: dp for dp in ds.all()}
df["annotation"] = [task(by_path[path], "cat") if index < 4 else None for index, path in enumerate(df["path"])]
dagshub.common.config.dataengine_metadata_upload_batch_size = 50
ds.upload_metadata_from_dataframe(df, path_column="path")
seen["fields"] = {f.name: f.valueType.value for f in ds.fields}

# Step 3: filters.
labelled = ds[ds["annotation"].is_not_null()]
assert paths(labelled) == [f"{n:02}.png" for n in range(4)], paths(labelled)
assert len(labelled[labelled["split"] == "train"].all()) == 4
assert len(ds[ds["split"] == "valid"].all()) == 3
assert len(ds[ds["split"] != "train"].all()) == 5
assert len(ds[(ds["split"] == "valid") | (ds["split"] == "test")].all()) == 5
assert len(ds[~((ds["split"] == "train") & (ds["annotation"].is_null()))].all()) == 9
assert len(ds[ds["split"].contains("ai")].all()) == 7
assert len(ds[ds["split"].startswith("te")].all()) == 2
assert len(ds[ds["split"].endswith("id")].all()) == 3
assert paths(ds[ds["path"] == "03.png"]) == ["03.png"]
try:
    ds["nothing"]
    raise AssertionError("an unknown field was accepted")
except FieldNotFoundError:
    pass

# Step 4 (its data): blobs to memory, and to disk.
train = labelled[labelled["split"] == "train"].all().get_blob_fields("annotation", load_into_memory=True)
assert json.loads(train[0]["annotation"])["annotations"][0]["result"][0]["value"]["rectanglelabels"] == ["cat"]
on_disk = ds[ds["annotation"].is_not_null()].all().get_blob_fields("annotation")
assert json.loads(on_disk[1]["annotation"].read_bytes())["data"]["image"] == on_disk[1].download_url
with open(on_disk[1].download_file(os.environ["HOME"] + "/image.png"), "rb") as file:
    seen["image"] = file.read().decode()

# Steps 5 to 7: predictions of the unlabelled, in a metadata context.
labelled_at = next_second()
unlabelled = ds[ds["annotation"].is_null()]
pool = unlabelled.all()
assert len(pool) == 8
with ds.metadata_context() as context:
    for index, dp in enumerate(pool):
        blob = json.dumps({"prediction": [{"result": [], "score": index / 10}]}).encode()
        context.update_metadata(dp.path, {"prediction": blob, "pred_score": (7 - index) / 10, "rounds": index, "ok": index % 2 == 0})
    context.update_metadata(["04.png", "05.png"], {"tags": ["hard", "blurred"]})
    berlin = datetime.timezone(datetime.timedelta(hours=1))
    context.update_metadata("04.png", {"taken": datetime.datetime(2025, 1, 1, 0, 30, tzinfo=berlin)})
    context.update_metadata("05.png", {"taken": datetime.datetime(2024, 6, 15, 12, 0, tzinfo=datetime.timezone.utc)})
    context.update_metadata("06.png", {"report": "x" * 2000})
seen["fields_after"] = {f.name: [f.valueType.value, f.multiple, sorted(f.tags or [])] for f in ds.fields}

# Many blobs: batches of 1, 10, 100, … as the client does.
with ds.metadata_context() as context:
    for index in range(300):
        context.update_metadata(f"extra/{index:03}.png", {"embedding": numpy.float32([index]).tobytes(), "extra": index})
assert len(ds[ds["extra"] >= 0].all()) == 300
some = ds[ds["extra"] == 123].all().get_blob_fields("embedding", load_into_memory=True)
assert numpy.frombuffer(some[0]["embedding"], dtype=numpy.float32)[0] == 123

# Step 8: predicted, ordered, limited, thresholded.
unlabelled = ds[ds["annotation"].is_null()]
predicted = unlabelled[unlabelled["pred_score"].is_not_null()]
scores = sorted(predicted.all().dataframe["pred_score"].tolist())
assert scores == [n / 10 for n in range(8)], scores
to_label = predicted[predicted["pred_score"] <= scores[:3][-1]]
assert sorted(paths(to_label)) == ["09.png", "10.png", "11.png"], paths(to_label)
best = predicted.order_by("pred_score").limit(2)
assert [dp.path for dp in best.fetch()] == ["11.png", "10.png"]
assert len(best.all()) == 8
assert paths(predicted.order_by(("pred_score", "desc")))[:2] == ["04.png", "05.png"]
assert paths(predicted.order_by(("ok", False), "pred_score"))[:2] == ["10.png", "08.png"]
assert len(ds[ds["rounds"] > 5].all()) == 2 and len(ds[ds["rounds"] < 2].all()) == 2
assert len(ds[ds["ok"] == True].all()) == 4
assert sorted(paths(ds[ds["tags"].contains("blur")])) == ["04.png", "05.png"]
assert paths(ds[ds["taken"].date_field_in_years(2025)]) == ["04.png"]
assert paths(ds[ds["taken"].date_field_in_months(6, 7)]) == ["05.png"]
assert paths(ds[ds["taken"].date_field_in_days(1)]) == ["04.png"]
assert paths(ds[ds["taken"].date_field_in_timeofday("00:00-01:00")]) == ["04.png"]
assert paths(ds[ds["taken"].date_field_in_years(2025)].with_time_zone("+00:00")) == []
assert paths(ds[ds["taken"] > datetime.datetime(2024, 12, 1, tzinfo=datetime.timezone.utc)]) == ["04.png"]
row = ds[ds["path"] == "04.png"].all().dataframe.iloc[0]
seen["row"] = {
    "tags": list(row["tags"]),
    "rounds": int(row["rounds"]),
    "ok": bool(row["ok"]),
    "taken": row["taken"].isoformat(),
    "url": row["dagshub_download_url"],
}
assert ds[ds["path"] == "06.png"].all()[0]["report"] == "x" * 2000
head = ds.head(5)
assert len(head) == 5 and head.query_data_time is not None
predicted_at = next_second()

# The past: of a query, of a condition, of a field, of what was deleted.
dp = ds[ds["path"] == "04.png"].all()[0]
dp["pred_score"] = 0.95
dp.save()
changed_at = next_second()
assert ds[ds["path"] == "04.png"].all()[0]["pred_score"] == 0.95
assert (ds["path"] == "04.png").as_of(predicted_at).all()[0]["pred_score"] == 0.7
assert len(ds.as_of(at_start).all()) == 12
assert list(ds.as_of(at_start).all().dataframe.columns) == ["path", "datapoint_id", "dagshub_download_url"]
assert "pred_score" not in (ds["path"] == "04.png").as_of(labelled_at).all()[0].metadata
assert paths(ds[Field("pred_score", as_of=predicted_at)] == 0.7) == ["04.png"]
both = ds[ds["path"] == "04.png"].select(Field("pred_score", alias="now"), Field("pred_score", as_of=predicted_at, alias="then"))
assert both.all()[0].metadata == {"now": 0.95, "then": 0.7}, both.all()[0].metadata
result = ds.as_of(labelled_at).all()
assert len([one for one in result if "annotation" in one.metadata]) == 4
assert dp.get_version_timestamps()[-1].timestamp.timestamp() == changed_at
assert len(dp.get_version_timestamps(fields=["split"])) == 1
assert len(dp.get_version_timestamps(from_time=datetime.datetime.fromtimestamp(changed_at))) == 1
dp.delete_metadata("rounds", "ok")
assert "rounds" not in ds[ds["path"] == "04.png"].all()[0].metadata
extra = ds[ds["path"] == "extra/000.png"].all()[0]
extra.delete(force=True)
assert len(ds[ds["path"] == "extra/000.png"].all()) == 0
assert len((ds["path"] == "extra/000.png").as_of(changed_at).all()) == 1
with ds.metadata_context() as context:
    context.update_metadata("extra/000.png", {"extra": 1000})
reborn = ds[ds["path"] == "extra/000.png"].all()[0]
assert reborn.datapoint_id != extra.datapoint_id and reborn.metadata == {"extra": 1000}

# Datasets.
saved = to_label.save_dataset("to-label")
assert saved.assigned_dataset.dataset_name == "to-label"
loaded = datasets.get_dataset(REPO, "to-label")
assert sorted(paths(loaded)) == ["09.png", "10.png", "11.png"]
assert loaded.is_query_different_from_dataset is False
ds.save_dataset("everything")
assert len(datasets.get_dataset(REPO, "everything").all()) == 312
seen["datasets"] = sorted(one.assigned_dataset.dataset_name for one in datasets.get_datasets(REPO))
datasets.get_dataset(REPO, "everything").delete_dataset(force=True)
try:
    datasets.get_dataset(REPO, "everything")
    raise AssertionError("a deleted dataset was found")
except DatasetNotFoundError:
    pass
state = to_label.save_to_file(os.environ["HOME"] + "/state.json")
with open(state) as file:
    reloaded = datasources.Datasource.load_from_serialized_state(json.load(file))
# The client (0.7.3) forgets the filter as it loads, and keeps the time.
assert len(reloaded.all()) == 312

# Step 9: the link of annotate() is a page that opens without a token, and tells what waits.
link = to_label.annotate()
with urllib.request.urlopen(link) as page:
    text = page.read().decode()
assert "3 images of teeth wait to be annotated" in text, text
ds._launch_annotation_workspace()

# Field tags: an annotation field is parsed by all().
ds.metadata_field("annotation").set_annotation().apply()
seen["annotation_tags"] = sorted(next(f for f in ds.fields if f.name == "annotation").tags)
parsed = ds[ds["annotation"].is_not_null()].all()
assert type(parsed[0]["annotation"]).__name__ == "MetadataAnnotations", type(parsed[0]["annotation"])
seen["box"] = [list(one.categories)[0] for one in parsed[0]["annotation"].annotations]

# The files below the root.
seen["listing"] = sorted(entry.path for entry in repo.list_storage_path("s3/digits/data"))[:3]

# A file of metadata says the same whether the client reads it (by-client) or the engine does (by-server).
files = os.environ["HOME"] + "/"
table = pandas.DataFrame(
    {
        "path": ["00.png", "new.png", "02.png"],
        "whole": [1, 2, 3],
        "gaps": [1, None, 3],
        "score": [0.25, None, -1e-3],
        "ok": [True, False, True],
        "some": [True, None, False],
        "mixed": ["1", "x", "True"],
        "words": ["a, \"b\"", None, "ü"],
        "nothing": [None, None, None],
        "report": ["x" * 700, "short", None],
    }
)
table.to_csv(files + "all.csv", index=False)
table.to_csv(files + "all.csv.gz", index=False)
table.to_csv(files + "all.zip", index=False)
table.to_parquet(files + "all.parquet", index=False)
seen["imported"] = {}
for name in ["all.csv", "all.csv.gz", "all.zip", "all.parquet"]:
    pair = [get_or_create(REPO, f"{side}-{name}", ROOT) for side in ("by-client", "by-server")]
    for side, source in enumerate(pair):
        source.wait_until_ready()
        source.upload_metadata_from_file(files + name, path_column="path", ingest_on_server=side == 1)
        source.source.get_from_dagshub()
    types = [{f.name: [f.valueType.value, f.multiple, sorted(f.tags or [])] for f in one.fields} for one in pair]
    assert types[0] == types[1], (name, types)
    rows = [{dp.path: dp.metadata for dp in one.all()} for one in pair]
    assert rows[0] == rows[1], (name, rows)
    seen["imported"][name] = {key: value[0] for key, value in types[1].items()}
    for one in pair:
        one.delete_source(force=True)

# A dataframe goes to the server as Parquet, with its BLOBs, times and lists; the path column may be counted.
frame = pandas.DataFrame({"extra": [7], "path": ["05.png"], "raw": [b"\x00\xff"], "seen_by": [["ann", "ben"]]})
frame["at"] = pandas.to_datetime(["2025-03-01T12:00:00+02:00"], utc=True)
ds.upload_metadata_from_dataframe(frame, path_column="path", ingest_on_server=True)
frame["extra"] = [8]
ds.upload_metadata_from_dataframe(frame[["extra", "path"]], path_column=1, ingest_on_server=True)
imported = ds[ds["path"] == "05.png"].all().get_blob_fields("raw", load_into_memory=True)[0]
assert imported["raw"] == b"\x00\xff" and imported["extra"] == 8
seen["by_frame"] = {"seen_by": imported["seen_by"], "at": imported["at"].isoformat()}
try:
    ds.source.import_metadata_from_file("no such datasource", files + "all.csv", "path")
    raise AssertionError("an import into an unknown datasource was taken")
except PathNotFoundError:
    pass
table["extra"] = ["no", "number", "here"]
table.to_csv(files + "wrong.csv", index=False)
try:
    ds.upload_metadata_from_file(files + "wrong.csv", ingest_on_server=True)
    raise AssertionError("words were taken for numbers")
except RuntimeError as error:
    assert "status code 400" in str(error), error

# Another datasource of the same name is possible once the first is deleted.
other = get_or_create(REPO, "other", ROOT)
other.wait_until_ready()
other.delete_source(force=True)
assert [one.source.name for one in datasources.get_datasources(REPO)] == ["teeth"]

with open(sys.argv[1], "w") as file:
    json.dump(seen, file)
