"""Boxes, suppression, masks and outlines of a YOLO segmentation output with numpy and OpenCV on one thread. Arguments: a file for the answer as JSON,
a folder with output0.f32 and output1.f32, the classes, coefficients, cells, prototype side, image side, score and IoU threshold, how many times."""

import json
import sys
import time

import cv2
import numpy as np

answer_file, folder, *numbers = sys.argv[1:]
classes, coefficients, cells, grid, side = (int(number) for number in numbers[:5])
threshold, iou, times = float(numbers[5]), float(numbers[6]), int(numbers[7])
cv2.setNumThreads(1)
output0 = np.fromfile(f"{folder}/output0.f32", np.float32).reshape(4 + classes + coefficients, cells)
output1 = np.fromfile(f"{folder}/output1.f32", np.float32).reshape(coefficients, grid, grid)


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
        left, top = boxes[place, :2]
        right, bottom = boxes[place, :2] + boxes[place, 2:]
        left, top, right, bottom = (int(np.ceil(np.clip(edge, 0, side))) for edge in (left, top, right, bottom))
        mask = np.zeros((side, side), np.uint8)
        enlarged = cv2.resize(mix, (side, side), interpolation=cv2.INTER_LINEAR)
        mask[top:bottom, left:right] = enlarged[top:bottom, left:right] > 0
        contours = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
        answers.append((int(kinds[place]), float(best[found][place]), mask, contours))
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
                for kind, score, mask, contours in answers
            ],
        },
        file,
    )
