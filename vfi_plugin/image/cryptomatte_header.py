"""What a header says about cryptomattes: their names, how names became IDs, and the manifest of both.

Source: Cryptomatte specification 1.2.0 (Friedman, Jones; Psyop). Header entries are ``cryptomatte/<key>/name``,
``hash``, ``conversion``, and ``manifest`` or ``manif_file``. The key should be seven hex digits of the name's hash, but
not every renderer keeps to that, so a cryptomatte is known by its name here and never by its key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vfi_plugin.image.frame import Attribute

_NAME_ENTRY = re.compile(r"cryptomatte/([^/]+)/name")


@dataclass(frozen=True)
class CryptomatteHeader:
    """One cryptomatte of a header.

    Attributes:
        key: what its entries are filed under.
        name: the layers' name; layers are ``<name>00``, ``<name>01``..., and ``<name>`` is a preview.
        manifest: object name -> eight hex digits, or None where it is absent or no JSON object of texts.
        manifest_file: the sidecar file's name, relative to the picture, or "".
    """

    key: str
    name: str
    manifest: Mapping[str, str] | None
    manifest_file: str

    @property
    def manifest_entry(self) -> str:
        """The name of the header entry that holds the manifest."""
        return f"cryptomatte/{self.key}/manifest"


def cryptomatte_headers(attributes: Mapping[str, Attribute]) -> tuple[CryptomatteHeader, ...]:
    """Every cryptomatte that a header declares, in the header's order."""
    found = [match[1] for entry in attributes if (match := _NAME_ENTRY.fullmatch(entry))]
    return tuple(_header(key, attributes) for key in found)


def _header(key: str, attributes: Mapping[str, Attribute]) -> CryptomatteHeader:
    entries = {
        entry: str(attributes[f"cryptomatte/{key}/{entry}"].value)
        for entry in ("name", "manifest", "manif_file")
        if f"cryptomatte/{key}/{entry}" in attributes
    }
    manifest = parse_manifest(entries["manifest"]) if "manifest" in entries else None
    return CryptomatteHeader(key, entries["name"], manifest, entries.get("manif_file", ""))


def parse_manifest(text: str) -> dict[str, str] | None:
    """A manifest as name -> hex digits, or None where the text is no JSON object of texts.

    A broken manifest is common and harmless: the IDs in the pixels do not depend on it.
    """
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        return None
    return content


def merge_cryptomatte_attributes(kept: Mapping[str, Attribute], other: Mapping[str, Attribute]) -> dict[str, Attribute]:
    """The header entries of ``kept`` with the manifests of both frames.

    Objects enter and leave between two frames, and a frame between them may show all of them. IDs are hashes of names,
    so the same name has the same ID in both frames and the union has no conflict; where files disagree all the same,
    ``kept`` wins. A manifest that would gain nothing, or that cannot be read, stays as it is, byte for byte. Sidecar
    files stay named as in ``kept``.
    """
    merged = dict(kept)
    others = {header.name: header for header in cryptomatte_headers(other)}
    for header in cryptomatte_headers(kept):
        theirs = others[header.name].manifest if header.name in others else None
        if header.manifest is None or not theirs or theirs.keys() <= header.manifest.keys():
            continue
        union = {**theirs, **header.manifest}
        text = json.dumps(union, ensure_ascii=False, separators=(",", ":"))
        merged[header.manifest_entry] = Attribute(kept[header.manifest_entry].type, text)
    return merged


def sidecar_manifests(attributes: Mapping[str, Attribute]) -> tuple[str, ...]:
    """Names of the manifest files that must stand beside a picture with this header, relative to the picture."""
    return tuple(header.manifest_file for header in cryptomatte_headers(attributes) if header.manifest_file)


def id_of_name(name: str) -> np.uint32:
    """The 32-bit pattern of an object's ID: MurmurHash3_32 of the name's UTF-8, made safe to be read as a float.

    Exponents of all zeros or all ones would be denormals, infinities or NaN; such hashes have the lowest bit of the
    exponent flipped (specification, "Hash to float").
    """
    bits = murmur3_32(name.encode("utf-8"))
    exponent = bits >> 23 & 255
    return np.uint32(bits ^ 1 << 23 if exponent in (0, 255) else bits)


def murmur3_32(data: bytes, seed: int = 0) -> int:
    """MurmurHash3_x86_32 (Appleby, public domain description): an unsigned 32-bit hash of ``data``."""
    state = seed
    whole = len(data) - len(data) % 4
    for start in range(0, whole, 4):
        state ^= _scrambled(int.from_bytes(data[start : start + 4], "little"))
        state = (_rotated(state, 13) * 5 + 0xE6546B64) & 0xFFFFFFFF
    state ^= _scrambled(int.from_bytes(data[whole:], "little"))
    state ^= len(data)
    for factor, shift in ((0x85EBCA6B, 16), (0xC2B2AE35, 13)):
        state = ((state ^ state >> shift) * factor) & 0xFFFFFFFF
    return state ^ state >> 16


def _scrambled(block: int) -> int:
    return _rotated(block * 0xCC9E2D51 & 0xFFFFFFFF, 15) * 0x1B873593 & 0xFFFFFFFF


def _rotated(bits: int, by: int) -> int:
    return (bits << by | bits >> (32 - by)) & 0xFFFFFFFF
