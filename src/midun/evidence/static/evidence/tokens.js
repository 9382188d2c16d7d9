// Time-stamps (RFC 3161, RFC 5816) in CMS with their certificates, read strictly and verified; the rules are those of
// docs/formats/timestamp.md as far as docs/formats/bundle.md needs them. Needs hashes.js, tlog.js, signatures.js.
"use strict";
(() => {
  const midun = globalThis.midun;
  const { Refused, equal, fromBase64, hex, join, utf8 } = midun.tlog;
  const { P256, P384, P521, ecdsaHolds, sm2Holds, rsaHolds, digests } = midun.signatures;
  const INTEGER = 2, BITS = 3, OCTETS = 4, NULL = 5, OID = 6, UTC = 0x17, GENERAL = 0x18, SEQUENCE = 0x30, SET = 0x31;
  const bad = (detail, reason = "token-malformed") => {
    throw new Refused(reason, detail);
  };

  // --- DER ---

  class Der {
    constructor(tag, body, raw) {
      Object.assign(this, { tag, body, raw });
    }

    expect(tag) {
      return this.tag === tag ? this : bad(`tag ${this.tag} instead of ${tag}`);
    }

    parts() {
      return this.tag & 0x20 ? new Parts(all(this.body)) : bad(`tag ${this.tag} is primitive`);
    }

    number() {
      const { body } = this.expect(INTEGER);
      const short = body.length === 1 || (body.length > 1
        && (body[0] !== 0 && body[0] !== 0xff || (body[0] ^ body[1]) & 0x80));
      if (!short) bad("INTEGER");
      return BigInt.asIntN(body.length * 8, midun.signatures.toNumber(body));
    }

    oid() {
      const { body } = this.expect(OID), arcs = [];
      if (!body.length || body.at(-1) & 0x80) bad("OBJECT IDENTIFIER");
      let value = 0n, fresh = true;
      for (const byte of body) {
        if (fresh && byte === 0x80) bad("OBJECT IDENTIFIER");
        value = value << 7n | BigInt(byte & 0x7f);
        fresh = !(byte & 0x80);
        if (fresh) {
          arcs.push(value);
          value = 0n;
        }
      }
      const first = arcs[0] / 40n < 2n ? arcs[0] / 40n : 2n;
      return [first, arcs[0] - 40n * first, ...arcs.slice(1)].join(".");
    }

    bits() {
      const { body } = this.expect(BITS);
      return body.length && body[0] === 0 ? body.subarray(1) : bad("BIT STRING");
    }

    // Seconds since 1970; fractions are dropped.
    seconds() {
      let text = String.fromCharCode(...this.body);
      if (this.tag === UTC) text = (text.slice(0, 2) >= "50" ? "19" : "20") + text;
      else this.expect(GENERAL);
      const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d+)?Z$/.exec(text);
      if (!match || (match[7] && this.tag !== GENERAL)) bad("time");
      const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number);
      const at = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
      const sound = year >= 1970 && at.getUTCMonth() === month - 1 && at.getUTCDate() === day && hour < 24 && minute < 60;
      return sound && second < 60 ? at.getTime() / 1000 : bad("time");
    }
  }

  // The elements inside another, taken one after the other.
  class Parts {
    constructor(items) {
      this.items = items;
    }

    take(tag) {
      return this.items.length ? this.items.shift().expect(tag) : bad("ends early");
    }

    optional(tag) {
      return this.items[0]?.tag === tag ? this.items.shift() : null;
    }

    end() {
      if (this.items.length) bad(`${this.items.length} parts too many`);
    }
  }

  function one(data, at) {
    if (at + 2 > data.length || (data[at] & 0x1f) === 0x1f) bad(`at byte ${at}`);
    let length = data[at + 1], begin = at + 2;
    if (length & 0x80) {
      const count = length & 0x7f;
      length = data.subarray(begin, begin + count).reduce((sum, byte) => sum * 256 + byte, 0);
      begin += count;
      if (count < 1 || count > 4 || length < 0x80 || length < 256 ** (count - 1)) bad(`length at byte ${at}`);
    }
    if (begin + length > data.length) bad(`ends early at byte ${at}`);
    return [new Der(data[at], data.subarray(begin, begin + length), data.subarray(at, begin + length)), begin + length];
  }

  function all(data) {
    const found = [];
    for (let at = 0; at < data.length;) {
      const [element, end] = one(data, at);
      found.push(element);
      at = end;
    }
    return found;
  }

  function whole(data) {
    const [element, end] = one(data, 0);
    return end === data.length && data.length <= 1 << 20 ? element : bad("bytes behind the element");
  }

  function algorithm(element) {
    const parts = element.expect(SEQUENCE).parts(), oid = parts.take(OID).oid(), empty = parts.optional(NULL);
    if (empty?.body.length) bad("parameters of an algorithm");
    parts.end();
    return oid;
  }

  // --- certificates ---

  const DIGESTS = {
    "2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512",
    "1.2.156.10197.1.401": "sm3",
  };
  const SIGNATURES = {
    "1.2.840.10045.4.3.2": ["ec", "sha256"], "1.2.840.10045.4.3.3": ["ec", "sha384"],
    "1.2.840.10045.4.3.4": ["ec", "sha512"], "1.2.840.10045.2.1": ["ec", ""],
    "1.2.840.113549.1.1.11": ["rsa", "sha256"], "1.2.840.113549.1.1.12": ["rsa", "sha384"],
    "1.2.840.113549.1.1.13": ["rsa", "sha512"], "1.2.840.113549.1.1.1": ["rsa", ""],
    "1.2.156.10197.1.501": ["sm2", "sm3"], "1.2.156.10197.1.301": ["sm2", "sm3"], "1.2.156.10197.1.301.1": ["sm2", "sm3"],
  };
  const BASIC = "2.5.29.19", USAGE = "2.5.29.15", PURPOSE = "2.5.29.37", STAMPING = "1.3.6.1.5.5.7.3.8";
  const UNDERSTOOD = [BASIC, USAGE, PURPOSE, "2.5.29.32", "2.5.29.17"];

  const CURVES = { "1.2.840.10045.3.1.7": P256, "1.3.132.0.34": P384, "1.3.132.0.35": P521 };

  function readKey(info) {
    const parts = info.expect(SEQUENCE).parts(), names = parts.take(SEQUENCE).parts(), point = parts.take(BITS).bits();
    const kind = names.take(OID).oid();
    if (kind === "1.2.840.113549.1.1.1") {
      const numbers = whole(point).expect(SEQUENCE).parts();
      return { kind: "rsa", modulus: numbers.take(INTEGER).number(), exponent: numbers.take(INTEGER).number() };
    }
    const curve = kind === "1.2.840.10045.2.1" ? names.optional(OID)?.oid() : "";
    if (CURVES[curve]) return { kind: "ec", curve: CURVES[curve], point };
    return { kind: curve === "1.2.156.10197.1.301" ? "sm2" : `${kind} ${curve}`, point };
  }

  function holds(key, oid, digestName, message, signature) {
    const [kind, own] = SIGNATURES[oid] ?? ["", ""], name = own || digestName;
    if (kind !== key.kind || (kind !== "sm2" && !["sha256", "sha384", "sha512"].includes(name))) {
      bad(`${oid} ${name} with a key of kind ${key.kind}`, "token-algorithm");
    }
    if (kind === "rsa") return rsaHolds(key.modulus, key.exponent, name, digests[name](message), signature);
    let r, s;
    try {
      const pair = whole(signature).expect(SEQUENCE).parts();
      [r, s] = [pair.take(INTEGER).number(), pair.take(INTEGER).number()];
      pair.end();
    } catch {
      return false;
    }
    return kind === "sm2" ? sm2Holds(key.point, message, r, s) : ecdsaHolds(key.curve, key.point, digests[name](message), r, s);
  }

  function nameOf(element) {
    const found = {};
    for (const group of element.expect(SEQUENCE).parts().items) {
      for (const pair of group.parts().items) {
        const parts = pair.parts(), kind = parts.take(OID).oid(), text = parts.items[0];
        if (text) found[kind] = new TextDecoder(text.tag === 0x1e ? "utf-16be" : "utf-8").decode(text.body);
      }
    }
    return found["2.5.4.3"] || found["2.5.4.10"] || "";
  }

  function readCertificate(raw) {
    const outer = whole(raw).expect(SEQUENCE).parts(), signed = outer.take(SEQUENCE);
    const oid = outer.take(SEQUENCE).parts().take(OID).oid(), signature = outer.take(BITS).bits();
    const parts = signed.parts();
    parts.optional(0xa0);
    const serial = parts.take(INTEGER).number();
    if (parts.take(SEQUENCE).parts().take(OID).oid() !== oid) bad("two signature algorithms");
    const [issuer, validity, subject] = [parts.take(SEQUENCE), parts.take(SEQUENCE), parts.take(SEQUENCE)];
    const times = validity.parts().items;
    if (times.length !== 2) bad("validity");
    const key = readKey(parts.take(SEQUENCE)), extensions = new Map();
    for (const part of parts.items.filter((item) => item.tag === 0xa3)) {
      for (const item of whole(part.body).expect(SEQUENCE).parts().items) {
        const fields = item.parts(), name = fields.take(OID).oid(), critical = fields.optional(1) !== null;
        extensions.set(name, { critical, value: fields.take(OCTETS).body });
      }
    }
    return {
      raw, signed: signed.raw, serial, issuer: issuer.raw, subject: subject.raw, name: nameOf(subject),
      begins: times[0].seconds(), ends: times[1].seconds(), key, extensions, oid, signature,
    };
  }

  const NONE = Uint8Array.of(0x30, 0), SIGNS = Uint8Array.of(3, 2, 2, 4);
  function isAuthority({ extensions }) {
    const fields = whole(extensions.get(BASIC)?.value ?? NONE).expect(SEQUENCE).parts().items;
    const usage = whole(extensions.get(USAGE)?.value ?? SIGNS).expect(BITS).body;
    return fields.length > 0 && hex(fields[0].raw) === "0101ff" && usage.length > 1 && (usage[1] & 4) !== 0;
  }

  function isForStamping({ extensions }) {
    const { critical, value } = extensions.get(PURPOSE) ?? { critical: false, value: NONE };
    const purposes = whole(value).parts().items.map((item) => item.oid());
    return critical && purposes.length === 1 && purposes[0] === STAMPING;
  }

  function readPem(bytes) {
    const text = String.fromCharCode(...bytes.subarray(0, 1 << 18));
    const blocks = [...text.matchAll(/-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+?)-----END CERTIFICATE-----/g)];
    if (blocks.length > 8) bad(`${blocks.length} certificates`);
    return blocks.map((block) => readCertificate(fromBase64(block[1].replace(/[\r\n]/g, ""), null, "token-malformed")));
  }

  function chainOf(signer, others, roots, at) {
    const followed = [signer];
    for (let step = 0; step < 8; step++) {
      const current = followed.at(-1);
      if (at < current.begins || at > current.ends) bad(current.name, "token-expired");
      const strange = [...current.extensions].some(([oid, { critical }]) => critical && !UNDERSTOOD.includes(oid));
      if (strange) bad(`${current.name}: unknown critical extension`, "token-chain-untrusted");
      if (roots.some((root) => equal(root.raw, current.raw))) return followed;
      const issuers = [...roots, ...others].filter((c) => equal(c.subject, current.issuer) && isAuthority(c));
      const found = issuers.find((c) => holds(c.key, current.oid, "", current.signed, current.signature));
      if (!found || equal(found.raw, current.raw)) bad(current.name, "token-chain-untrusted");
      followed.push(found);
    }
    return bad("too long", "token-chain-untrusted");
  }

  // --- tokens ---

  const TST_INFO = "1.2.840.113549.1.9.16.1.4", SIGNED = ["1.2.840.113549.1.7.2", "1.2.156.10197.6.1.4.2.2"];
  const digestNamed = (element) => DIGESTS[algorithm(element)] ?? bad("digest", "token-algorithm");

  function tokenIn(response) {
    const outer = whole(response).expect(SEQUENCE).parts(), status = outer.take(SEQUENCE).parts().take(INTEGER).number();
    if (status !== 0n && status !== 1n) bad(`status ${status}`, "token-refused");
    const token = outer.take(SEQUENCE).raw;
    outer.end();
    return token;
  }

  function signedData(token) {
    const content = whole(token).expect(SEQUENCE).parts();
    if (!SIGNED.includes(content.take(OID).oid())) bad("not SignedData");
    const fields = whole(content.take(0xa0).body).expect(SEQUENCE).parts();
    content.end();
    if (![1n, 3n].includes(fields.take(INTEGER).number())) bad("version");
    fields.take(SET).parts().items.forEach(algorithm);
    const inner = fields.take(SEQUENCE).parts();
    if (inner.take(OID).oid() !== TST_INFO) bad("not TSTInfo");
    const statement = whole(inner.take(0xa0).body).expect(OCTETS).body;
    inner.end();
    return { fields, statement };
  }

  function readInfo(statement) {
    const parts = whole(statement).expect(SEQUENCE).parts();
    if (parts.take(INTEGER).number() !== 1n) bad("version of TSTInfo");
    const policy = parts.take(OID).oid(), imprint = parts.take(SEQUENCE).parts();
    const name = digestNamed(imprint.take(SEQUENCE)), value = imprint.take(OCTETS).body;
    imprint.end();
    parts.take(INTEGER).number();
    return { policy, name, imprint: value, at: parts.take(GENERAL).seconds() };
  }

  function attributesOf(signed) {
    const found = new Map();
    for (const attribute of signed.parts().items) {
      const fields = attribute.parts(), oid = fields.take(OID).oid(), values = fields.take(SET).parts().items;
      if (found.has(oid) || values.length !== 1) bad(`attribute ${oid}`);
      found.set(oid, values[0]);
    }
    return found;
  }

  function namesSigner(attributes, signer) {
    const newer = attributes.get("1.2.840.113549.1.9.16.2.47"), older = attributes.get("1.2.840.113549.1.9.16.2.12");
    const chosen = newer ?? older;
    if (!chosen) return false;
    const fields = chosen.parts().take(SEQUENCE).parts().take(SEQUENCE).parts();
    const said = newer ? fields.optional(SEQUENCE) : null;
    const name = newer ? (said ? digestNamed(said) : "sha256") : "sha1";
    return equal(fields.take(OCTETS).body, digests[name](signer.raw));
  }

  function findSigner(chooser, pool) {
    let found = null;
    if (chooser.tag === SEQUENCE) {
      const parts = chooser.parts(), issuer = parts.take(SEQUENCE).raw, serial = parts.take(INTEGER).number();
      parts.end();
      found = pool.find((c) => equal(c.issuer, issuer) && c.serial === serial);
    } else if (chooser.tag === 0x80) {
      found = pool.find((c) => equal(c.extensions.get("2.5.29.14")?.value.subarray(2) ?? NONE, chooser.body));
    }
    return found ?? bad("the signer's certificate is not there", "token-certificate-wrong");
  }

  function checkSigner(parts, content, pool) {
    const version = parts.take(INTEGER).number(), chooser = parts.items.shift();
    if (!chooser || version !== (chooser.tag === SEQUENCE ? 1n : 3n)) bad("SignerInfo");
    const signer = findSigner(chooser, pool), name = digestNamed(parts.take(SEQUENCE)), signed = parts.take(0xa0);
    const oid = algorithm(parts.take(SEQUENCE)), signature = parts.take(OCTETS).body;
    parts.optional(0xa1);
    parts.end();
    const attributes = attributesOf(signed);
    const kind = attributes.get("1.2.840.113549.1.9.3"), digest = attributes.get("1.2.840.113549.1.9.4");
    if (!kind || !digest || kind.oid() !== TST_INFO) bad("signed attributes");
    if (!equal(digest.expect(OCTETS).body, digests[name](content))) bad("message digest", "token-signature-invalid");
    const message = signed.raw.slice();
    message[0] = SET;
    if (!holds(signer.key, oid, name, message, signature)) bad("", "token-signature-invalid");
    if (!isForStamping(signer) || !namesSigner(attributes, signer)) bad(signer.name, "token-certificate-wrong");
    return signer;
  }

  const MAGIC = utf8("midun-timestamp-renewal/1\n");
  const lengthOf = (part) => {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setUint32(4, part.length);
    return bytes;
  };
  const stampedBytes = (text, before) =>
    (before.length ? join(MAGIC, ...[text, ...before].flatMap((part) => [lengthOf(part), part])) : text);

  function beginsChain(token, text) {
    const info = readInfo(signedData(token).statement);
    return equal(info.imprint, digests[info.name](text));
  }

  // Gives { at, name, policy, rootSha256, ends }; throws Refused with a reason that begins with "token-".
  function checkToken(token, chain, text, roots) {
    const { fields, statement } = signedData(token), info = readInfo(statement);
    const held = fields.optional(0xa0);
    fields.optional(0xa1);
    const signers = fields.take(SET).parts().items;
    fields.end();
    if (signers.length !== 1) bad("one signer expected");
    if (!equal(info.imprint, digests[info.name](text))) bad("", "token-imprint-wrong");
    const given = readPem(chain), pool = [...(held?.parts().items ?? []).map((part) => readCertificate(part.raw)), ...given];
    const signer = checkSigner(signers[0].parts(), statement, pool);
    const trusted = roots ? readPem(roots) : given.filter((c) => equal(c.issuer, c.subject));
    const followed = chainOf(signer, pool, trusted, info.at);
    return {
      at: info.at, name: signer.name, policy: info.policy, rootSha256: hex(digests.sha256(followed.at(-1).raw)),
      ends: Math.min(...followed.map((certificate) => certificate.ends)),
    };
  }

  midun.tokens = { tokenIn, beginsChain, stampedBytes, checkToken };
})();
