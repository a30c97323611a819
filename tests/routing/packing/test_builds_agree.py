"""Compiled and plain kernels give the same packings, placement by placement."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.kernels import compiled

REPOSITORY = Path(__file__).resolve().parents[3]

PROGRAM = """
import json, random, sys
from routing.packing.bins import pack_bins
from routing.packing.goods import Box, PackItem, Preset, Tariff
from routing.packing.orders import write_packing
from routing.packing.pack import pack
rng = random.Random(7)
boxes = [
    Box("S", (200, 150, 100), (206, 156, 106), 80, 5_000, 40),
    Box("M", (300, 250, 200), (308, 258, 208), 200, 12_000, 90),
    Box("L", (500, 400, 300), (510, 410, 310), 500, 25_000, 200),
]
tariff = Tariff("t", ((500, 400), (1000, 500), (2000, 640), (5000, 900), (10_000, 1500)), 150)
answers = []
for n, preset in ((1, "checkout"), (5, "checkout"), (6, "reduced"), (7, "checkout"), (9, "reduced")):
    goods = [
        PackItem(str(k), rng.randint(30, 190), rng.randint(30, 150), rng.randint(10, 120),
                 rng.randint(50, 900), upright=rng.random() < 0.2, fragile=rng.random() < 0.2)
        for k in range(n)
    ]
    packing = pack(goods, boxes, tariff, Preset(preset))
    answers.append([write_packing(packing), packing.work])
many = [Box(f"b{i:03}", (120 + 3 * i, 100 + 2 * i, 60 + i), (126 + 3 * i, 106 + 2 * i, 66 + i),
            50 + i, 6000 + 40 * i, 20 + 2 * i) for i in range(70)]  # more than a mask has bits
goods = [PackItem(str(k), 100 + 7 * k, 60 + 5 * k, 40 + 4 * k, 700 + 300 * k,
                  hazmat="3" if k % 3 == 0 else "") for k in range(7)]
packing = pack(goods, many, tariff)
answers.append([write_packing(packing), packing.work])
pieces = [(rng.randint(20, 90), rng.randint(20, 90), rng.randint(20, 90)) for _ in range(12)]
answers.append(pack_bins(pieces, (100, 100, 100), budget=8_000).bins)
containers = [(100 * rng.randint(4, 22), 100 * rng.randint(4, 22), 100 * rng.randint(4, 22))
              for _ in range(12)]
answers.append(pack_bins(containers, (12_000, 2_330, 2_390), budget=2_500).bins)
answers.append(pack_bins(containers, (2_300, 2_330, 2_390), budget=9_000).bins)
json.dump(answers, sys.stdout)
"""


def test_both_builds_give_the_same_packings() -> None:
    if not compiled():
        pytest.skip("there is only one build here: kernels do not compile")
    answers = []
    for plain in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "NUMBA_DISABLE_JIT": plain, "PYTHONPATH": str(REPOSITORY)},
            capture_output=True,
            text=True,
            check=True,
        )
        answers.append(json.loads(done.stdout))
    assert answers[0] == answers[1]
    assert answers[0][5][0]["cost"] == 2532
