// A set's manifest, read and computed beside the page, which stays usable: a hundred thousand files are a million hashes.
// Started by a page, which says where the scripts are, and talks to it only: first the names, then how many files are
// done, then what the set's commitment is. From there on any file can be opened.
"use strict";
const order = new Intl.Collator("zh-CN").compare;
let manifest = null;

async function read(file) {
  const text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  const { setKey, files, meta } = self.midun.Manifest.read(text);
  self.postMessage({ names: files.map(([path]) => path).sort(order) });
  manifest = new self.midun.Manifest(setKey, files, meta, (done) => self.postMessage({ done }));
  self.postMessage({ meta, commitment: manifest.commitment() });
}

self.onmessage = async ({ data }) => {
  if (data.scripts) {
    importScripts(...data.scripts);
    return;
  }
  try {
    if (data.file) await read(data.file);
    else self.postMessage({ path: data.path, opening: manifest.open(data.path).encode() });
  } catch {
    self.postMessage({ failed: true });
  }
};
