"""Decodes the images named behind the first word, a folder, as a trainer in Python does; writes each as raw bytes of 32x24 into the folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "trainers"))
import al_train

for number, word in enumerate(sys.argv[2:]):
    channels, file = word.split(":", 1)
    example = al_train.Example("test:1", "test", Path(file), {}, 1)
    image = al_train.resize(al_train.read_image(example, int(channels)), 32, 24)
    (Path(sys.argv[1]) / f"{number}.raw").write_bytes(image.tobytes())
    letterboxed = al_train.letterbox(al_train.read_image(example, int(channels)), 32, 24)[0]
    (Path(sys.argv[1]) / f"{number}.box.raw").write_bytes(letterboxed.tobytes())
