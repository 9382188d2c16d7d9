// Digests of files in a worker, streamed: a file of any size with eight MiB of it in memory, and the page stays usable.
// Started by digest.js, which says where the scripts are (published names carry a hash). Talks to its page only.
"use strict";
const PIECE = 4 << 20;

async function digest({ id, file, algorithms }) {
  const { Sha256, Sm3 } = self.midun.hashes;
  const running = algorithms.map((name) => (name === "sha256" ? new Sha256() : new Sm3()));
  const read = (at) => (at < file.size ? file.slice(at, at + PIECE).arrayBuffer() : null);
  let next = read(0);
  for (let at = 0; at < file.size; at += PIECE) {
    const piece = new Uint8Array(await next);
    if (piece.length !== Math.min(PIECE, file.size - at)) throw new self.midun.tlog.Refused("file-changing");
    next = read(at + PIECE);  // read while the hashes run
    for (const hash of running) hash.update(piece);
    self.postMessage({ id, done: piece.length * algorithms.length });
  }
  const result = { size: file.size };
  algorithms.forEach((name, i) => { result[name] = running[i].digest(); });
  return result;
}

function manifest({ setKey, files, meta }) {
  const made = new self.midun.Manifest(setKey, files, meta);
  const file = new Blob([...made.pieces()], { type: "application/octet-stream" });
  return { commitment: made.commitment(), file };
}

self.onmessage = async ({ data }) => {
  if (data.scripts) {
    importScripts(...data.scripts);
    return;
  }
  try {
    self.postMessage({ id: data.id, result: data.files ? manifest(data) : await digest(data) });
  } catch (error) {
    // The browser refuses to go on reading a file that was changed, moved or deleted meanwhile.
    const reason = error.reason ?? (error.name === "NotReadableError" ? "file-changing" : error.name);
    self.postMessage({ id: data.id, reason, detail: String(error.message) });
  }
};
