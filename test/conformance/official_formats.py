"""Holds labelloop's converted annotations against pycocotools and DagsHub's own converter.

`official_formats.py make FOLDER` writes annotations with the official packages: coco.json (pycocotools), theirs/tasks.json and theirs-yolo/
(dagshub-annotation-converter). `official_formats.py compare FOLDER RESULT` reads what labelloop made of them and writes, for each file, how many objects
there are, whether their classes are the same and the least IoU of an object with its original.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from dagshub_annotation_converter.converters.coco import load_coco_from_file
from dagshub_annotation_converter.converters.yolo import export_to_fs, load_yolo_from_fs
from dagshub_annotation_converter.formats.label_studio.brushlabels import BrushLabelsAnnotation
from dagshub_annotation_converter.formats.label_studio.polygonlabels import PolygonLabelsAnnotation
from dagshub_annotation_converter.formats.label_studio.rectanglelabels import RectangleLabelsAnnotation
from dagshub_annotation_converter.formats.label_studio.task import LabelStudioTask
from dagshub_annotation_converter.formats.yolo.context import YoloContext
from dagshub_annotation_converter.ir.image import (
    CoordinateStyle,
    IRBBoxImageAnnotation,
    IRBinaryMaskImageAnnotation,
    IRSegmentationImageAnnotation,
)

SIZES = [(640, 480), (333, 517), (1200, 801)]
CLASSES = {3: "tooth", 11: "filling, old", 40: "crown"}
random = np.random.default_rng(20261123)


def quiet(work, *args):
    """The official packages print."""
    stdout, sys.stdout = sys.stdout, sys.stderr
    try:
        return work(*args)
    finally:
        sys.stdout = stdout


def star(width, height):
    """A polygon that is not convex."""
    angles = np.sort(random.uniform(0, 2 * np.pi, 14))
    radius = min(width, height) * random.uniform(0.12, 0.3, 14)
    x = width * random.uniform(0.35, 0.65) + radius * np.cos(angles)
    y = height * random.uniform(0.35, 0.65) + radius * np.sin(angles)
    return np.stack([x, y], axis=1).round(3).ravel().tolist()


def blob(width, height):
    """Parts with holes."""
    y, x = np.mgrid[:height, :width]
    pixels = np.zeros((height, width), dtype=np.uint8)
    for part in range(3):
        cx, cy = width * (0.2 + 0.3 * part), height * random.uniform(0.3, 0.7)
        distance = np.hypot(x - cx, y - cy)
        outer = min(width, height) * 0.18
        pixels |= ((distance < outer) & (distance > outer * 0.4)).astype(np.uint8)
    return pixels


def make(folder):
    images, annotations = [], []
    for number, (width, height) in enumerate(SIZES):
        name = f"scans/{number}.png"
        images.append({"id": 100 + number, "file_name": name, "width": width, "height": height})
        (folder / "yolo-images" / "scans").mkdir(parents=True, exist_ok=True)
        Image.new("L", (width, height)).save(folder / "yolo-images" / name)

        def add(**geometry):
            category = int(random.choice(list(CLASSES)))
            annotations.append({"id": len(annotations) + 1, "image_id": 100 + number, "category_id": category, "iscrowd": 0, **geometry})

        for _ in range(4):
            w, h = width * random.uniform(0.1, 0.4), height * random.uniform(0.1, 0.4)
            add(bbox=[width * random.uniform(0, 0.5), height * random.uniform(0, 0.5), w, h], area=w * h)
        for _ in range(4):
            add(segmentation=[star(width, height)])
        for _ in range(2):
            rle = coco_mask.encode(np.asfortranarray(blob(width, height)))
            add(segmentation={"size": [height, width], "counts": rle["counts"].decode()})
        pixels = blob(width, height).ravel(order="F")
        edges = np.flatnonzero(np.diff(pixels)) + 1
        runs = np.diff(np.concatenate([[0], edges, [pixels.size]])).tolist()
        add(segmentation={"size": [height, width], "counts": ([0] if pixels[0] else []) + runs})
    random.shuffle(annotations)
    categories = [{"id": id, "name": name} for id, name in CLASSES.items()]
    (folder / "coco.json").write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
    make_theirs(folder)


def make_theirs(folder):
    """The same objects by DagsHub's converter: Label Studio tasks, and YOLO segments."""
    coco = quiet(COCO, str(folder / "coco.json"))
    tasks, segments = [], []
    for image in coco.loadImgs(coco.getImgIds()):
        size = {"image_width": image["width"], "image_height": image["height"]}
        task = LabelStudioTask(data={"image": image["file_name"]})
        for ann in coco.loadAnns(coco.getAnnIds(image["id"])):
            categories = {CLASSES[ann["category_id"]]: 1.0}
            common = {"categories": categories, "coordinate_style": CoordinateStyle.DENORMALIZED, **size}
            if "bbox" in ann:
                x, y, w, h = ann["bbox"]
                one = IRBBoxImageAnnotation(left=x, top=y, width=w, height=h, **common)
                task.add_annotations(RectangleLabelsAnnotation.from_ir_annotation(one))
            elif isinstance(ann["segmentation"], list):
                one = IRSegmentationImageAnnotation(points=[], **common)
                for x, y in np.reshape(ann["segmentation"][0], (-1, 2)).tolist():
                    one.add_point(x, y)
                task.add_annotations(PolygonLabelsAnnotation.from_ir_annotation(one))
                segments.append(one.with_filename("images/" + image["file_name"]))
            else:
                one = IRBinaryMaskImageAnnotation.from_mask(
                    coco.annToMask(ann), categories=categories, coordinate_style=CoordinateStyle.NORMALIZED
                )
                task.add_annotations(BrushLabelsAnnotation.from_ir_annotation(one))
        tasks.append(json.loads(task.model_dump_json(exclude_none=True)))
    (folder / "theirs-tasks.json").write_text(json.dumps(tasks))
    context = YoloContext(annotation_type="segmentation", path=Path("."), train_path=Path("images"), val_path=Path("images"))
    for index, name in enumerate(CLASSES.values()):
        context.categories.add(name, index)
    out = folder / "theirs-yolo"
    (out / "images").parent.mkdir(exist_ok=True)
    (folder / "yolo-images").rename(out / "images")
    written = quiet(export_to_fs, context, [one.normalized() for one in segments], out)
    # It names the folder it was called in.
    written.write_text("".join(line for line in written.read_text().splitlines(True) if not line.startswith("path:")))


def objects_of_coco(file):
    """By image: (class, mask) of each annotation."""
    coco = quiet(COCO, str(file))
    names = {category["id"]: category["name"] for category in coco.loadCats(coco.getCatIds())}
    found = {}
    for image in coco.loadImgs(coco.getImgIds()):
        for ann in coco.loadAnns(coco.getAnnIds(image["id"])):
            if not ann.get("segmentation"):
                x, y, w, h = ann["bbox"]
                shape = np.array([x, y, w, h])
            else:
                shape = coco.annToMask(ann)
            found.setdefault(image["file_name"], []).append((names[ann["category_id"]], shape))
    return found


def objects_of_ir(by_name):
    found = {}
    for name, annotations in by_name.items():
        for ann in annotations:
            height, width = ann.image_height, ann.image_width
            if isinstance(ann, IRBBoxImageAnnotation):
                box = ann.denormalized()
                shape = np.array([box.left, box.top, box.width, box.height])
            elif isinstance(ann, IRSegmentationImageAnnotation):
                points = [number for point in ann.denormalized().points for number in (point.x, point.y)]
                shape = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects([points], height, width)))
            else:
                shape = ann.to_mask().astype(np.uint8)
            found.setdefault(name, []).append((ann.ensure_has_one_category(), shape))
    return found


def iou(one, other):
    if one.ndim == 1:
        return float(coco_mask.iou([one.tolist()], [other.tolist()], [0])[0, 0])
    pair = [coco_mask.encode(np.asfortranarray(shape.astype(np.uint8))) for shape in (one, other)]
    return float(coco_mask.iou(pair[:1], pair[1:], [0])[0, 0])


def verdict(wanted, found):
    """Objects of an image are held together in their order within each kind."""
    kinds = lambda objects: sorted(objects, key=lambda one: one[1].ndim)
    pairs = [
        pair
        for name, objects in wanted.items()
        for pair in zip(kinds(objects), kinds(found.get(name, [])), strict=True)
    ]
    return {
        "images": len(found),
        "objects": len(pairs),
        "sameClasses": all(one[0] == other[0] for one, other in pairs),
        "leastIou": min(iou(one[1], other[1]) for one, other in pairs),
    }


def compare(folder, result):
    original = objects_of_coco(folder / "coco.json")
    tasks = json.loads((folder / "ours-tasks.json").read_text())
    from_tasks = {task["data"]["image"]: LabelStudioTask.model_validate(task).to_ir_annotations() for task in tasks}
    polygons = {}
    coco = quiet(COCO, str(folder / "coco.json"))
    for image in coco.loadImgs(coco.getImgIds()):
        anns = [ann for ann in coco.loadAnns(coco.getAnnIds(image["id"])) if isinstance(ann.get("segmentation"), list)]
        polygons[image["file_name"]] = [(CLASSES[ann["category_id"]], coco.annToMask(ann)) for ann in anns]

    shutil.copytree(folder / "theirs-yolo" / "images", folder / "ours-yolo" / "images")
    yolo = (folder / "ours-yolo" / "dataset.yaml").read_text()
    (folder / "ours-yolo" / "dataset.yaml").write_text(yolo + "path: .\n")  # It cannot do without.
    segments, _ = quiet(load_yolo_from_fs, "segmentation", folder / "ours-yolo" / "dataset.yaml")
    segments = {name.removeprefix("images/"): list(anns) for name, anns in segments.items()}
    # In our YOLO file everything is a polygon, boxes too.
    as_masks = {}
    for image in coco.loadImgs(coco.getImgIds()):
        for ann in coco.loadAnns(coco.getAnnIds(image["id"])):
            if "bbox" in ann:
                x, y, w, h = ann["bbox"]
                corners = [[x, y, x + w, y, x + w, y + h, x, y + h]]
                shape = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects(corners, image["height"], image["width"])))
            else:
                shape = coco.annToMask(ann)
            as_masks.setdefault(image["file_name"], []).append((CLASSES[ann["category_id"]], shape))

    with_prefix = lambda objects: {name.removeprefix("images/"): ones for name, ones in objects.items()}
    # It reads boxes beside polygons, and no masks.
    theirs_coco = {
        name: [one for one in ones if isinstance(one, IRSegmentationImageAnnotation)]
        for name, ones in load_coco_from_file(folder / "ours-coco.json")[0].items()
    }
    seen = {
        "COCO by us, read by pycocotools": verdict(original, objects_of_coco(folder / "ours-coco.json")),
        "tasks by us, read by DagsHub": verdict(original, objects_of_ir(from_tasks)),
        "YOLO by us, read by DagsHub": verdict(as_masks, objects_of_ir(segments)),
        "polygons of COCO by us, read by DagsHub": verdict(polygons, objects_of_ir(theirs_coco)),
        "tasks by DagsHub, read by us": verdict(original, objects_of_coco(folder / "from-theirs-tasks.json")),
        "YOLO by DagsHub, read by us": verdict(polygons, with_prefix(objects_of_coco(folder / "from-theirs-yolo.json"))),
    }
    result.write_text(json.dumps(seen))


if sys.argv[1] == "make":
    make(Path(sys.argv[2]))
else:
    compare(Path(sys.argv[2]), Path(sys.argv[3]))
