"""
Inference over a folder in Python, as JSON with CPU milliseconds and images a second: `inference_peers.py WAY MODEL.onnx SIDE FOLDER IMAGES`.

WAY is `recipe` (PIL and ONNX Runtime with their defaults, one image after the other), `best` (a process a core, OpenCV's reduced decoding, a
thread a session), `limit` (ONNX Runtime alone, a process a core, a thread a session, on a tensor that is there) or `torch` (what the recipe's users write: torchvision's
read_image, a DataLoader of batches of 1, no_grad; MODEL.onnx names a model of torchvision by its folder). Start-up counts for none of them.
"""

import json
import multiprocessing
import os
import resource
import sys
import time
from pathlib import Path

import numpy as np

way, model, side, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), int(sys.argv[5])
photos = sorted(folder.iterdir())
files = [photos[index % len(photos)] for index in range(count)]


def cpu_seconds():
    own = resource.getrusage(resource.RUSAGE_SELF)
    return own.ru_utime + own.ru_stime


def session(threads):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    if threads:
        options.intra_op_num_threads = options.inter_op_num_threads = threads
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def softmax(row):
    powers = np.exp(row - row.max())
    return powers / powers.sum()


def answer(output):
    """What a cycle needs of an image: the margin of a classifier, the boxes above a threshold, least confident first."""
    if output.ndim == 2:
        first, second = np.sort(softmax(output[0]))[::-1][:2]
        return float(first - second)
    cells = output[0].T
    scores = cells[:, 4:].max(axis=1)
    return float(scores[scores > 0.001].sum())


def recipe():
    from PIL import Image

    loaded = session(None)
    loaded.run(None, {"images": np.zeros((1, 3, side, side), np.float32)})
    before = cpu_seconds()
    for file in files:
        image = Image.open(file).convert("RGB").resize((side, side))
        pixels = np.asarray(image, dtype=np.float32).transpose(2, 0, 1)[None] / 255
        answer(loaded.run(None, {"images": pixels})[0])
    return cpu_seconds() - before


def on_every_core(work):
    """A process a core, all at work at the same time: a core is faster beside one that does nothing."""
    cores = len(os.sched_getaffinity(0))
    context = multiprocessing.get_context("spawn")
    with context.Pool(cores, await_others, [context.Barrier(cores, timeout=120)]) as pool:
        return sum(pool.map(work, [files[core::cores] for core in range(cores)], chunksize=1))


def await_others(all_ready):
    global ready
    ready = all_ready


def best_part(part):
    import cv2

    cv2.setNumThreads(1)
    loaded = session(1)
    loaded.run(None, {"images": np.zeros((1, 3, side, side), np.float32)})
    ready.wait()
    before = cpu_seconds()
    for file in part:
        encoded = np.fromfile(file, np.uint8)
        image = cv2.imdecode(encoded, cv2.IMREAD_REDUCED_COLOR_2 if side < 320 else cv2.IMREAD_COLOR)
        pixels = cv2.dnn.blobFromImage(image, 1 / 255, (side, side), swapRB=True)
        answer(loaded.run(None, {"images": pixels})[0])
    return cpu_seconds() - before


def limit_part(part):
    loaded = session(1)
    pixels = np.random.default_rng(1).random((1, 3, side, side), np.float32)
    loaded.run(None, {"images": pixels})
    ready.wait()
    before = cpu_seconds()
    for _ in part:
        loaded.run(None, {"images": pixels})
    return cpu_seconds() - before


def torch_loop():
    import torch
    import torchvision

    class Photos(torch.utils.data.Dataset):
        def __len__(self):
            return len(files)

        def __getitem__(self, index):
            image = torchvision.io.read_image(str(files[index]), torchvision.io.ImageReadMode.RGB)
            return torchvision.transforms.functional.resize(image, [side, side], antialias=True) / 255

    network = getattr(torchvision.models, Path(model).parent.name)(weights=None).eval()
    with torch.no_grad():
        network(torch.zeros(1, 3, side, side))
        started = time.perf_counter()
        for pixels in torch.utils.data.DataLoader(Photos(), batch_size=1):
            answer(network(pixels).numpy())
    print(json.dumps({"imagesPerSecond": len(files) / (time.perf_counter() - started)}))


if __name__ == "__main__":
    if way == "torch":
        torch_loop()
    else:
        seconds = recipe() if way == "recipe" else on_every_core({"best": best_part, "limit": limit_part}[way])
        print(json.dumps({"cpuMs": seconds * 1000 / len(files)}))
