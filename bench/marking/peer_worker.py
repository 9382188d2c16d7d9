"""Runs inside the peers' own environment: one marking program behind a pipe. Not part of the product.

Each request is a line of JSON {"op", "height", "width", "payload"} and RGB bytes; each answer a line of JSON
{"seconds", "payload" or "height"/"width"/"error"} and, after embedding, RGB bytes.
"""

import contextlib
import json
import os
import sys
import time
import types
from collections.abc import Callable

import numpy as np

os.environ["OMP_NUM_THREADS"] = "1"

Pixels = np.ndarray
Program = tuple[Callable[[Pixels, bytes], Pixels], Callable[[Pixels], bytes]]


def blind_watermark() -> Program:
    """blind_watermark: needs the payload's length, not the original."""
    with contextlib.redirect_stdout(sys.stderr):
        from blind_watermark import WaterMark  # noqa: PLC0415  # exists only here

    def embed(pixels: Pixels, payload: bytes) -> Pixels:
        mark = WaterMark(password_img=1, password_wm=1, processes=1)
        mark.read_img(img=pixels[..., ::-1].copy())
        mark.read_wm(np.unpackbits(np.frombuffer(payload, np.uint8)).astype(bool), mode="bit")
        return np.clip(np.rint(mark.embed()), 0, 255).astype(np.uint8)[..., ::-1]

    def detect(pixels: Pixels) -> bytes:
        mark = WaterMark(password_img=1, password_wm=1, processes=1)
        bits = mark.extract(embed_img=pixels[..., ::-1].copy(), wm_shape=64, mode="bit")
        return np.packbits(np.asarray(bits) > 0.5).tobytes()

    return embed, detect


def invisible(method: str) -> Program:
    """invisible-watermark's transforms; its neural method needs only the weights in the wheel."""
    sys.modules.setdefault("torch", types.ModuleType("torch"))
    from imwatermark import WatermarkDecoder, WatermarkEncoder  # noqa: PLC0415  # exists only here

    def embed(pixels: Pixels, payload: bytes) -> Pixels:
        encoder = WatermarkEncoder()
        encoder.set_watermark("bytes", payload)
        return encoder.encode(pixels[..., ::-1].copy(), method)[..., ::-1]

    def detect(pixels: Pixels) -> bytes:
        return bytes(WatermarkDecoder("bytes", 64).decode(pixels[..., ::-1].copy(), method))

    return embed, detect


def riva() -> Program:
    """RivaGan through onnxruntime: 32 bits."""
    from pathlib import Path  # noqa: PLC0415  # used here only

    import onnxruntime  # noqa: PLC0415  # exists only here

    sys.modules.setdefault("torch", types.ModuleType("torch"))
    import imwatermark  # noqa: PLC0415  # exists only here

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    folder = Path(imwatermark.__file__).parent
    encoder, decoder = (
        onnxruntime.InferenceSession(str(folder / f"rivagan_{part}.onnx"), options) for part in ("encoder", "decoder")
    )

    def frame(pixels: Pixels) -> np.ndarray:
        return np.ascontiguousarray(
            (pixels[..., ::-1].astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None, :, None]
        )

    def embed(pixels: Pixels, payload: bytes) -> Pixels:
        bits = np.unpackbits(np.frombuffer(payload[:4], np.uint8)).astype(np.float32)[None]
        found = encoder.run(None, {"frame": frame(pixels), "data": bits})[0][0, :, 0]
        return ((np.clip(found, -1, 1).transpose(1, 2, 0) + 1) * 127.5).astype(np.uint8)[..., ::-1]

    def detect(pixels: Pixels) -> bytes:
        found = decoder.run(None, {"frame": frame(pixels)})[0][0]
        return np.packbits(found > 0.52).tobytes()

    return embed, detect


PEERS = {
    "blind_watermark": blind_watermark,
    "dwtDct": lambda: invisible("dwtDct"),
    "dwtDctSvd": lambda: invisible("dwtDctSvd"),
    "rivaGan": riva,
}


def main() -> None:
    """Serve requests until the pipe closes."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    embed, detect = PEERS[sys.argv[1]]()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        shape = request["height"], request["width"], 3
        pixels = np.frombuffer(sys.stdin.buffer.read(int(np.prod(shape))), np.uint8).reshape(shape)
        begin, body, answer = time.process_time(), b"", {}
        try:
            if request["op"] == "embed":
                found = np.ascontiguousarray(embed(pixels, bytes.fromhex(request["payload"])))
                answer, body = {"height": found.shape[0], "width": found.shape[1]}, found.tobytes()
            else:
                answer = {"payload": detect(pixels).hex()}
        except Exception as error:  # noqa: BLE001  # a peer that fails has not recovered; the bench says so
            answer = {"error": repr(error)}
        answer["seconds"] = time.process_time() - begin
        pipe.write(json.dumps(answer).encode() + b"\n" + body)
        pipe.flush()


if __name__ == "__main__":
    main()
