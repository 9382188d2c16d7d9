// Commitments, file sets, openings and RFC 6962 proofs, byte for byte as midun.lib.tlog (docs/formats/commitment.md).
// Needs hashes.js. Nothing here talks to a server.
"use strict";
(() => {
  const midun = globalThis.midun ??= {};
  const { sha256, sm3, hmac } = midun.hashes;

  const KIND = { FILE: 1, SET: 2, PLATFORM: 3 };
  const MAX_META = 0xffff, MAX_PATH = 4096, MAX_OPENING = 1 << 20, MAX_PROOF = 63;
  const encoder = new TextEncoder();
  const utf8 = (text) => encoder.encode(text);

  // The one error of everything that reads: `reason` as in midun.lib.tlog.errors, `detail` for engineers.
  class Refused extends Error {
    constructor(reason, detail = "") {
      super(detail ? `${reason}: ${detail}` : reason);
      this.reason = reason;
      this.detail = detail;
    }
  }

  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

  function fromHex(text, length = 32) {
    if (typeof text !== "string" || text.length !== length * 2 || /[^0-9a-f]/.test(text)) {
      throw new Refused("opening-malformed", `hex ${String(text).slice(0, 20)}`);
    }
    return Uint8Array.from({ length }, (_none, i) => parseInt(text.slice(i * 2, i * 2 + 2), 16));
  }

  function base64(bytes) {
    let text = "";
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(text);
  }

  function fromBase64(text, length = null, reason = "opening-malformed") {
    let bytes = null;
    try {
      bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    } catch {
      throw new Refused(reason, "base64");
    }
    // Only the one canonical form: atob forgives spaces and missing padding.
    if (base64(bytes) !== text || (length !== null && bytes.length !== length)) throw new Refused(reason, "base64");
    return bytes;
  }

  function compare(one, other) {
    const length = Math.min(one.length, other.length);
    for (let i = 0; i < length; i++) if (one[i] !== other[i]) return one[i] - other[i];
    return one.length - other.length;
  }

  const equal = (one, other) => one.length === other.length && compare(one, other) === 0;
  const join = (...parts) => {
    const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  };
  const eight = (number) => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(number));
    return bytes;
  };

  // --- trees (RFC 6962), over either hash ---

  const LEAF = Uint8Array.of(0), NODE = Uint8Array.of(1);
  const treeHash = (hash) => ({ leaf: (data) => hash(LEAF, data), node: (left, right) => hash(NODE, left, right) });
  const SHA256 = treeHash(sha256), SM3 = treeHash(sm3);

  const node = (bytes, i) => bytes.subarray(i * 32, i * 32 + 32);

  function row(count, hashOf) {
    const bytes = new Uint8Array(count * 32);
    for (let i = 0; i < count; i++) bytes.set(hashOf(i), i * 32);
    return bytes;
  }

  // All complete subtrees over the leaves: the root, and the audit path of each leaf. A row is one array of bytes, because
  // hundreds of thousands of small ones are mostly overhead.
  class Tree {
    constructor(hashes, leaves) {
      this.hashes = hashes;
      this.size = leaves.length;
      this.rows = [row(leaves.length, (i) => hashes.leaf(leaves[i]))];
      for (let below = this.rows[0]; below.length > 32; below = this.rows.at(-1)) {
        this.rows.push(row(below.length >> 6, (i) => hashes.node(node(below, i * 2), node(below, i * 2 + 1))));
      }
    }

    root() {
      return this.over(0, this.size);
    }

    // The hash over the leaves start … end-1, where start is a multiple of the power of two that covers them.
    over(start, end) {
      const height = Math.ceil(Math.log2(end - start));
      if (end - start === 2 ** height) return node(this.rows[height], start / 2 ** height);
      const middle = start + 2 ** (height - 1);
      return this.hashes.node(this.over(start, middle), this.over(middle, end));
    }

    proof(index) {
      const path = [];
      let start = 0, end = this.size;
      while (end - start > 1) {
        const middle = start + 2 ** (Math.ceil(Math.log2(end - start)) - 1);
        if (index < middle) {
          path.push(this.over(middle, end));
          end = middle;
        } else {
          path.push(this.over(start, middle));
          start = middle;
        }
      }
      return path.reverse();
    }
  }

  // The root an audit path leads to from a leaf's hash (RFC 9162 §2.1.3.2).
  function pathRoot({ leaf, index, size, proof, hashes = SHA256 }) {
    let fn = BigInt(index), sn = BigInt(size) - 1n, result = leaf;
    if (fn < 0n || fn > sn) throw new Refused("index-beyond-tree", `index ${index}, size ${size}`);
    for (const sibling of proof) {
      if (sn === 0n) throw new Refused("proof-length", `${proof.length} hashes are too many for size ${size}`);
      if (fn & 1n || fn === sn) {
        result = hashes.node(sibling, result);
        while (!(fn & 1n) && fn) {
          fn >>= 1n;
          sn >>= 1n;
        }
      } else {
        result = hashes.node(result, sibling);
      }
      fn >>= 1n;
      sn >>= 1n;
    }
    if (sn) throw new Refused("proof-length", `${proof.length} hashes are too few for size ${size}`);
    return result;
  }

  // --- commitments and entries ---

  const LABEL = utf8("midun-commit/v1"), MAGIC = utf8("MDE1");

  function commit({ kind, salt, number, sha256: one, sm3: two, meta }) {
    if (salt.length !== 32 || one.length !== 32 || two.length !== 32 || meta.length > MAX_META) {
      throw new RangeError("salt and digests have 32 bytes, meta at most 65535");
    }
    const whole = join(LABEL, Uint8Array.of(kind), salt, eight(number), one, two, sha256(meta), sm3(meta));
    return { sha256: sha256(whole), sm3: sm3(whole) };
  }

  const commitFile = (file, salt, meta = new Uint8Array()) =>
    commit({ kind: KIND.FILE, salt, number: file.size, sha256: file.sha256, sm3: file.sm3, meta });

  // HKDF-SHA-256 (RFC 5869) of the enterprise's key, for one deposit.
  function deriveSalt(masterKey, depositId) {
    if (masterKey.length < 32 || !depositId.length) {
      throw new RangeError("the master key has at least 32 bytes, the ID at least one");
    }
    return hmac(hmac(depositId, masterKey), utf8("midun-salt/v1"), Uint8Array.of(1));
  }

  const encodeEntry = ({ kind, commitment, submitterTag, time = 0 }) =>
    join(MAGIC, Uint8Array.of(kind, 0, 0, 0), commitment.sha256, commitment.sm3, submitterTag, eight(time));

  function parseEntry(bytes) {
    if (bytes.length !== 112 || !equal(bytes.subarray(0, 4), MAGIC) || bytes[5] || bytes[6] || bytes[7]) {
      throw new Refused("entry-malformed", `${bytes.length} bytes`);
    }
    if (bytes[4] < 1 || bytes[4] > 3) throw new Refused("entry-malformed", `kind ${bytes[4]}`);
    const time = new DataView(bytes.buffer, bytes.byteOffset + 104, 8).getBigUint64(0);
    return {
      kind: bytes[4],
      commitment: { sha256: bytes.slice(8, 40), sm3: bytes.slice(40, 72) },
      submitterTag: bytes.slice(72, 104),
      time: time <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(time) : time,
    };
  }

  // Whether it can be a path in a set: relative, 1 to 4,096 bytes of UTF-8, no empty, `.` or `..` part, no NUL.
  const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
  function validPath(path) {
    const length = utf8(path).length;
    return length > 0 && length <= MAX_PATH && !path.includes("\0") && !LONE_SURROGATE.test(path)
      && !path.split("/").some((part) => part === "" || part === "." || part === "..");
  }

  Object.assign(midun, {
    tlog: {
      KIND, MAX_META, MAX_OPENING, MAX_PROOF, Refused, SHA256, SM3, Tree, base64, commit, commitFile, compare, deriveSalt,
      encodeEntry, equal, fromBase64, fromHex, hex, join, parseEntry, pathRoot, utf8, validPath,
    },
  });
})();
