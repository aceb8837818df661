"""Boxes, suppression, masks and outlines of a YOLO segmentation output with numpy and OpenCV on one thread. Arguments: a file for the answer as JSON,
a folder with output0.f32 and output1.f32, the classes, coefficients, cells, prototype side, input side, image width and height, score and IoU threshold, the outlines' tolerance, how many times."""

import json
import sys
import time

import cv2
import numpy as np

answer_file, folder, *numbers = sys.argv[1:]
classes, coefficients, cells, grid, side, width, height = (int(number) for number in numbers[:7])
threshold, iou, tolerance, times = float(numbers[7]), float(numbers[8]), float(numbers[9]), int(numbers[10])
gain = min(side / width, side / height)
inner_width, inner_height = round(width * gain), round(height * gain)
pad_left, pad_top = (side - inner_width) // 2, (side - inner_height) // 2
cell = side // grid
cv2.setNumThreads(1)
output0 = np.fromfile(f"{folder}/output0.f32", np.float32).reshape(4 + classes + coefficients, cells)
output1 = np.fromfile(f"{folder}/output1.f32", np.float32).reshape(coefficients, grid, grid)
content = (
    slice(pad_top // cell, (pad_top + inner_height) // cell),
    slice(pad_left // cell, (pad_left + inner_width) // cell),
)


def objects():
    scores = output0[4 : 4 + classes]
    best = scores.max(0)
    found = np.nonzero(best > threshold)[0]
    rows = output0[:, found].T
    kinds = rows[:, 4 : 4 + classes].argmax(1)
    boxes = np.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, 2:4]], 1)
    kept = cv2.dnn.NMSBoxesBatched(boxes.tolist(), best[found].tolist(), kinds.tolist(), threshold, iou)
    mixes = (rows[kept, 4 + classes :] @ output1.reshape(coefficients, -1)).reshape(-1, grid, grid)
    answers = []
    for place, mix in zip(kept, mixes):
        start = (boxes[place, :2] - (pad_left, pad_top)) / gain
        end = start + boxes[place, 2:] / gain
        left, top = np.ceil(np.clip(start, 0, (width, height))).astype(int)
        right, bottom = np.ceil(np.clip(end, 0, (width, height))).astype(int)
        mask = np.zeros((height, width), np.uint8)
        enlarged = cv2.resize(mix[content], (width, height), interpolation=cv2.INTER_LINEAR)
        mask[top:bottom, left:right] = enlarged[top:bottom, left:right] > 0
        contours = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
        simple = [cv2.approxPolyDP(contour, tolerance, True) for contour in contours]
        answers.append((int(kinds[place]), float(best[found][place]), mask, contours, simple))
    return answers


answers = objects()
start = time.process_time()
for _ in range(times):
    answers = objects()
milliseconds = (time.process_time() - start) * 1000 / times
with open(answer_file, "w") as file:
    json.dump(
        {
            "milliseconds": milliseconds,
            "objects": [
                {
                    "class": kind,
                    "score": score,
                    "pixels": int(mask.sum()),
                    "points": [point for contour in contours for point in contour.reshape(-1, 2).tolist()],
                }
                for kind, score, mask, contours, _ in answers
            ],
        },
        file,
    )
