"""A trainer to copy. It really learns: a softmax over the pixels, enough for simple images. Replace `learn`; the rest may stay.

    labelloop trainer check --nan-param lr=1e30 -- python3 train.py
"""

import io
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import al_train

with al_train.libraries():
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper


def learn(job, params, train, train_labels, valid, valid_labels):
    """The part to replace. Gets pixels (float32 [n][features], 0..1) and labels; answers (weights, bias, metrics)."""
    rows, features = train.shape
    state = {"weights": np.zeros((features, len(job.classes)), np.float32), "bias": np.zeros(len(job.classes), np.float32)}
    checkpoint = job.load_checkpoint()
    if checkpoint:
        with np.load(checkpoint[1]) as file:
            state = {name: file[name] for name in state}
    first = checkpoint[0] if checkpoint else 0
    job.start(params.steps, resumed_from=checkpoint and first)

    wanted = np.eye(len(job.classes), dtype=np.float32)[train_labels]
    for step in range(first + 1, params.steps + 1):
        slope = (softmax(train @ state["weights"] + state["bias"]) - wanted) / rows
        state["weights"] = state["weights"] - params.lr * (train.T @ slope + params.decay * state["weights"])
        state["bias"] = state["bias"] - params.lr * slope.sum(axis=0)
        metrics = None
        if step % 10 == 0:
            metrics = measure(state, train, train_labels, valid, valid_labels)
        # A checkpoint holds all that the next step depends on; with random batches, draw them from (job.seed, step) alone.
        job.after_step(step, lambda: saved(state), metrics, every_seconds=params.checkpoint_seconds)
    metrics = measure(state, train, train_labels, valid, valid_labels)
    job.progress(params.steps, metrics)
    return state["weights"], state["bias"], metrics


def main(job):
    params = job.params(steps=200, lr=0.5, decay=0.001, checkpoint_seconds=5.0)
    train, valid = job.examples("train"), job.examples("valid")
    pixels, valid_pixels = flat(job.pixels(train)), flat(job.pixels(valid))
    weights, bias, metrics = learn(job, params, pixels, job.targets(train), valid_pixels, job.targets(valid))

    # The graph takes the image as bytes and does everything else itself, so nobody can prepare it differently.
    def constant(name, value):
        return numpy_helper.from_array(np.asarray(value, np.float32), name)

    nodes = [
        helper.make_node("Cast", ["images"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Flatten", ["floats"], ["flat"], axis=1),
        helper.make_node("Div", ["flat", "255"], ["pixels"]),
        helper.make_node("Gemm", ["pixels", "weights", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    images = helper.make_tensor_value_info("images", TensorProto.UINT8, ["n", job.height, job.width, job.channels])
    probabilities = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", len(job.classes)])
    constants = [constant("255", 255), constant("weights", weights), constant("bias", bias)]
    graph = helper.make_graph(nodes, "softmax", [images], [probabilities], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    image = (valid_pixels if valid else pixels)[:1]
    job.publish(
        model.SerializeToString(),
        input={"name": "images", "dtype": "uint8", "layout": "NHWC", "resize": "stretch", "normalisation": "in-graph"},
        output={"kind": "class-probabilities", "names": ["probabilities"], "scores": "probability"},
        opset=17,
        metrics=metrics,
        answer={"probs": softmax(image @ weights + bias)[0]},
        selftest=job.selftest_example(train, valid),
    )


def flat(images):
    return images.reshape(len(images), -1).astype(np.float32) / 255


def softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def measure(state, train, train_labels, valid, valid_labels):
    metrics = {"train_loss": loss_and_accuracy(state, train, train_labels)[0]}
    if len(valid):
        metrics["valid_loss"], metrics["valid_accuracy"] = loss_and_accuracy(state, valid, valid_labels)
    return metrics


def loss_and_accuracy(state, pixels, labels):
    """Mean log loss, and the share of right answers."""
    logits = pixels @ state["weights"] + state["bias"]
    highest = logits.max(axis=1, keepdims=True)
    logs = logits - highest - np.log(np.exp(logits - highest).sum(axis=1, keepdims=True))
    return -logs[np.arange(len(labels)), labels].mean(), (logs.argmax(axis=1) == labels).mean()


def saved(state):
    data = io.BytesIO()
    np.savez(data, **state)
    return data.getvalue()


if __name__ == "__main__":
    al_train.run(main, name="template", version="1", tasks=["classification"])
