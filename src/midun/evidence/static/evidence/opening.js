// Openings and manifests: what the depositor keeps, byte for byte as midun.lib.tlog writes it
// (docs/formats/commitment.md). Needs hashes.js and tlog.js. Nothing here talks to a server.
"use strict";
(() => {
  const midun = globalThis.midun;
  const {
    KIND, MAX_META, MAX_OPENING, MAX_PROOF, Refused, SHA256, SM3, Tree, base64, commit, commitFile, compare, equal, fromBase64,
    fromHex, hex, join, pathRoot, utf8, validPath,
  } = midun.tlog;
  const { hmac } = midun.hashes;
  const OPENING = "midun-opening/1", MANIFEST = "midun-manifest/1";
  const KEYS = ["format", "kind", "salt", "meta", "size", "sha256", "sm3"];
  const SET_KEYS = [...KEYS, "path", "file_salt", "index", "count", "proof_sha256", "proof_sm3"];
  const SET_SALT = utf8("midun-set-salt/v1"), FILE_SALT = utf8("midun-file-salt/v1\0");

  // Opens a deposit of one file, or (with `inSet`) one file of a set. `salt` and `meta` are those of the deposit.
  class Opening {
    constructor(salt, meta, file, inSet = null) {
      Object.assign(this, { salt, meta, file, inSet });
    }

    commitment() {
      const { salt, meta, file, inSet } = this;
      if (!inSet) return { kind: KIND.FILE, ...commitFile(file, salt, meta) };
      const one = commitFile(file, inSet.fileSalt, utf8(inSet.path));
      const leaf = join(one.sha256, one.sm3);
      const [first, second] = [[SHA256, inSet.proofSha256], [SM3, inSet.proofSm3]].map(([hashes, proof]) =>
        pathRoot({ leaf: hashes.leaf(leaf), index: inSet.index, size: inSet.count, proof, hashes }));
      return { kind: KIND.SET, ...commit({ kind: KIND.SET, salt, number: inSet.count, sha256: first, sm3: second, meta }) };
    }

    // Throws Refused: file-wrong, entry-wrong, commitment-wrong, manifest-wrong, index-beyond-tree, proof-length.
    verify(entry, file = null) {
      const own = this.file;
      if (file && (file.size !== own.size || !equal(file.sha256, own.sha256) || !equal(file.sm3, own.sm3))) {
        throw new Refused("file-wrong", `${file.size} bytes, deposited were ${own.size}`);
      }
      const found = this.commitment();
      if (found.kind !== entry.kind) throw new Refused("entry-wrong", `kind ${entry.kind}, opening of ${found.kind}`);
      if (!equal(found.sha256, entry.commitment.sha256) || !equal(found.sm3, entry.commitment.sm3)) {
        throw new Refused(found.kind === KIND.FILE ? "commitment-wrong" : "manifest-wrong");
      }
    }

    encode() {
      const { salt, meta, file, inSet } = this;
      const fields = {
        format: OPENING, kind: inSet ? 2 : 1, salt: hex(salt), meta: base64(meta),
        size: file.size, sha256: hex(file.sha256), sm3: hex(file.sm3),
      };
      if (inSet) {
        Object.assign(fields, {
          path: inSet.path, file_salt: hex(inSet.fileSalt), index: inSet.index, count: inSet.count,
          proof_sha256: inSet.proofSha256.map(base64), proof_sm3: inSet.proofSm3.map(base64),
        });
      }
      return utf8(JSON.stringify(fields, null, 1) + "\n");
    }

    // Throws Refused: too-large, opening-malformed.
    static parse(bytes) {
      if (bytes.length > MAX_OPENING) throw new Refused("too-large", `${bytes.length} bytes`);
      const fields = read(bytes);
      if (fields?.format !== OPENING || (fields.kind !== 1 && fields.kind !== 2)) malformed("format or kind");
      const wanted = fields.kind === 1 ? KEYS : SET_KEYS;
      if (Object.keys(fields).sort().join() !== [...wanted].sort().join()) malformed("keys");
      const meta = someBase64(fields.meta);
      if (meta.length > MAX_META) malformed("meta");
      const salt = fromHex(fields.salt);
      const file = { size: number(fields.size), sha256: fromHex(fields.sha256), sm3: fromHex(fields.sm3) };
      return new Opening(salt, meta, file, fields.kind === 1 ? null : place(fields));
    }
  }

  function malformed(detail) {
    throw new Refused("opening-malformed", detail);
  }

  // JSON.parse forgives a repeated key and takes 1.0 or 1e3 for an integer; the format does not.
  function read(bytes) {
    let text = "", fields = null;
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
      fields = JSON.parse(text);
    } catch (error) {
      malformed(error.message.slice(0, 80));
    }
    if (fields === null || typeof fields !== "object" || Array.isArray(fields)) malformed("no object");
    const strings = /"(?:[^"\\]|\\.)*"(\s*:)?/g;
    const keys = [...text.matchAll(strings)].filter((match) => match[1]).length;
    if (keys !== Object.keys(fields).length) malformed("a key stands there twice");
    if (/\d[.eE]/.test(text.replace(strings, ""))) malformed("number");
    return fields;
  }

  function place(fields) {
    const [proofSha256, proofSm3] = ["proof_sha256", "proof_sm3"].map((name) => {
      if (!Array.isArray(fields[name]) || fields[name].length > MAX_PROOF) malformed(name);
      return fields[name].map((item) => someBase64(item, 32));
    });
    if (typeof fields.path !== "string" || !validPath(fields.path)) malformed("path");
    const fileSalt = fromHex(fields.file_salt);
    const index = number(fields.index), count = number(fields.count);
    return { path: fields.path, fileSalt, index, count, proofSha256, proofSm3 };
  }

  function number(value) {
    if (!Number.isSafeInteger(value) || value < 0) malformed("number");
    return value;
  }

  function someBase64(value, length = null) {
    if (typeof value !== "string") malformed("base64");
    return fromBase64(value, length);
  }

  // A set of files ([path, {size, sha256, sm3}] pairs) under a secret set key. `tell` hears now and then how many are done.
  class Manifest {
    constructor(setKey, files, meta = new Uint8Array(), tell = null) {
      this.files = new Map(files);
      if (setKey.length !== 32 || !this.files.size) throw new RangeError("a set key has 32 bytes, a set at least one file");
      for (const path of this.files.keys()) if (!validPath(path)) throw new Refused("file-name", path.slice(0, 200));
      this.setKey = setKey;
      this.meta = meta;
      const leaves = [...this.files].map(([path, file], done) => {
        if (done % 1000 === 0) tell?.(done);
        const one = commitFile(file, this.fileSalt(path), utf8(path));
        return { path, leaf: join(one.sha256, one.sm3) };
      });
      leaves.sort((one, other) => compare(one.leaf, other.leaf));
      this.places = new Map(leaves.map(({ path }, index) => [path, index]));
      this.trees = [SHA256, SM3].map((hashes) => new Tree(hashes, leaves.map(({ leaf }) => leaf)));
    }

    fileSalt(path) {
      return hmac(this.setKey, FILE_SALT, utf8(path));
    }

    get setSalt() {
      return hmac(this.setKey, SET_SALT);
    }

    commitment() {
      const [one, two] = this.trees.map((tree) => tree.root());
      return commit({
        kind: KIND.SET, salt: this.setSalt, number: this.files.size, sha256: one, sm3: two, meta: this.meta,
      });
    }

    // The opening of one file, which tells nothing of the others.
    open(path) {
      const index = this.places.get(path);
      if (index === undefined) throw new RangeError("no such path");
      const [proofSha256, proofSm3] = this.trees.map((tree) => tree.proof(index));
      const inSet = { path, fileSalt: this.fileSalt(path), index, count: this.files.size, proofSha256, proofSm3 };
      return new Opening(this.setSalt, this.meta, this.files.get(path), inSet);
    }

    // The manifest file in pieces of about a thousand lines; whoever has it can open everything.
    *pieces() {
      let text = `{"format": "${MANIFEST}", "set_key": "${hex(this.setKey)}", `
        + `"meta": "${base64(this.meta)}", "files": ${this.files.size}}\n`;
      const paths = [...this.files.keys()].map((path) => ({ path, bytes: utf8(path) }));
      paths.sort((one, other) => compare(one.bytes, other.bytes));
      for (const [i, { path }] of paths.entries()) {
        const file = this.files.get(path);
        text += `[${JSON.stringify(path)}, ${file.size}, "${hex(file.sha256)}", "${hex(file.sm3)}"]\n`;
        if (i % 1000 === 999) {
          yield text;
          text = "";
        }
      }
      if (text) yield text;
    }

    encode() {
      return utf8([...this.pieces()].join(""));
    }

    // Reads a manifest file. Throws Refused(opening-malformed), also for what midun.lib.tlog would forgive.
    static parse(text) {
      const { setKey, files, meta } = Manifest.read(text);
      return new Manifest(setKey, files, meta);
    }

    // What stands in it, as the constructor takes it. Throws as `parse`.
    static read(text) {
      const [first, ...rows] = text.split("\n");
      if (rows.pop() !== "") malformed("no newline at the end");
      const json = (line) => {
        try {
          return JSON.parse(line);
        } catch (error) {
          return malformed(error.message.slice(0, 80));
        }
      };
      const head = json(first);
      if (head?.format !== MANIFEST || head.files !== rows.length) malformed("format or number of files");
      const listed = rows.map((line) => {
        const row = json(line);  // one at a time: of 100,000 the parsed lines alone are a hundred megabytes
        if (!Array.isArray(row) || row.length !== 4 || typeof row[0] !== "string" || !validPath(row[0])) malformed("row");
        return [row[0], { size: number(row[1]), sha256: fromHex(row[2]), sm3: fromHex(row[3]) }];
      });
      if (!listed.length || new Map(listed).size !== listed.length) malformed("no path, or a path twice");
      return { setKey: fromHex(head.set_key), files: listed, meta: someBase64(head.meta) };
    }
  }

  Object.assign(midun, { Opening, Manifest });
})();
