// The verdict over a proof bundle, the same and in the same words as midun.lib.bundle (docs/formats/bundle.md).
// Needs hashes.js, tlog.js, opening.js, signatures.js, tokens.js; the words come as `midun.words` = { say, sentences }.
"use strict";
(() => {
  const midun = globalThis.midun;
  const { Refused, SHA256, equal, fromBase64, hex, parseEntry, pathRoot, utf8 } = midun.tlog;
  const { sha256 } = midun.hashes;
  const { ed25519Holds, sm2Holds, onSm2, toNumber } = midun.signatures;
  const { tokenIn, beginsChain, stampedBytes, checkToken } = midun.tokens;

  // What does not hold, and where: a member's name, "policy", "opening", "file", or nothing.
  class Unsound extends Error {
    constructor(reason, where = "", detail = "") {
      super([reason, where, detail].filter(Boolean).join(": "));
      Object.assign(this, { reason, where });
    }
  }

  function at(where, act) {
    try {
      return act();
    } catch (error) {
      if (error instanceof Refused) throw new Unsound(error.reason, where, error.detail);
      throw error;
    }
  }
  const refuse = (reason, detail = "") => {
    throw new Refused(reason, detail);
  };

  // --- container ---

  const NAMES = ["bundle.json", "proof.tlog-proof", "checkpoint.txt", "policy.txt", "statement.json", "certificate.pdf",
    "verify.py", "verify.html", "README.txt"];
  const REQUIRED = NAMES.slice(0, 4), TOKEN = /^timestamps\/(?:0[1-9]|1[0-6])\.(?:tsr|pem)$/;
  const MAX_BYTES = 16 << 20, SEAL = utf8("midun-bundle/1 "), SEAL_BYTES = SEAL.length + 64;
  const CRC = Uint32Array.from({ length: 256 }, (_none, n) => {
    for (let bit = 0; bit < 8; bit++) n = n & 1 ? n >>> 1 ^ 0xedb88320 : n >>> 1;
    return n;
  });
  const crc32 = (data) => {
    let crc = ~0;
    for (let i = 0; i < data.length; i++) crc = CRC[(crc ^ data[i]) & 255] ^ crc >>> 8;
    return ~crc >>> 0;
  };
  const latin = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");

  function fields(format, ...values) {
    const whole = new DataView(new ArrayBuffer(format.reduce((sum, size) => sum + size, 0)));
    let place = 0;
    format.forEach((size, i) => {
      if (size === 2) whole.setUint16(place, values[i], true); else whole.setUint32(place, values[i], true);
      place += size;
    });
    return new Uint8Array(whole.buffer);
  }
  const local = (raw, crc, size) => midun.tlog.join(
    fields([4, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2], 0x04034b50, 20, 0, 0, 0, 0x21, crc, size, size, raw.length, 0), raw);
  const entry = (raw, crc, size, place) => midun.tlog.join(
    fields([4, 2, 2, 2, 2, 2, 2, 4, 4, 4, 2, 2, 2, 2, 2, 4, 4],
      0x02014b50, 0x0314, 20, 0, 0, 0, 0x21, crc, size, size, raw.length, 0, 0, 0, 0, 0o100644 * 65536, place), raw);

  function unpack(data) {
    if (data.length > MAX_BYTES) throw new Unsound("container-too-large");
    const tail = data.length - SEAL_BYTES - 22, view = new DataView(data.buffer, data.byteOffset, data.length);
    const begins = tail >= 0 && data[0] === 0x50 && data[1] === 0x4b && view.getUint32(tail, true) === 0x06054b50;
    const seal = data.subarray(tail + 22);
    if (!begins || view.getUint16(tail + 20, true) !== SEAL_BYTES || !equal(seal.subarray(0, SEAL.length), SEAL)) {
      throw new Unsound("container-malformed");
    }
    if (latin(seal.subarray(SEAL.length)) !== hex(sha256(data.subarray(0, tail)))) throw new Unsound("container-seal");
    const count = view.getUint16(tail + 10, true), length = view.getUint32(tail + 12, true);
    const offset = view.getUint32(tail + 16, true);
    const plain = !view.getUint32(tail + 4, true) && view.getUint16(tail + 8, true) === count;
    if (!plain || offset + length !== tail) throw new Unsound("container-malformed");
    if (count > 64) throw new Unsound("container-too-large");
    return membersOf(data, view, count, offset, tail);
  }

  function membersOf(data, view, count, offset, tail) {
    const members = new Map();
    let begin = 0, place = offset;
    for (let number = 0; number < count; number++) {
      if (place + 46 > tail) throw new Unsound("container-malformed");
      const size = view.getUint32(place + 24, true), rawLength = view.getUint16(place + 28, true);
      const raw = data.subarray(place + 46, place + 46 + rawLength);
      const name = nameOf(raw, view.getUint16(place + 8, true), view.getUint16(place + 10, true));
      if (members.has(name)) throw new Unsound("container-member", name);
      const from = begin + 30 + raw.length, content = data.subarray(from, Math.min(from + size, data.length));
      const crc = crc32(content);
      const sound = from + size <= offset && equal(data.subarray(begin, from), local(raw, crc, size))
        && equal(data.subarray(place, place + 46 + rawLength), entry(raw, crc, size, begin));
      if (!sound) throw new Unsound("container-malformed", name);
      members.set(name, content);
      begin = from + size;
      place += 46 + rawLength;
    }
    if (begin !== offset || place !== tail) throw new Unsound("container-malformed");
    return members;
  }

  function nameOf(raw, flags, method) {
    const name = latin(raw);
    if (!NAMES.includes(name) && !TOKEN.test(name)) throw new Unsound("container-member");
    if (flags & 0x41) throw new Unsound("container-encrypted", name);
    if (method) throw new Unsound("container-compressed", name);
    return name;
  }

  // --- notes, keys, policies ---

  const COSIGNATURE = 4, MLDSA = 6, SM2_TYPE = utf8("\u00ffmidun/sm2-sm3/v1").subarray(1);
  SM2_TYPE[0] = 0xff;
  const SPACE = /[\u0009-\u000d\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;
  const isKeyName = (name) => !SPACE.test(name) && !/[\u0000-\u001f+]/.test(name) && name && utf8(name).length <= 255;

  function textOf(data, limit) {
    if (data.length > limit) refuse("too-large");
    let text = "";
    try {
      text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    } catch {
      refuse("not-utf8");
    }
    return /[\u0000-\u0009\u000b-\u001f]/.test(text) ? refuse("control-character") : text;
  }

  function decimal(text, reason) {
    if (!/^(0|[1-9][0-9]{0,18})$/.test(text) || BigInt(text) >= 1n << 63n) refuse(reason, "number");
    return BigInt(text);
  }

  // kind: 1 Ed25519, 4 Ed25519 cosignature, 6 ML-DSA-44 cosignature, 255 SM2.
  function readKey(vkey) {
    const [name, id, ...rest] = vkey.split("+");
    if (!rest.length) refuse("key-malformed");
    const data = fromBase64(rest.join("+"), null, "key-malformed");
    const sm2 = equal(data.subarray(0, SM2_TYPE.length), SM2_TYPE);
    const kind = sm2 ? 255 : data[0], length = { 1: 32, 4: 32, 6: 1312, 255: 65 }[kind];
    if (!length || (kind === 255 && !sm2)) refuse("key-unknown-type");
    const bytes = data.subarray(sm2 ? SM2_TYPE.length : 1);
    const keyId = hex(sha256(utf8(`${name}\n`), data).subarray(0, 4));
    if (!isKeyName(name) || bytes.length !== length || keyId !== id || (sm2 && !onSm2(bytes))) refuse("key-malformed");
    return { name, kind, bytes, keyId };
  }

  // The time of a signature that holds, 0 without one.
  function verifyWith({ name, kind, bytes }, text, signature) {
    let time = 0n, good = false;
    if (kind === COSIGNATURE) {
      if (signature.length === 72) {
        time = toNumber(signature.subarray(0, 8));
        if (time >= 1n << 63n) refuse("time-invalid");
        good = ed25519Holds(bytes, utf8(`cosignature/v1\ntime ${time}\n${text}`), signature.subarray(8));
      }
    } else if (signature.length === 64) {
      good = kind === 255
        ? sm2Holds(bytes, utf8(text), toNumber(signature.subarray(0, 32)), toNumber(signature.subarray(32)))
        : ed25519Holds(bytes, utf8(text), signature);
    }
    return good ? Number(time) : refuse("signature-invalid", name);
  }

  const need = (condition) => condition || refuse("policy-malformed");

  function keyOf(words, kinds) {
    need(words.length === 1 || words.length === 2);
    const [text] = words.map((word) => {
      try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
          .decode(Uint8Array.from(word, (character) => character.charCodeAt(0)));
      } catch {
        return refuse("policy-malformed");
      }
    });
    const key = readKey(text);
    need(kinds.includes(key.kind));
    return key;
  }

  // Names are bytes: the policy is read as Latin-1, and only keys become text.
  function readPolicy(data) {
    if (data.length > 1 << 20) refuse("too-large");
    need(data.at(-1) === 10 && data.every((byte) => (byte >= 32 && byte !== 127) || byte === 9 || byte === 10));
    const policy = { logs: [], witnesses: new Map(), groups: new Map(), quorum: null }, used = new Set();
    const known = (name) => policy.witnesses.has(name) || policy.groups.has(name);
    for (const line of latin(data).split("\n")) {
      const [verb, ...words] = line.split(/[ \t]+/).filter(Boolean);
      if (verb === undefined || verb.startsWith("#")) continue;
      if (verb === "quorum") {
        need(policy.quorum === null && words.length === 1 && (words[0] === "none" || known(words[0])));
        [policy.quorum] = words;
      } else if (verb === "log") {
        const key = keyOf(words, [1, MLDSA, 255]);
        need(policy.logs.every((other) => !equal(other.bytes, key.bytes)));
        policy.logs.push(key);
      } else {
        need((verb === "witness" || verb === "group") && words.length && words[0] !== "none" && !known(words[0]));
        if (verb === "witness") {
          const key = keyOf(words.slice(1), [COSIGNATURE, MLDSA]);
          need([...policy.witnesses.values()].every((other) => !equal(other.bytes, key.bytes)));
          policy.witnesses.set(words[0], key);
        } else {
          group(policy, words, known, used);
        }
      }
    }
    need(policy.quorum !== null);
    if ([policy.logs.length, policy.witnesses.size, policy.groups.size].some((count) => count > 64)) refuse("too-large");
    return policy;
  }

  function group(policy, [name, word, ...members], known, used) {
    need(members.length);
    for (const member of members) {
      need(known(member) && !used.has(member));
      used.add(member);
    }
    const named = { any: 1, all: members.length }[word];
    need(named !== undefined || (/^[1-9][0-9]{0,2}$/.test(word) && Number(word) <= members.length));
    policy.groups.set(name, { threshold: named ?? Number(word), members });
  }

  function filled(policy, cosigned) {
    const there = new Set([...policy.witnesses].filter(([, key]) => cosigned.includes(key)).map(([name]) => name));
    for (const [name, { threshold, members }] of policy.groups) {
      if (members.filter((member) => there.has(member)).length >= threshold) there.add(name);
    }
    return policy.quorum === "none" || there.has(policy.quorum);
  }

  function openHead(data, policy) {
    const whole = textOf(data, 1 << 20), blank = whole.lastIndexOf("\n\n");
    if (blank < 0 || blank + 2 >= whole.length || !whole.endsWith("\n")) refuse("note-malformed");
    const text = whole.slice(0, blank + 1), rows = whole.slice(blank + 2, -1).split("\n");
    if (rows.length > 64) refuse("too-large");
    const signatures = rows.map((row) => {
      const [dash, name, blob, ...more] = row.split(" ");
      if (dash !== "—" || blob === undefined || more.length || !isKeyName(name)) refuse("note-malformed");
      const bytes = fromBase64(blob, null, "note-malformed");
      return bytes.length > 4 ? { name, keyId: hex(bytes.subarray(0, 4)), bytes: bytes.subarray(4) } : refuse("note-malformed");
    });
    const [origin, sizeText, rootText, ...rest] = text.split("\n");
    if (rootText === undefined || !rest.length || !origin) refuse("checkpoint-malformed");
    if (rest.length > 1) refuse("checkpoint-extension");
    const size = decimal(sizeText, "checkpoint-malformed"), root = fromBase64(rootText, 32, "checkpoint-malformed");
    const logs = policy.logs.filter((key) => key.name === origin);
    const known = [...logs, ...policy.witnesses.values()].filter((key) => key.kind !== MLDSA), signed = new Map();
    for (const { name, keyId, bytes } of signatures) {
      const key = known.find((one) => one.name === name && one.keyId === keyId);
      if (!key) continue;
      if (signed.has(key)) refuse("signature-twice");
      signed.set(key, verifyWith(key, text, bytes));
    }
    if (!logs.some((key) => signed.has(key))) refuse("policy-log-unknown");
    return { origin, size, root, text, signed };
  }

  function readProof(data) {
    const whole = textOf(data, 2 << 20), blank = whole.indexOf("\n\n");
    const lines = whole.slice(0, Math.max(blank, 0)).split("\n"), checkpoint = whole.slice(blank + 2);
    if (blank < 0 || !checkpoint || lines.shift() !== "c2sp.org/tlog-proof@v1") refuse("proof-malformed");
    let extra = new Uint8Array();
    if (lines[0]?.startsWith("extra ")) extra = fromBase64(lines.shift().slice(6), null, "proof-malformed");
    if (!lines[0]?.startsWith("index ")) refuse("proof-malformed");
    const index = decimal(lines.shift().slice(6), "proof-malformed");
    if (lines.length > 63) refuse("proof-length");
    const hashes = lines.map((line) => fromBase64(line, 32, "proof-malformed"));
    return { index, hashes, checkpoint: utf8(checkpoint), extra };
  }

  // --- the steps ---

  const fill = (key, value = "", values = {}) =>
    midun.words.say[key].replace(/\{(\w*)\}/g, (_all, name) => (name ? values[name] : value));
  const beijing = (seconds) => new Date((seconds + 8 * 3600) * 1000).toISOString().slice(0, 19).replace("T", " ");
  const KEYS = "format,deposit,index,origin,created,files";

  class Check {
    constructor() {
      Object.assign(this, { name: "container", steps: [], facts: {} });
    }

    say(state, sentence, check = this.name) {
      this.steps.push({ check, state, sentence });
    }

    container(data) {
      const members = unpack(data);
      for (const name of REQUIRED) if (!members.has(name)) throw new Unsound("member-missing", name);
      const list = readList(members.get("bundle.json"));
      for (const name of Object.keys(list.files)) if (!members.has(name)) throw new Unsound("member-missing", name);
      for (const [name, content] of members) {
        if (name === "bundle.json") continue;
        if (!Object.hasOwn(list.files, name)) throw new Unsound("member-unlisted", name);
        if (hex(sha256(content)) !== list.files[name]) throw new Unsound("member-changed", name);
      }
      tokenNumbers(members);
      const proof = at("proof.tlog-proof", () => readProof(members.get("proof.tlog-proof")));
      const whole = new TextDecoder().decode(proof.checkpoint), text = `${whole.slice(0, Math.max(whole.lastIndexOf("\n\n"), 0))}\n`;
      if (!equal(members.get("checkpoint.txt"), utf8(text))) throw new Unsound("checkpoint-differs", "checkpoint.txt");
      if (BigInt(list.index) !== proof.index || list.origin !== text.split("\n")[0]) {
        throw new Unsound("manifest-wrong-log", "bundle.json");
      }
      this.say("ok", fill("container"));
      Object.assign(this.facts, { deposit: list.deposit, created: list.created });
      return { members, proof };
    }

    log(members, proof, given) {
      this.name = "policy";
      const policy = at(given ? "policy" : "policy.txt", () => readPolicy(given ?? members.get("policy.txt")));
      this.say(given ? "ok" : "note", fill(given ? "policy-given" : "policy-own"));
      this.name = "log";
      const head = at("proof.tlog-proof", () => openHead(proof.checkpoint, policy));
      this.say("ok", fill("log", "", { origin: head.origin, size: head.size }));
      this.name = "inclusion";
      const found = at("proof.tlog-proof", () => {
        const parsed = parseEntry(proof.extra), { index, hashes } = proof;
        const root = pathRoot({ leaf: SHA256.leaf(proof.extra), index, size: head.size, proof: hashes });
        return equal(root, head.root) ? parsed : refuse("inclusion-wrong");
      });
      this.say("ok", fill("inclusion", "", { index: proof.index }));
      Object.assign(this.facts, {
        origin: head.origin, size: Number(head.size), root: hex(head.root), index: Number(proof.index), kind: found.kind,
        commitment_sha256: hex(found.commitment.sha256), commitment_sm3: hex(found.commitment.sm3),
        claimed_at: Number(found.time),
      });
      return { policy, head, entry: found };
    }

    witnesses({ policy, head }) {
      this.name = "witness";
      const keys = [...policy.witnesses.values()].filter((key) => head.signed.get(key));
      const names = keys.map((key) => key.name).join("、");
      this.facts.cosigned = keys.map((key) => [key.name, head.signed.get(key)]);
      if (!filled(policy, keys)) this.say("missing", fill("witness-missing", names || fill("none")));
      else if (policy.quorum === "none") this.say("note", fill("witness-none", names || fill("none")));
      else this.say("ok", fill("witness", names));
      const passed = [...policy.logs, ...policy.witnesses.values()].filter((key) => key.kind === MLDSA);
      if (passed.length) this.say("note", fill("ml-dsa", passed.map((key) => key.name).join("、")));
    }

    tokens(members, text, roots) {
      this.name = "time-stamp";
      this.facts.tokens = [];
      let before = [], last = null;
      for (const number of tokenNumbers(members)) {
        const file = `timestamps/${number}.tsr`;
        const stamp = at(file, () => {
          const token = tokenIn(members.get(file));
          if (beginsChain(token, text)) before = [];
          const found = checkToken(token, members.get(`timestamps/${number}.pem`), stampedBytes(text, before), roots);
          if (before.length && last && (found.at < last.at || found.at > last.ends)) refuse("token-renewal");
          return { ...found, token, renews: before.length > 0 };
        });
        const development = stamp.policy === midun.words.development;
        const said = fill(stamp.renews ? "renewal" : "stamp", "", { file, at: beijing(stamp.at), name: stamp.name });
        this.say(development ? "note" : "ok", said + (development ? fill("development") : ""));
        this.facts.tokens.push({ file, at: stamp.at, name: stamp.name, development, root_sha256: stamp.rootSha256 });
        before = [...before, stamp.token];
        last = stamp;
      }
      if (!last) this.say("missing", fill("no-stamp"));
      else if (!roots) this.say("note", fill("roots-own"));
    }

    opening(log, data, file, statement) {
      this.name = "opening";
      if (!data) {
        this.say("note", fill("opening-none"));
        if (file) this.say("note", fill("file-unopened"), "file");
        if (statement) this.say("note", fill("statement-unopened"), "statement");
        return;
      }
      const shown = at("opening", () => {
        const opening = midun.Opening.parse(data);
        opening.verify(log.entry);
        return opening;
      });
      const { inSet } = shown;
      this.say("ok", fill("opening", inSet ? fill("in-set", "", { count: inSet.count, path: inSet.path }) : ""));
      this.facts.file = { size: shown.file.size, sha256: hex(shown.file.sha256), sm3: hex(shown.file.sm3) };
      this.name = "file";
      if (!file) this.say("note", fill("file-none"));
      else if (file.size !== shown.file.size || !equal(file.sha256, shown.file.sha256) || !equal(file.sm3, shown.file.sm3)) {
        throw new Unsound("file-wrong", "file");
      } else this.say("ok", fill("file"));
      this.name = "statement";
      if (!statement) return;
      if (!equal(statement, shown.meta)) throw new Unsound("statement-wrong", "statement.json");
      this.say("ok", fill("statement"));
    }
  }

  function readList(data) {
    try {
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data), list = JSON.parse(text);
      const created = /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})Z$/.exec(list.created);
      const sound = Object.keys(list).join() === KEYS && `${JSON.stringify(list, null, 1)}\n` === text
        && list.format === "midun-bundle/1" && typeof list.origin === "string"
        && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(list.deposit)
        && Object.values(list.files).every((value) => /^[0-9a-f]{64}$/.test(value))
        && Number.isSafeInteger(list.index) && list.index >= 0
        && created && list.created >= "1970" && new Date(list.created).toISOString().slice(0, 19) === created[1];
      if (sound) return list;
    } catch {
      // what cannot be read is malformed
    }
    throw new Unsound("manifest-malformed", "bundle.json");
  }

  function tokenNumbers(members) {
    const names = [...members.keys()].filter((name) => name.startsWith("timestamps/"));
    const numbers = [...new Set(names.map((name) => name.slice(11, 13)))].sort();
    const two = (number) => String(number).padStart(2, "0");
    if (numbers.some((number, i) => number !== two(i + 1))) {
      throw new Unsound("member-missing", `timestamps/${two(numbers.length)}.tsr`);
    }
    for (const number of numbers) {
      for (const suffix of ["tsr", "pem"]) {
        const name = `timestamps/${number}.${suffix}`;
        if (!members.has(name)) throw new Unsound("member-missing", name);
      }
    }
    return numbers;
  }

  // `file` is { size, sha256, sm3 }; everything else bytes, or null where it is not given.
  midun.verifyBundle = (data, { policy = null, roots = null, opening = null, file = null } = {}) => {
    const check = new Check(), { sentences } = midun.words;
    let reason = "", where = "";
    try {
      const { members, proof } = check.container(data), log = check.log(members, proof, policy);
      check.witnesses(log);
      check.tokens(members, utf8(log.head.text), roots);
      check.opening(log, opening, file, members.get("statement.json") ?? null);
    } catch (error) {
      if (!(error instanceof Unsound)) throw error;
      ({ reason, where } = error);
      check.say("failed", sentences[reason] + (where ? `（${where}）` : ""));
    }
    const missing = check.steps.filter((step) => step.state === "missing").map((step) => fill(`absent-${step.check}`));
    const status = reason ? "invalid" : missing.length ? "valid-accepted-only" : "valid";
    const stamps = check.facts.tokens ?? [], trial = stamps.length > 0 && stamps.every((stamp) => stamp.development);
    const sentence = fill(status === "valid" && trial ? "valid-development" : status, reason ? sentences[reason] : missing.join("、"));
    const { steps, facts } = check;
    return { format: "midun-verdict/1", status, reason, where, sentence, steps, facts };
  };
  midun.bundle = { unpack };
})();
