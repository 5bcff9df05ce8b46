"""How a file of the synthetic sample comes to lie in a folder: whole, and after its sidecar."""

from __future__ import annotations

from pathlib import Path


def deliver(path: Path, content: bytes, vintage: object, notice: str) -> Path:
    """Write the file and, before it, the sidecar with its vintage (YYYY-MM-DD) and a notice; returns the path.

    Each appears under its name only when it is complete, so that a watched folder never shows half of a delivery.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    sidecar = f"# Synthetic sample: {notice}.\nvintage: {vintage}\n"
    for target, whole in ((path.with_name(f"{path.name}.yml"), sidecar.encode("utf-8")), (path, content)):
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(whole)
        part.replace(target)
    return path
