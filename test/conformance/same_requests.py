"""Does with DagsHub's official client what same-requests.stack.test.ts does with ours; the recorder in between keeps both."""

import datetime
import json
import os
import sys
import urllib.parse

import requests

import dagshub.common.config
from dagshub.auth.tokens import TokenStorage
from dagshub.common.api.repo import RepoAPI
from dagshub.data_engine import datasources

HOST = os.environ["DAGSHUB_CLIENT_HOST"]
REPO = "team/teeth"


def intent(name):
    """What follows is recorded under the name."""
    requests.get(f"{HOST}/__intent/{urllib.parse.quote(name)}").raise_for_status()


def page(size, source):
    """A query in pages of a size of ours: the client's own are of 5,000."""
    client = source.source.client
    client.FULL_LIST_PAGE_SIZE, usual = size, client.FULL_LIST_PAGE_SIZE
    source.all()
    client.FULL_LIST_PAGE_SIZE = usual


intent("check")
TokenStorage.get_username_of_token(os.environ["DAGSHUB_USER_TOKEN"], dagshub.common.config.host)
RepoAPI(REPO).get_repo_info()

intent("create")
ds = datasources.create(REPO, "teeth", "s3://digits/data")
intent("wait")
ds.wait_until_ready()
intent("find by name")
datasources.get_datasource(REPO, name="teeth")
intent("find by id")
datasources.get_datasource(REPO, id=ds.source.id)
intent("scan")
ds.scan_source()
intent("wait")
ds.wait_until_ready()

at = datetime.datetime(2025, 1, 1, 0, 30, 0, 123000)  # naive; the test runs it in UTC
values = {
    "text": ["train", "", "ü \"'\\ \n", "x" * 512],
    "float": [0.0, 1.0, -0.0, 0.1, 1 / 3, 1e-5, 1.5e-7, 1e16, 1.25e21, 5e-324, 123456789012345.6],
    "whole": [0, -1, 2**53 - 1],
    "flag": [True, False],
    "time": [at],
    "blob": [b"", b"\x00\xff", json.dumps({"prediction": [{"result": []}]}).encode(), b"abc" * 10_000],
}
for field, own in values.items():
    intent(f"update {field}")
    with ds.metadata_context() as context:
        for index, value in enumerate(own):
            context.update_metadata(f"{index:02}.png", {field: value})

intent("declare")
ds.metadata_field("blob").set_annotation().apply()
intent("declare new")
ds.metadata_field("later").set_type(str).apply()

text, number, whole, flag, blob, time = (ds[name] for name in ["text", "float", "whole", "flag", "blob", "time"])
queries = {
    "all": ds,
    "equal text": text == "train",
    "not equal text": text != "train",
    "contains": text.contains("ai"),
    "starts with": text.startswith("tr"),
    "ends with": text.endswith("in"),
    "path": ds["path"] == "03.png",
    "float equal": number == 1.0,
    "float below": number < 0.31,
    "float at most": number <= 1e-5,
    "float above": number > 1e16,
    "float at least": number >= -2.5,
    "whole equal": whole == 0,
    "whole above": whole > -3,
    "flag": flag == True,
    "flag not": flag == False,
    "time": time >= at,
    "and": (text == "train") & (number <= 0.5),
    "or": (text == "train") | (text == "valid"),
    "not of and": ~((text == "train") & (number <= 0.5)),
    "nested": ((text == "train") | (whole == 1)) & ~(flag == True),
    "order": ds.order_by("float", ("whole", "desc")),
    "select": ds.select("text", "float"),
}
for name in ["text", "float", "whole", "flag", "time", "blob"]:
    queries[f"{name} is null"] = ds[name].is_null()
    queries[f"{name} is not null"] = ds[name].is_not_null()
for name, query in queries.items():
    intent(f"query {name}")
    query.all(load_documents=False, load_annotations=False)
intent("query in pages")
page(3, ds)

intent("blob")
one = ds[ds["path"] == "01.png"].all(load_annotations=False)[0]
# The client may have put it on its disk by now.
assert one.get_blob("blob", cache_on_disk=False) == b"\x00\xff"
intent("image")
one.download_file(os.environ["HOME"] + "/image.png")

intent("annotate")
some = ds[ds["path"].startswith("0")].all(load_documents=False, load_annotations=False)
assert some.annotate(open_project=False, fields_to_exclude=["text", "whole"]).startswith("http")

with open(sys.argv[1], "w") as file:
    json.dump({"url": one.download_url}, file)
