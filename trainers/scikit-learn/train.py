"""scikit-learn's logistic regression over pixels, or over what a frozen ONNX backbone makes of them.

One ONNX file comes out, image in and probabilities out: preparation, backbone, scaler and classifier.

    labelloop trainer check -- python3 train.py
"""

import io
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import al_train

with al_train.libraries():
    import numpy as np
    import onnx
    import onnxruntime
    from onnx import TensorProto, compose, helper, numpy_helper
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

# A class that no training image has: as good as impossible, but still a column of the answer.
NEVER = -30.0


def main(job):
    params = job.params(
        c=1.0,  # inverse strength of the regularisation
        rounds=20,  # of `iterations` steps of L-BFGS each; ends early when it has converged
        iterations=5,
        backbone="",  # an ONNX file; empty: the pixels themselves
        backbone_output="",  # name of its output; empty: the first
        backbone_mean="0.485,0.456,0.406",  # of pixels in 0..1, for a backbone that takes floats
        backbone_std="0.229,0.224,0.225",
        checkpoint_seconds=5.0,
    )
    train, valid = job.examples("train"), job.examples("valid")
    labels, valid_labels = np.array(job.targets(train)), np.array(job.targets(valid))
    if len(set(labels)) < 2:
        raise al_train.Exit("data", f"{job.value['train']['manifest']}: all examples are of one class; two are needed.")
    front = features_model(job, params)
    features, valid_features = run_front(job, front, train), run_front(job, front, valid)
    scaler = StandardScaler().fit(features)
    head = fit(job, params, scaler.transform(features), labels, train, scaler.transform(valid_features), valid_labels)

    full = all_classes(head.classifier, len(job.classes))
    model = compose_models(front, make_pipeline(scaler, full), features.shape[1])
    first = (valid_features if valid else features)[:1]
    job.publish(
        model.SerializeToString(),
        input={"name": "images", "dtype": "uint8", "layout": "NHWC", "resize": "stretch", "normalisation": "in-graph"},
        output={"kind": "class-probabilities", "names": ["probabilities"], "scores": "probability"},
        opset=next(one.version for one in model.opset_import if one.domain == ""),
        metrics=head.metrics,
        answer={"probs": full.predict_proba(scaler.transform(first))[0]},
        selftest=job.selftest_example(train, valid),
    )


class Head:
    """A classifier that is fitted round by round; each begins where the last one ended."""

    def __init__(self, params):
        self.classifier = LogisticRegression(C=params.c, max_iter=params.iterations, warm_start=True)
        self.metrics = {}

    def measure(self, job, features, labels, valid_features, valid_labels):
        full = all_classes(self.classifier, len(job.classes))
        self.metrics = {"train_loss": loss(full, features, labels)}
        if len(valid_labels):
            self.metrics["valid_loss"] = loss(full, valid_features, valid_labels)
            self.metrics["valid_accuracy"] = full.score(valid_features, valid_labels)

    def save(self):
        data = io.BytesIO()
        np.savez(data, coef=self.classifier.coef_, intercept=self.classifier.intercept_, classes=self.classifier.classes_)
        return data.getvalue()

    def load(self, file):
        with np.load(file) as saved:
            self.classifier.coef_, self.classifier.intercept_ = saved["coef"], saved["intercept"]
            self.classifier.classes_ = saved["classes"]
        self.classifier.n_features_in_ = self.classifier.coef_.shape[1]


def fit(job, params, features, labels, train, valid_features, valid_labels):
    head = Head(params)
    checkpoint = job.load_checkpoint()
    if checkpoint:
        head.load(checkpoint[1])
    job.start(params.rounds, resumed_from=checkpoint and checkpoint[0])
    weights = [example.weight for example in train]
    for step in range((checkpoint[0] if checkpoint else 0) + 1, params.rounds + 1):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            head.classifier.fit(features, labels, sample_weight=weights)
        head.measure(job, features, labels, valid_features, valid_labels)
        job.after_step(step, head.save, head.metrics, every_seconds=params.checkpoint_seconds)
        if head.classifier.n_iter_.max() < params.iterations:
            break
    head.measure(job, features, labels, valid_features, valid_labels)
    return head


def loss(classifier, features, labels):
    return log_loss(labels, classifier.predict_proba(features), labels=classifier.classes_)


def all_classes(fitted, count):
    """The same classifier with a column for every class of the job."""
    coef, intercept = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:
        # scikit-learn keeps the second of two classes only; 0 for the first is the same softmax.
        coef, intercept = np.vstack([np.zeros_like(coef), coef]), np.concatenate([[0.0], intercept])
    if count == 2:
        return fitted
    full = LogisticRegression()
    full.coef_, full.intercept_ = np.zeros((count, coef.shape[1])), np.full(count, NEVER)
    full.coef_[fitted.classes_], full.intercept_[fitted.classes_] = coef, intercept
    full.classes_, full.n_features_in_ = np.arange(count), coef.shape[1]
    return full


def features_model(job, params):
    """ONNX: uint8 images [n][height][width][channels] in, `features` [n][...] out, flat."""
    images = image_input(job, "n")
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", None])
    scale = numpy_helper.from_array(np.float32(1 / 255), "scale")
    floats = [helper.make_node("Cast", ["images"], ["bytes"], to=TensorProto.FLOAT), helper.make_node("Mul", ["bytes", "scale"], ["pixels"])]
    flatten = helper.make_node("Flatten", ["pixels"], ["features"], axis=1)
    if params.backbone == "":
        graph = helper.make_graph([*floats, flatten], "pixels", [images], [features], [scale])
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    try:
        backbone = onnx.load(job.dir / params.backbone)
    except Exception as error:
        raise al_train.Exit("parameter", f"Bad parameter backbone: {params.backbone} cannot be read ({error}).") from error
    return around_backbone(job, params, backbone, floats, scale)


def image_input(job, rows):
    return helper.make_tensor_value_info("images", TensorProto.UINT8, [rows, job.height, job.width, job.channels])


def around_backbone(job, params, backbone, floats, scale):
    """Puts the preparation of the image before a backbone, and a Flatten behind it."""
    known = {one.name for one in backbone.graph.initializer}
    taken = next(one for one in backbone.graph.input if one.name not in known)
    sizes = [one.dim_value for one in taken.type.tensor_type.shape.dim]
    is_bytes = taken.type.tensor_type.elem_type == TensorProto.UINT8
    is_first = sizes[1] == job.channels
    names = [one.name for one in backbone.graph.output]
    output = params.backbone_output or names[0]
    if output not in names:
        raise al_train.Exit("parameter", f"Bad parameter backbone_output: {output} is none of {', '.join(names)}.")
    nodes, last, constants = [], "images", []
    if not is_bytes:
        mean, std = (np.array(text.split(","), np.float32) for text in (params.backbone_mean, params.backbone_std))
        constants = [scale, numpy_helper.from_array(mean, "mean"), numpy_helper.from_array(std, "std")]
        nodes = [*floats, helper.make_node("Sub", ["pixels", "mean"], ["centred"]), helper.make_node("Div", ["centred", "std"], ["normal"])]
        last = "normal"
    if is_first:
        nodes.append(helper.make_node("Transpose", [last], ["planes"], perm=[0, 3, 1, 2]))
        last = "planes"
    nodes.append(helper.make_node("Identity", [last], ["prepared"]))
    # A backbone may insist on one image at a time; whoever runs the model sees it by the input.
    images = image_input(job, sizes[0] or "n")
    kind = TensorProto.UINT8 if is_bytes else TensorProto.FLOAT
    prepared = helper.make_tensor_value_info("prepared", kind, [None] * 4)
    imports, ir = [one for one in backbone.opset_import if one.domain in ("", "ai.onnx")], backbone.ir_version
    front = helper.make_model(helper.make_graph(nodes, "front", [images], [prepared], constants), opset_imports=imports, ir_version=ir)
    flat = helper.make_tensor_value_info("features", TensorProto.FLOAT, [None, None])
    rank = len(next(one for one in backbone.graph.output if one.name == output).type.tensor_type.shape.dim)
    vector = helper.make_tensor_value_info("vector", TensorProto.FLOAT, [None] * rank)
    back_nodes = [helper.make_node("Flatten", ["vector"], ["features"], axis=1)]
    back = helper.make_model(helper.make_graph(back_nodes, "back", [vector], [flat]), opset_imports=imports, ir_version=ir)
    frozen = compose.add_prefix(backbone, "backbone/")
    merged = compose.merge_models(front, frozen, io_map=[("prepared", f"backbone/{taken.name}")])
    return compose.merge_models(merged, back, io_map=[(f"backbone/{output}", "vector")], outputs=["features"])


def run_front(job, front, examples):
    """float32 [examples][features]; one image at a time, as some backbones take no more."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = job.threads
    session = onnxruntime.InferenceSession(front.SerializeToString(), options, providers=["CPUExecutionProvider"])
    rows = []
    for image in job.pixels(examples):
        job.alive()
        rows.append(session.run(["features"], {"images": image[None]})[0][0])
    return np.stack(rows) if rows else np.zeros((0, 1), np.float32)


def compose_models(front, pipeline, features):
    opset = next(one.version for one in front.opset_import if one.domain in ("", "ai.onnx"))
    types = [("features", FloatTensorType([None, features]))]
    head = to_onnx(pipeline, initial_types=types, options={"zipmap": False}, target_opset={"": opset, "ai.onnx.ml": 3})
    head = compose.add_prefix(head, "head/", rename_outputs=False)
    head.ir_version = front.ir_version
    return compose.merge_models(front, head, io_map=[("features", "head/features")], outputs=["probabilities"])


if __name__ == "__main__":
    al_train.run(main, name="scikit-learn", version="1", tasks=["classification"])
