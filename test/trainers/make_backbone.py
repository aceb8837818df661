"""Writes a frozen backbone to the file named first: a convolution with random weights, 16 means out. As usual ones, it takes planes of floats."""

import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

random = np.random.default_rng(7)
weights = numpy_helper.from_array(random.normal(0, 0.3, (16, 3, 5, 5)).astype(np.float32), "weights")
nodes = [
    helper.make_node("Conv", ["input", "weights"], ["maps"], pads=[2, 2, 2, 2]),
    helper.make_node("Relu", ["maps"], ["active"]),
    helper.make_node("GlobalAveragePool", ["active"], ["features"]),
]
taken = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 32, 32])
given = helper.make_tensor_value_info("features", TensorProto.FLOAT, [1, 16, 1, 1])
graph = helper.make_graph(nodes, "backbone", [taken], [given], [weights])
onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), sys.argv[1])
