"""Crops of the photos that scikit-image and scikit-learn ship, with a little noise, as JPEGs: `inference_photos.py FOLDER COUNT`."""

import random
import sys
from pathlib import Path

import numpy as np
import skimage
import sklearn
from PIL import Image

names = ["astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "motorcycle_left.png", "brick.png", "ihc.png"]

folder, count = Path(sys.argv[1]), int(sys.argv[2])
shipped = Path(skimage.__file__).parent / "data"
files = [shipped / name for name in names if (shipped / name).exists()]
files += sorted((Path(sklearn.__file__).parent / "datasets/images").glob("*.jpg"))
photos = [Image.open(file).convert("RGB") for file in files]
chance = random.Random(1)
noise = np.random.default_rng(1)
for index in range(count):
    photo = photos[index % len(photos)]
    width, height = chance.randint(640, 1280), chance.randint(640, 1280)
    cut_width = int(min(photo.width, photo.height * width / height) * chance.uniform(0.6, 1))
    cut_height = int(cut_width * height / width)
    left, top = chance.randint(0, photo.width - cut_width), chance.randint(0, photo.height - cut_height)
    crop = photo.crop((left, top, left + cut_width, top + cut_height)).resize((width, height), Image.Resampling.BICUBIC)
    pixels = np.asarray(crop, dtype=np.float32) + noise.normal(0, 5, (height, width, 1))
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(folder / f"photo-{index:04d}.jpg", quality=90)
