"""What Python trainers for labelloop share: the contract al-train/1 (docs/trainer-contract.md).

`run(train, ...)` does everything that is the same in every trainer: it reads and checks job.json, keeps a second attempt out of the
folder, hears SIGTERM and the end of stdin, saves checkpoints so that a kill never breaks one, and turns errors into exit codes. `train(job)`
does the learning. Needs numpy and Pillow for images, else the standard library only. Linux and macOS.
"""

import fcntl
import hashlib
import json
import math
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

CONTRACT = "al-train/1"
MODEL_FILE, CARD_FILE = "model.onnx", "model.json"

# Exit code, kind of the event "error", and whether another attempt can succeed.
EXITS = {
    "contract": (64, "contract", False),
    "data": (65, "data", False),
    "library": (69, "dependency", False),
    "internal": (70, "internal", True),
    "memory": (71, "resource", True),
    "later": (75, "resource", True),
    "parameter": (78, "config", False),
    "cancelled": (143, "cancelled", True),
}


class Exit(Exception):
    """Ends the trainer with an exit code of the contract: `raise Exit("data", "train.jsonl:7: …")`."""

    def __init__(self, cause, message):
        super().__init__(message)
        self.code, self.kind, self.retryable = EXITS[cause]

    @staticmethod
    def of(error):
        if isinstance(error, Exit):
            return error
        text = f"{type(error).__name__}: {error}"
        if isinstance(error, ImportError):
            return Exit("library", f"A library is missing: {error}")
        if isinstance(error, OSError) and error.errno in (28, 122, 27):  # ENOSPC, EDQUOT, EFBIG
            return Exit("later", f"The disk is full: {text}")
        if isinstance(error, MemoryError) or any(words in text.lower() for words in ("out of memory", "can't allocate memory")):
            return Exit("memory", f"Out of memory: {text}")
        return Exit("internal", text)


@dataclass(frozen=True)
class Example:
    """A line of a manifest."""

    place: str  # manifest:line, for messages
    id: str
    file: Path
    labels: dict
    weight: float

    @property
    def label(self):
        return self.labels["class"]


class Job:
    """job.json, and the trainer's side of the conversation with its host."""

    def __init__(self, file, value, name, version):
        self.dir = Path(file).resolve().parent
        self.value = value
        self.name, self.version = name, version
        self.task, self.classes, self.seed = value["task"], value["classes"], value["seed"]
        self.cycle, self.run_key = value["cycle"], value["run_key"]
        self.width, self.height, self.channels = (value["input"][key] for key in ("width", "height", "channels"))
        self.threads, self.device = value["limits"]["threads"], value["limits"]["device"]
        self.out_dir, self.checkpoint_dir = self.dir / value["out_dir"], self.dir / value["checkpoint_dir"]
        self._deadline = time.monotonic() + value["limits"]["max_seconds"]
        self._asked = None
        self._params = value["params"]
        self._step, self._total = 0, 1
        self._said = self._saved = time.monotonic()

    # What to learn from

    def params(self, **defaults):
        """The parameters of the job over their defaults, which also say the types. Answers an object with them as attributes."""
        given = self.value["params"]
        for key, value in given.items():
            if key not in defaults:
                raise Exit("parameter", f"Bad parameter {key}: there are {', '.join(defaults)}.")
            wanted = type(defaults[key])
            fits = type(value) is wanted or (wanted is float and type(value) is int)
            if not fits or (wanted in (int, float) and not value >= 0):
                raise Exit("parameter", f"Bad parameter {key}: {value!r} is no {wanted.__name__} from 0.")
        self._params = {**defaults, **given}
        return SimpleNamespace(**self._params)

    def examples(self, split):
        """The lines of `train` or `valid`, checked: count, SHA-256, classes, and that each image is there."""
        ref = self.value[split]
        name = ref["manifest"]
        try:
            data = (self.dir / name).read_bytes()
        except OSError as error:
            raise Exit("data", f"{name}: cannot be read ({error.strerror})") from error
        if hashlib.sha256(data).hexdigest() != ref["sha256"]:
            raise Exit("data", f"{name}: its SHA-256 is not the one that the job names.")
        lines = [line for line in data.decode("utf8").split("\n") if line.strip()]
        if len(lines) != ref["count"]:
            raise Exit("data", f"{name}: has {len(lines)} lines, but the job says {ref['count']}.")
        return [self._example(json.loads(line), f"{name}:{index + 1}") for index, line in enumerate(lines)]

    def _example(self, line, place):
        kind = {"classification": "class", "detection": "boxes", "segmentation": "masks"}[self.task]
        labels = line["labels"]
        if kind not in labels:
            raise Exit("data", f"{place}: has no {kind}; the task is {self.task}.")
        names = [labels["class"]] if kind == "class" else [one["label"] for one in labels[kind]]
        for label in names:
            if label not in self.classes:
                raise Exit("data", f"{place}: class {json.dumps(label)} is none of {', '.join(self.classes)}.")
        file = self.dir / line["file"]
        if not file.is_file():
            raise Exit("data", f"{place}: image {line['file']} cannot be read (there is no such file)")
        return Example(place, line["id"], file, labels, line.get("weight", 1))

    def pixels(self, examples):
        """uint8 [examples][height][width][channels], stretched to the job's input as the host will do it."""
        import numpy as np

        result = np.empty((len(examples), self.height, self.width, self.channels), np.uint8)
        for place, example in enumerate(examples):
            self.alive()
            result[place] = resize(read_image(example, self.channels), self.width, self.height)
        return result

    def targets(self, examples):
        """Place of each example's class in `classes`."""
        return [self.classes.index(example.label) for example in examples]

    def torch_device(self):
        """`limits.device` for torch. @raises Exit 78 where torch cannot compute on it."""
        import torch

        try:
            torch.zeros(1, device=self.device)
        except (AssertionError, RuntimeError) as error:
            if Exit.of(error).kind == "resource":
                raise
            reason = str(error).partition("\n")[0]
            raise Exit("parameter", f"Bad limits.device {self.device} (the worker's LABELLOOP_TRAIN_DEVICE): torch {torch.__version__} says: {reason}") from error
        return torch.device(self.device)

    # What is said to the host

    def start(self, total_steps, resumed_from=None):
        self._total, self._step = total_steps, resumed_from or 0
        emit(
            "start",
            contract=CONTRACT,
            trainer=self.name,
            version=self.version,
            device=self.device,
            total_steps=total_steps,
            resumed_from=resumed_from,
            train=self.value["train"]["count"],
            valid=self.value["valid"]["count"],
        )

    def progress(self, step, metrics):
        """Tells how far it is. @raises Exit 70 when a metric is no number any more."""
        for key, value in metrics.items():
            if not math.isfinite(value):
                raise Exit("internal", f"{key} is no number any more at step {step}; a smaller learning rate may help.")
        self._step, self._said = step, time.monotonic()
        emit("progress", step=step, total=self._total, metrics={key: float(value) for key, value in metrics.items()})

    def alive(self):
        """To be called at least every few seconds: a sign of life when none was given for a while, and the end when one was asked for."""
        if time.monotonic() - self._said > 4:
            self.progress(self._step, {})
        if self.stop_asked:
            raise self.stop_asked

    @contextmanager
    def pulse(self, at_most_seconds=100):
        """Around a call of a library that is long and silent: signs of life from beside it. What takes longer than that is stuck."""
        end = time.monotonic() + at_most_seconds
        over = threading.Event()

        def beat():
            while not over.wait(4) and time.monotonic() < end:
                self.progress(self._step, {})

        threading.Thread(target=beat, daemon=True).start()
        try:
            yield
        finally:
            over.set()

    @property
    def stop_asked(self):
        """The Exit to end with, or None to go on."""
        if self._asked:
            return Exit("cancelled", self._asked)
        if time.monotonic() > self._deadline:
            seconds = self.value["limits"]["max_seconds"]
            return Exit("later", f"Not done within max_seconds ({seconds} s); another attempt goes on from the checkpoint.")
        return None

    # Checkpoints

    def after_step(self, step, save, metrics=None, every_seconds=5):
        """Ends a step: tells the metrics, saves a checkpoint when one is due, and leaves when asked to.

        `save()` answers everything that the next step depends on, as bytes.
        """
        if metrics:
            self.progress(step, metrics)
        self._step = step
        asked = self.stop_asked
        if asked or time.monotonic() - self._saved >= every_seconds:
            self.save_checkpoint(step, save)
        if asked:
            raise asked
        self.alive()

    def save_checkpoint(self, step, save):
        """Writes a checkpoint; latest.json is replaced last, and so always names a whole file of this very training."""
        self.checkpoint_dir.mkdir(parents=True, exist_ok=True)
        file = self.checkpoint_dir / f"step-{step}.checkpoint"
        data = save()
        replace_file(file, data)
        latest = {
            "schema": f"{self.name}-checkpoint/1",
            "run_key": self.run_key,
            "step": step,
            "file": file.name,
            "sha256": hashlib.sha256(data).hexdigest(),
        }
        replace_file(self.checkpoint_dir / "latest.json", json.dumps(latest).encode())
        for other in self.checkpoint_dir.glob("step-*"):
            if other != file:
                other.unlink()
        self._saved = time.monotonic()
        emit("checkpoint", step=step, path=os.path.relpath(self.checkpoint_dir / "latest.json", self.dir))

    def load_checkpoint(self):
        """(step, file) of the newest checkpoint of this very training, or None."""
        latest = self.checkpoint_dir / "latest.json"
        if not self.value["resume"] or not latest.is_file():
            return None
        try:
            value = json.loads(latest.read_text())
            file = self.checkpoint_dir / value["file"]
            if value["schema"] != f"{self.name}-checkpoint/1":
                raise ValueError("it is of another trainer")
            if value["run_key"] != self.run_key:
                raise ValueError("it belongs to another training (its run_key differs)")
            if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != value["sha256"]:
                raise ValueError(f"{file.name} is missing or broken")
            return value["step"], file
        except (ValueError, KeyError, TypeError) as error:
            emit("warning", message=f"The checkpoint is not used: {error}.")
            return None

    # The result

    def selftest_example(self, train, valid):
        """(split, line, example) that `publish` takes: the first of the validation set, or of the training set where that is empty."""
        return ("valid", 0, valid[0]) if valid else ("train", 0, train[0])

    def publish(self, model, *, input, output, opset, metrics, answer, selftest, tolerance=0.001):
        """Writes model.onnx (bytes) and its card, the card last, and says "done".

        `answer` is the trainer's own for the image of the example `selftest`: {"probs": probability by class}, or for boxes and masks
        {"detections": the surest objects without a gap, each {"class": place in `classes`, "score", "box": [left, top, width, height]}}, in
        pixels of the image as displayed; none says that it finds nothing. The host repeats it with the ONNX file, and refuses the model
        when it sees something else.
        """
        split, index, example = selftest
        measured = {key: float(value) for key, value in metrics.items()}
        card = {
            "schema": "al-model/1",
            "task": self.task,
            "classes": self.classes,
            "input": {
                "width": self.width,
                "height": self.height,
                "channels": self.channels,
                "color": "RGB" if self.channels == 3 else "GRAY",
                **input,
            },
            "output": output,
            "opset": opset,
            "sha256": hashlib.sha256(model).hexdigest(),
            "metrics": measured,
            "selftest": {"manifest": split, "index": index, "id": example.id, **answer, "tolerance": tolerance},
            "trainer": {"name": self.name, "version": self.version},
            "params": self._params,
            "seed": self.seed,
            "run_key": self.run_key,
            "data": {
                "train": self.value["train"]["count"],
                "valid": self.value["valid"]["count"],
                "train_sha256": self.value["train"]["sha256"],
                "valid_sha256": self.value["valid"]["sha256"],
            },
        }
        self.out_dir.mkdir(parents=True, exist_ok=True)
        replace_file(self.out_dir / MODEL_FILE, model)
        replace_file(self.out_dir / CARD_FILE, json.dumps(card, indent=2, default=lambda array: array.tolist()).encode())
        self.done(measured)

    def done(self, metrics):
        out = self.value["out_dir"]
        emit("done", outputs={"model": f"{out}/{MODEL_FILE}", "card": f"{out}/{CARD_FILE}"}, metrics=metrics)

    def earlier_model(self):
        """The metrics of the model that an earlier attempt of this very training has finished, or None; other files are removed."""
        model, card = self.out_dir / MODEL_FILE, self.out_dir / CARD_FILE
        try:
            value = json.loads(card.read_text())
            is_whole = hashlib.sha256(model.read_bytes()).hexdigest() == value["sha256"]
            if self.value["resume"] and is_whole and value["run_key"] == self.run_key:
                return value["metrics"]
        except (OSError, ValueError, KeyError):
            pass
        for file in (card, model):
            file.unlink(missing_ok=True)
        return None


@contextmanager
def libraries():
    """Around the imports of a trainer: a library that is missing ends it with the exit code for that."""
    try:
        yield
    except ImportError as error:
        end = Exit.of(error)
        emit("error", kind=end.kind, message=str(end), retryable=end.retryable)
        leave(end.code)


def run(train, *, name, version, tasks):
    """Runs `train(job)` under the contract, and ends the process. The job file is the last word of the command line."""
    take_stdout()
    threading.current_thread().name = name
    try:
        job = read_job(name, version, tasks)
        listen(job)
        job.checkpoint_dir.mkdir(parents=True, exist_ok=True)
        with open(job.checkpoint_dir / "lock", "a") as lock:
            lock_folder(lock)
            metrics = job.earlier_model()
            if metrics is not None:
                job.start(1, resumed_from=1)
                job.done(metrics)
            else:
                train(job)
    except BaseException as error:
        end = Exit.of(error)
        if end.kind == "internal":
            import traceback

            traceback.print_exc()
        emit("error", kind=end.kind, message=str(end), retryable=end.retryable)
        leave(end.code)
    leave(0)


def read_job(name, version, tasks):
    if len(sys.argv) < 2:
        raise Exit("contract", f"Usage: {sys.argv[0]} <job.json>")
    file = sys.argv[-1]
    try:
        value = json.loads(Path(file).read_text())
    except (OSError, ValueError) as error:
        raise Exit("contract", f"{file}: cannot be read ({error})") from error
    contract = value.get("contract") if isinstance(value, dict) else None
    if contract != CONTRACT:
        raise Exit("contract", f"{file}: the contract is {json.dumps(contract)}; this trainer speaks {CONTRACT}.")
    if value["task"] not in tasks:
        raise Exit("contract", f"This trainer learns {', '.join(tasks)}, not {value['task']}.")
    if value["task"] == "classification" and len(set(value["classes"])) < 2:
        raise Exit("data", f"A classifier needs two or more different classes, not {', '.join(value['classes'])}.")
    return Job(file, value, name, version)


def listen(job):
    """SIGTERM comes from a host that wants us to leave; the end of stdin from one that has died."""

    def on_signal(number, _frame):
        job._asked = job._asked or f"Stopped by {signal.Signals(number).name}."

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)

    def watch():
        while os.read(0, 1024):
            pass
        job._asked = job._asked or "Stopped: stdin ended, so the host is gone."

    threading.Thread(target=watch, daemon=True).start()


def lock_folder(lock):
    """The kernel gives the lock back when the process ends, however it ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Exit("later", "Another attempt is training in this folder.") from error


_events = sys.stdout
_one_at_a_time = threading.Lock()


def take_stdout():
    """Keeps stdout for events; what libraries print goes to stderr, the log."""
    global _events
    _events = os.fdopen(os.dup(1), "w", buffering=1, encoding="utf8")
    os.dup2(2, 1)


def emit(event, **values):
    try:
        with _one_at_a_time:
            _events.write(json.dumps({"event": event, **values}) + "\n")
            _events.flush()
    except OSError:
        pass  # Nobody reads any more; the end of stdin tells us so.


def leave(code):
    """Ends at once: threads of libraries must not hold an ended training up."""
    sys.stderr.flush()
    os._exit(code)


def replace_file(file, data):
    draft = file.with_name(f"{file.name}.tmp")
    draft.write_bytes(data)
    os.replace(draft, file)


# Images, byte for byte as the host's runner sees them: the self-test compares.


def read_image(example, channels):
    """uint8 [height][width][channels]: EXIF orientation applied, alpha dropped, 8 bits."""
    import numpy as np
    from PIL import Image, ImageOps

    try:
        with Image.open(example.file) as opened:
            image = ImageOps.exif_transpose(opened)
            if image.mode.startswith("I"):
                deep = np.asarray(image, np.int64)
                image = Image.fromarray((deep >> 8).astype(np.uint8))
            image = image.convert("L" if channels == 1 and image.mode in ("1", "L", "LA") else "RGB")
            data = np.asarray(image)
    except Exception as error:
        raise Exit("data", f"{example.place}: image {example.file.name} cannot be decoded ({error})") from error
    if channels == 1:
        return data[:, :, None] if data.ndim == 2 else grey(data)
    return data


def image_size(example):
    """(width, height) as displayed: EXIF orientation applied."""
    from PIL import Image

    try:
        with Image.open(example.file) as image:
            turned = image.getexif().get(0x0112, 1) >= 5
            return image.size[::-1] if turned else image.size
    except Exception as error:
        raise Exit("data", f"{example.place}: image {example.file.name} cannot be decoded ({error})") from error


def grey(rgb):
    """Luminance as libvips has it: weighted as light, not as bytes."""
    import numpy as np

    share = rgb / 255.0
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    y = light @ np.array([0.2126, 0.7152, 0.0722])
    back = np.where(y <= 0.0031308, y * 12.92, 1.055 * y ** (1 / 2.4) - 0.055)
    return np.floor(255 * back + 0.5).astype(np.uint8)[:, :, None]


def resize(image, width, height):
    """Each new pixel is the mean of the area that it covers."""
    import numpy as np

    rows, columns = _spans(image.shape[0], height), _spans(image.shape[1], width)
    mean = np.einsum("yh,hwc,xw->yxc", rows, image.astype(np.float64), columns, optimize=True)
    return np.floor(mean + 0.5).astype(np.uint8)


def letterbox(image, width, height, pad_value=114):
    """Keeps the aspect ratio, centred; answers (image, scale, left, top) so that labels can follow."""
    import numpy as np

    scale = min(width / image.shape[1], height / image.shape[0])
    inner = resize(image, max(1, int(image.shape[1] * scale + 0.5)), max(1, int(image.shape[0] * scale + 0.5)))
    left, top = (width - inner.shape[1]) // 2, (height - inner.shape[0]) // 2
    result = np.full((height, width, image.shape[2]), pad_value, np.uint8)
    result[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return result, scale, left, top


def _spans(source, length):
    """[length][source]: the share of each source pixel in each new one."""
    import numpy as np

    edges = np.arange(length + 1) * (source / length)
    pixel = np.arange(source)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    overlap = np.clip(overlap, 0, None)
    return overlap / overlap.sum(axis=1, keepdims=True)
