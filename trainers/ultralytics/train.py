"""Ultralytics YOLO for detection, segmentation and classification, from scratch or from weights.

Ultralytics is AGPL-3.0: this file imports it on your side; labelloop does not depend on it.

    labelloop trainer check --task detection --param epochs=4 --nan-param lr0=1e30 -- python3 train.py
"""

import io
import os
import re
import shutil
import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import al_train

SUFFIX = {"detection": "", "segmentation": "-seg", "classification": "-cls"}
KIND = {"detection": "yolo-detect", "segmentation": "yolo-seg", "classification": "class-probabilities"}
READ_AS_THEY_ARE = {".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
SCORE_THRESHOLD, IOU_THRESHOLD = 0.001, 0.7  # Where Ultralytics measures its average precision.
TOLERANCE = 0.001  # of the self-test's scores


def main(job):
    params = job.params(
        model="yolov8n",  # architecture, from scratch; or a .pt file on this machine to fine-tune
        keep="",  # a folder that outlives the job: each cycle's weights are put there, and the next cycle starts from them
        epochs=60,
        batch=16,
        lr0=0.0,  # 0: Ultralytics chooses optimiser and rate; else AdamW at this rate
        patience=30,
        augment=min(job.width, job.height) >= 64,  # tiny images lose more by it than they gain
        freeze=0,  # first layers that stay as they are
    )
    check_input(job)
    if params.lr0 > 1:
        raise al_train.Exit("parameter", f"Bad parameter lr0: {params.lr0} is more than the 1 that Ultralytics takes.")
    train, valid = job.examples("train"), job.examples("valid")
    prepare_environment(job)
    import torch
    from ultralytics import YOLO, settings

    job.torch_device()
    quiet = ("clearml", "comet", "dvc", "hub", "mlflow", "neptune", "raytune", "sync", "tensorboard", "wandb")
    settings.update({key: False for key in quiet if key in settings})
    run_dir = job.checkpoint_dir / "run"
    weights = run_dir / "weights"
    checkpoint = job.load_checkpoint()
    shutil.rmtree(run_dir, ignore_errors=True)
    if checkpoint:
        unpack(torch, checkpoint[1], weights)
    done = checkpoint[0] if checkpoint else 0
    job.start(params.epochs, resumed_from=done or None)
    data = write_dataset(job, train, valid)
    metrics = {}
    if done < params.epochs:
        begin = weights / "last.pt" if checkpoint else first_weights(job, params)
        metrics = fit(job, params, YOLO, torch, begin, data, run_dir, resume=bool(checkpoint))
    publish(job, params, YOLO, torch, weights / "best.pt", metrics, train, valid)


def check_input(job):
    if job.channels != 3 or job.width != job.height or job.width % 32:
        found = f"{job.width}x{job.height}x{job.channels}"
        raise al_train.Exit("parameter", f"Bad input {found}: this trainer takes squares of 3 channels, the side a multiple of 32.")


def prepare_environment(job):
    """No downloads, no installations, and settings that no other job shares."""
    config = job.checkpoint_dir / "config"
    config.mkdir(exist_ok=True)
    os.environ.update(YOLO_OFFLINE="true", YOLO_AUTOINSTALL="false", YOLO_CONFIG_DIR=str(config), MPLCONFIGDIR=str(config))
    os.environ.setdefault("OMP_NUM_THREADS", str(job.threads))


def first_weights(job, params):
    """What a fresh training starts from: the weights of the cycle before, a file, or an architecture without weights."""
    if job.value["init_checkpoint"]:
        return job.dir / job.value["init_checkpoint"]
    if params.keep:
        cycles = {int(found[1]): file for file in Path(params.keep).glob("cycle-*.pt") if (found := re.match(r"cycle-(\d+)\.pt$", file.name))}
        before = [cycle for cycle in cycles if cycle < job.cycle]
        if before:
            return cycles[max(before)]
    if params.model.endswith(".pt"):
        if not Path(params.model).is_file():
            raise al_train.Exit("parameter", f"Bad parameter model: there is no file {params.model}; nothing is downloaded here.")
        return Path(params.model)
    return f"{params.model}{SUFFIX[job.task]}.yaml"


def fit(job, params, YOLO, torch, begin, data, run_dir, resume):
    first_batch = ExitStack()
    first_batch.enter_context(job.pulse())
    model = YOLO(str(begin))
    last = {}

    def on_ready(_trainer):
        torch.set_num_threads(job.threads)

    def on_batch(trainer):
        first_batch.close()
        if not torch.isfinite(trainer.loss):
            raise al_train.Exit("internal", f"The loss is no number any more in epoch {trainer.epoch + 1}; a smaller lr0 may help.")
        job.alive()

    def on_save(trainer):
        # The library's own files may be half written when a kill comes; ours are not.
        last["saved"] = trainer.epoch + 1
        job.save_checkpoint(trainer.epoch + 1, lambda: pack(torch, trainer))

    def on_epoch(trainer):
        last["metrics"] = epoch_metrics(trainer)
        if last["saved"] != trainer.epoch + 1:
            return  # The evaluation of the best weights, after the last epoch: the card's metrics.
        job.progress(trainer.epoch + 1, last["metrics"])
        job.alive()

    for event, callback in {
        "on_pretrain_routine_start": lambda _trainer: job.alive(),
        "on_train_start": on_ready,
        "on_train_batch_end": on_batch,
        "on_val_batch_end": lambda _validator: job.alive(),
        "on_model_save": on_save,
        "on_fit_epoch_end": on_epoch,
    }.items():
        model.add_callback(event, callback)
    plain = {} if params.augment else dict(mosaic=0.0, scale=0.0, translate=0.0, fliplr=0.0, hsv_h=0.0, hsv_s=0.0, hsv_v=0.0, erasing=0.0, auto_augment=None)
    rate = dict(optimizer="AdamW", lr0=params.lr0) if params.lr0 else {}
    model.train(
        data=str(data),
        epochs=params.epochs,
        batch=params.batch,
        imgsz=job.width,
        patience=params.patience,
        freeze=params.freeze or None,
        seed=job.seed % 2**31,
        device=job.device,
        save_dir=str(run_dir),
        resume=resume,
        workers=0,  # no children to lose
        amp=False,  # its check downloads a model
        plots=False,
        verbose=False,
        **rate,
        **plain,
    )
    return last.get("metrics", {})


def epoch_metrics(trainer):
    """The contract's names for what Ultralytics measures."""
    found = {key: float(value) for key, value in trainer.metrics.items()}
    result = {"train_loss": sum(float(value) for value in trainer.tloss.values())}
    losses = [value for key, value in found.items() if key.startswith("val/")]
    if losses:
        result["valid_loss"] = sum(losses)
    names = {
        "metrics/mAP50(B)": "valid_map50",
        "metrics/mAP50-95(B)": "valid_map50_95",
        "metrics/mAP50(M)": "valid_mask_map50",
        "metrics/mAP50-95(M)": "valid_mask_map50_95",
        "metrics/accuracy_top1": "valid_accuracy",
    }
    return {**result, **{ours: found[theirs] for theirs, ours in names.items() if theirs in found}}


def pack(torch, trainer):
    files = {name: (trainer.wdir / name).read_bytes() for name in ("last.pt", "best.pt") if (trainer.wdir / name).exists()}
    data = io.BytesIO()
    torch.save(files, data)
    return data.getvalue()


def unpack(torch, file, weights):
    weights.mkdir(parents=True)
    for name, data in torch.load(file).items():
        (weights / name).write_bytes(data)


def write_dataset(job, train, valid):
    """Ultralytics' folders: links to the images with their labels beside them, or a folder a class."""
    root = job.checkpoint_dir / "data"
    shutil.rmtree(root, ignore_errors=True)
    for split, examples in (("train", train), ("val", valid or train)):
        for index, example in enumerate(examples):
            job.alive()
            if job.task == "classification":
                write_square(job, example, root / split / f"{job.classes.index(example.label):04}" / f"{index:06}.png")
            else:
                write_labelled(job, example, root, split, f"{index:06}")
    if job.task == "classification":
        # A class without an image needs its folder: their order makes the order of the classes.
        for index in range(len(job.classes)):
            for split in ("train", "val"):
                (root / split / f"{index:04}").mkdir(parents=True, exist_ok=True)
        return root
    names = "".join(f"  {index}: {name!r}\n" for index, name in enumerate(job.classes))
    file = root / "data.yaml"
    file.write_text(f"path: {str(root)!r}\ntrain: images/train\nval: images/val\nnames:\n{names}")
    return file


def write_square(job, example, file):
    """Stretched as the host will do it, so that nothing is cropped away."""
    from PIL import Image

    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(al_train.resize(al_train.read_image(example, 3), job.width, job.height)).save(file)


def write_labelled(job, example, root, split, name):
    images, labels = root / "images" / split, root / "labels" / split
    images.mkdir(parents=True, exist_ok=True)
    labels.mkdir(parents=True, exist_ok=True)
    if reads(example):
        (images / f"{name}{example.file.suffix.lower()}").symlink_to(example.file)
    else:
        from PIL import Image

        Image.fromarray(al_train.read_image(example, 3)).save(images / f"{name}.png")
    width, height = al_train.image_size(example)
    rows = []
    for box in example.labels.get("boxes", []):
        numbers = (box["x"] + box["w"] / 2) / width, (box["y"] + box["h"] / 2) / height, box["w"] / width, box["h"] / height
        rows.append((job.classes.index(box["label"]), numbers))
    for mask in example.labels.get("masks", []):
        numbers = [value for x, y in one_ring(mask["polygons"]) for value in (x / width, y / height)]
        rows.append((job.classes.index(mask["label"]), numbers))
    text = "".join(f"{label} {' '.join(f'{min(1, max(0, number)):.6f}' for number in numbers)}\n" for label, numbers in rows)
    (labels / f"{name}.txt").write_text(text)


def one_ring(rings):
    """Parts and holes joined by lines without width, each walked there and back."""
    points = [point for ring in rings for point in [*ring, ring[0]]]
    return points + [ring[0] for ring in reversed(rings[:-1])]


def publish(job, params, YOLO, torch, best, metrics, train, valid):
    split, index, example = job.selftest_example(train, valid)
    is_class = job.task == "classification"
    with job.pulse():
        exported = YOLO(str(best)).export(format="onnx", imgsz=job.width, opset=16, dynamic=True, simplify=False, device="cpu")
        check_rows(job, torch, YOLO(str(best)).model)
        answer = class_answer(job, YOLO(str(best)), torch, example) if is_class else object_answer(job, YOLO(str(best)), example)
    if params.keep:
        Path(params.keep).mkdir(parents=True, exist_ok=True)
        al_train.replace_file(Path(params.keep) / f"cycle-{job.cycle}.pt", best.read_bytes())
    names = ["output0", "output1"] if job.task == "segmentation" else ["output0"]
    letterbox = {"resize": "letterbox", "interpolation": "bilinear", "pad_value": 114}
    boxes = {"layout": "v8", "box_format": "cxcywh-pixels", "nms": "none", "score_threshold": SCORE_THRESHOLD, "iou_threshold": IOU_THRESHOLD}
    job.publish(
        Path(exported).read_bytes(),
        input={
            "name": "images",
            "dtype": "float32",
            "layout": "NCHW",
            "normalisation": "by-host",
            "scale": 1 / 255,
            **({"resize": "stretch"} if is_class else letterbox),
        },
        output={"kind": KIND[job.task], "names": names, "scores": "probability", **({} if is_class else boxes)},
        opset=16,
        metrics=metrics,
        answer=answer,
        selftest=(split, index, example),
        tolerance=TOLERANCE,
    )


def check_rows(job, torch, network):
    """Other networks than YOLOv8 and its like lay out what they answer in other ways."""
    with torch.no_grad():
        answer = network.float().eval()(torch.zeros(1, 3, job.height, job.width))
    while not torch.is_tensor(answer):
        answer = answer[0]
    count = len(job.classes)
    rows = {"classification": count, "detection": 4 + count, "segmentation": 4 + count + 32}[job.task]
    if answer.shape[1] != rows:
        raise al_train.Exit("parameter", f"Bad parameter model: its output has {answer.shape[1]} rows, not YOLOv8's {rows}.")


def class_answer(job, model, torch, example):
    """What Ultralytics says of the stretched image: as planes, which it does not crop."""
    pixels = al_train.resize(al_train.read_image(example, 3), job.width, job.height)
    planes = torch.from_numpy(pixels.transpose(2, 0, 1).copy())[None].float() / 255
    return {"probs": model.predict(planes, device="cpu", verbose=False)[0].probs.data}


def object_answer(job, model, example):
    """What Ultralytics finds in the image, read and letterboxed by itself."""
    image = example.file if reads(example) else al_train.read_image(example, 3)[:, :, ::-1]
    limits = dict(conf=SCORE_THRESHOLD, iou=IOU_THRESHOLD)
    found = model.predict(image, imgsz=job.width, rect=False, retina_masks=True, device="cpu", verbose=False, **limits)[0]
    objects = [
        {"class": int(label), "score": score, "box": [left, top, right - left, bottom - top]}
        for left, top, right, bottom, score, label in found.boxes.data.tolist()
        # The host leaves out what lies in the border only; and what is hardly above the threshold here may be below it there.
        if right > left and bottom > top and score > SCORE_THRESHOLD + TOLERANCE
    ]
    return {"detections": objects[:10]}


def reads(example):
    """Whether Ultralytics reads the file as it is."""
    return example.file.suffix.lower() in READ_AS_THEY_ARE


if __name__ == "__main__":
    al_train.run(main, name="ultralytics", version="1", tasks=["detection", "segmentation", "classification"])
