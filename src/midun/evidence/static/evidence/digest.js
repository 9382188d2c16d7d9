// Digests of chosen files by several workers, with progress and cancel. Needs hashes.js and tlog.js.
"use strict";
(() => {
  const midun = globalThis.midun;
  const { Refused } = midun.tlog;
  const BOTH = ["sha256", "sm3"];
  const BIG = 64 << 20;
  const WORKERS = Math.max(1, Math.min(4, navigator.hardwareConcurrency || 2));

  // Some workers that share a list of tasks. `close` ends them at once, also in the middle of a file.
  class Pool {
    constructor({ worker, scripts }, signal) {
      this.waiting = [];
      this.next = 0;  // shift() on an array of 100,000 moves them all
      this.free = [];
      this.tasks = new Map();
      this.count = 0;
      this.workers = Array.from({ length: WORKERS }, () => {
        const made = new Worker(worker);
        made.postMessage({ scripts });
        made.onmessage = ({ data }) => this.hear(made, data);
        made.onerror = (event) => {
          event.preventDefault();  // told where the digests are awaited, or of a worker that was ended while it loaded
          this.close(new Refused("worker", event.message));
        };
        this.free.push(made);
        return made;
      });
      signal?.addEventListener("abort", () => this.close(new Refused("cancelled")));
      if (signal?.aborted) this.close(new Refused("cancelled"));
    }

    run(task, onDone) {
      return new Promise((resolve, reject) => {
        if (this.failed) {
          reject(this.failed);
          return;
        }
        const id = ++this.count;
        this.tasks.set(id, { resolve, reject, onDone });
        this.waiting.push({ id, ...task });
        this.hand();
      });
    }

    hand() {
      while (this.free.length && this.next < this.waiting.length) {
        this.free.pop().postMessage(this.waiting[this.next]);
        this.waiting[this.next++] = null;
      }
    }

    hear(worker, { id, done, result, reason, detail }) {
      const task = this.tasks.get(id);
      if (!task) return;
      if (done !== undefined) {
        task.onDone?.(done);
        return;
      }
      this.tasks.delete(id);
      this.free.push(worker);
      if (reason) task.reject(Object.assign(new Refused(reason, detail), { id }));
      else task.resolve(result);
      this.hand();
    }

    close(failure = new Refused("cancelled")) {
      this.failed = failure;
      for (const worker of this.workers) worker.terminate();
      for (const { reject } of this.tasks.values()) reject(failure);
      this.tasks.clear();
      this.waiting.length = this.next = 0;
    }
  }

  // A big file is read twice, side by side: one worker per algorithm.
  async function one(pool, file, onDone) {
    if (file.size < BIG || WORKERS < 2) return pool.run({ file, algorithms: BOTH }, onDone);
    const parts = await Promise.all(BOTH.map((name) => pool.run({ file, algorithms: [name] }, onDone)));
    return Object.assign({}, ...parts);
  }

  // `places`: {worker, scripts}, addresses of ours. Gives {size, sha256, sm3} per file, in their order.
  // `onProgress(part)` is told how much is done, from 0 to 1. Throws Refused: file-changing (with `.file`), cancelled.
  async function digestFiles(places, files, { onProgress, signal } = {}) {
    const pool = new Pool(places, signal);
    const whole = Math.max(1, files.reduce((sum, file) => sum + file.size, 0) * BOTH.length);
    let done = 0;
    const tell = (bytes) => {
      done += bytes;
      onProgress?.(done / whole);
    };
    try {
      return await Promise.all(files.map(async (file) => {
        try {
          return await one(pool, file, tell);
        } catch (error) {
          throw Object.assign(error, { file: error.file ?? file });
        }
      }));
    } finally {
      pool.close();
    }
  }

  // The manifest of a set, made in a worker: {commitment, file: Blob}. `files`: [path, digests] pairs.
  async function makeManifest(places, setKey, files, meta, { signal } = {}) {
    const pool = new Pool(places, signal);
    try {
      return await pool.run({ setKey, files, meta });
    } finally {
      pool.close();
    }
  }

  Object.assign(midun, { digestFiles, makeManifest });
})();
