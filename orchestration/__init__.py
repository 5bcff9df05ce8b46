"""Bonded: receiving, building, inspecting and publishing customs trade statistics (docs/house.md)."""

import gc

# A process here imports half a million objects and lives for seconds: looking through all of them again and again for
# cycles, as Python does after every 700 new ones, was a tenth of what a run cost.
gc.set_threshold(50_000, 20, 20)
