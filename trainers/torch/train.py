"""A bare torch loop: a small network from scratch for classification. Put your own in `network`, and your own data in `load`.

    labelloop trainer check --param steps=60 --nan-param lr=1e30 -- python3 train.py
"""

import io
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import al_train

with al_train.libraries():
    import torch
    from torch import nn
    from torch.nn import functional as F


def network(job, params):
    """Takes floats in 0..1, [n][channels][height][width]; answers logits."""
    width = params.width
    return nn.Sequential(
        nn.Conv2d(job.channels, width, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(width, 2 * width, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(32 * width, len(job.classes)),
    )


def load(job):
    """Pixels (uint8 [n][height][width][channels]), labels and weights of both sets; and the examples themselves."""
    sets = {}
    for split in ("train", "valid"):
        examples = job.examples(split)
        weights = torch.tensor([float(example.weight) for example in examples])
        sets[split] = (torch.from_numpy(job.pixels(examples)), torch.tensor(job.targets(examples)), weights, examples)
    return sets


class Deployed(nn.Module):
    """The network with everything around it: bytes as they come in, probabilities out."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, images):
        return self.inner(images.permute(0, 3, 1, 2).float() / 255).softmax(dim=1)


def main(job):
    params = job.params(width=16, steps=300, batch=32, lr=0.002, eval_every=20, checkpoint_seconds=5.0)
    torch.set_num_threads(job.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    device = job.torch_device()
    sets = load(job)
    torch.manual_seed(job.seed)
    model = network(job, params).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=params.lr)
    state = {"best": None}
    first = resume(job, params, model, optimizer, state, device)

    for step in range(first + 1, params.steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = params.lr * (1 - (step - 1) / params.steps)
        loss = train_step(job, params, model, optimizer, sets["train"], step, device)
        metrics = None
        if step % params.eval_every == 0 or step == params.steps:
            metrics = {"train_loss": loss, **measure(model, sets["valid"], device)}
            if state["best"] is None or metrics.get("valid_loss", 0) <= state["best"]["metrics"].get("valid_loss", 0):
                state["best"] = {"metrics": metrics, "weights": {key: value.clone() for key, value in model.state_dict().items()}}
        elif not torch.isfinite(torch.tensor(loss)):
            metrics = {"train_loss": loss}  # Says what is wrong, and ends.
        everything = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), **state}
        job.after_step(step, lambda: as_bytes(everything), metrics, every_seconds=params.checkpoint_seconds)
    model.load_state_dict(state["best"]["weights"])
    publish(job, Deployed(model).eval().cpu(), sets, state["best"]["metrics"])


def resume(job, params, model, optimizer, state, device):
    checkpoint = job.load_checkpoint()
    job.start(params.steps, resumed_from=checkpoint and checkpoint[0])
    if not checkpoint:
        return 0
    step, file = checkpoint
    saved = torch.load(file, map_location=device)
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    state["best"] = saved["best"]
    return step


def as_bytes(everything):
    data = io.BytesIO()
    torch.save(everything, data)
    return data.getvalue()


def train_step(job, params, model, optimizer, data, step, device):
    pixels, labels, weights, _ = data
    # Chance depends on seed and step alone: a training that goes on sees what it would have seen.
    random = torch.Generator().manual_seed(job.seed * 1_000_003 + step)
    rows = torch.randperm(len(labels), generator=random)[: params.batch]
    logits = model(pixels[rows].to(device).permute(0, 3, 1, 2).float() / 255)
    losses = F.cross_entropy(logits, labels[rows].to(device), reduction="none")
    loss = (losses * weights[rows].to(device)).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@torch.no_grad()
def measure(model, data, device):
    pixels, labels, _, _ = data
    if len(labels) == 0:
        return {}
    logits = torch.cat([model(part.to(device).permute(0, 3, 1, 2).float() / 255).cpu() for part in pixels.split(64)])
    accuracy = (logits.argmax(dim=1) == labels).float().mean().item()
    return {"valid_loss": F.cross_entropy(logits, labels).item(), "valid_accuracy": accuracy}


def publish(job, model, sets, metrics):
    train, valid = sets["train"], sets["valid"]
    image = (valid if len(valid[1]) else train)[0][:1]
    with torch.no_grad():
        probs = model(image)[0]
    file = io.BytesIO()
    names = dict(input_names=["images"], output_names=["probabilities"], dynamic_axes={"images": {0: "n"}, "probabilities": {0: "n"}})
    torch.onnx.export(model, image, file, opset_version=16, **names)
    job.publish(
        file.getvalue(),
        input={"name": "images", "dtype": "uint8", "layout": "NHWC", "resize": "stretch", "normalisation": "in-graph"},
        output={"kind": "class-probabilities", "names": ["probabilities"], "scores": "probability"},
        opset=16,
        metrics=metrics,
        answer={"probs": probs},
        selftest=job.selftest_example(train[3], valid[3]),
    )


if __name__ == "__main__":
    al_train.run(main, name="torch", version="1", tasks=["classification"])
