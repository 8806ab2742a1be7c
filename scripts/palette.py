"""Write pictures of screens small: as wide as asked, of 256 colours, in a PNG."""

import base64
import struct
import zlib
from pathlib import Path
from typing import Any

# Few hues and much flat ground: the most frequent colours are nearly all of them.
REDUCE = """
async ([source, width]) => {
  const picture = new Image();
  picture.src = 'data:image/png;base64,' + source;
  await picture.decode();
  const wide = picture.naturalWidth, high = picture.naturalHeight;
  const ratio = Math.min(1, width / wide);
  const canvas = new OffscreenCanvas(Math.round(wide * ratio), Math.round(high * ratio));
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const {data} = context.getImageData(0, 0, canvas.width, canvas.height);
  const counts = new Map();
  for (let i = 0; i < data.length; i += 4) {
    const colour = (data[i] << 16) | (data[i + 1] << 8) | data[i + 2];
    counts.set(colour, (counts.get(colour) || 0) + 1);
  }
  const known = [...counts].sort((one, other) => other[1] - one[1]);
  const palette = [], taken = new Map();
  for (const [colour] of known) {
    const near = (colour & 0xf0f0f0) >>> 0;
    const full = palette.length >= 256;
    if (full || (palette.length > 24 && taken.has(near))) continue;
    taken.set(near, palette.length);
    palette.push(colour);
  }
  const nearest = new Map(palette.map((colour, place) => [colour, place]));
  const find = colour => {
    const [r, g, b] = [colour >> 16, (colour >> 8) & 255, colour & 255];
    let best = 0, least = Infinity;
    palette.forEach((one, place) => {
      const apart = (r - (one >> 16)) ** 2 + (g - ((one >> 8) & 255)) ** 2 + (b - (one & 255)) ** 2;
      if (apart < least) [least, best] = [apart, place];
    });
    nearest.set(colour, best);
    return best;
  };
  const places = new Uint8Array(data.length / 4);
  for (let i = 0; i < places.length; i += 1) {
    const colour = (data[4 * i] << 16) | (data[4 * i + 1] << 8) | data[4 * i + 2];
    places[i] = nearest.get(colour) ?? find(colour);
  }
  let text = '';
  for (let i = 0; i < places.length; i += 32768)
    text += String.fromCharCode(...places.subarray(i, i + 32768));
  return {width: canvas.width, height: canvas.height, palette, places: btoa(text)};
}
"""


def write_small(page: Any, picture: bytes, file: Path, *, width: int) -> None:
    """Write a PNG again, at most `width` wide; `page` is an empty page of a browser."""
    found = page.evaluate(REDUCE, [base64.b64encode(picture).decode(), width])
    wide, high = found["width"], found["height"]
    places = base64.b64decode(found["places"])
    rows = b"".join(b"\0" + places[row * wide : (row + 1) * wide] for row in range(high))
    palette = b"".join(colour.to_bytes(3, "big") for colour in found["palette"])
    header = struct.pack(">IIBBBBB", wide, high, 8, 3, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"PLTE", palette), (b"IDAT", zlib.compress(rows, 9)))
    told = b"".join(_chunk(name, data) for name, data in (*chunks, (b"IEND", b"")))
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + told)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
