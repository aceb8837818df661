"""Exports models with weights by chance to ONNX: `inference_export.py FOLDER NAME…`."""

import sys

import torch
import torchvision

torch.manual_seed(1)
folder = sys.argv[1]
for name in sys.argv[2:]:
    if name == "yolov8n":
        from ultralytics import YOLO

        side, model = 640, YOLO("yolov8n.yaml").model.fuse()
        for module in model.modules():
            if hasattr(module, "export"):
                module.export, module.format = True, "onnx"
    else:
        side, model = 224, getattr(torchvision.models, name)(weights=None)
    torch.onnx.export(
        model.eval(),
        torch.zeros(1, 3, side, side),
        f"{folder}/{name}.onnx",
        opset_version=17,
        input_names=["images"],
        output_names=["output0"],
        dynamic_axes={"images": {0: "batch"}, "output0": {0: "batch"}},
    )
