// SHA-256 (FIPS 180-4) and SM3 (GB/T 32905-2016), incremental: pages, workers and the offline verifier share them.
// A classic script, because a worker, a page and one inlined offline file must all be able to load the same bytes.
// WebCrypto cannot stream and knows no SM3.
"use strict";
(() => {
  const midun = globalThis.midun ??= {};

  const K = new Int32Array([
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
  ]);
  const SHA256_START = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ];
  const SM3_START = [
    0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
  ];
  // T_j of SM3, already rotated by j.
  const T = Int32Array.from({ length: 64 }, (_none, j) => {
    const t = j < 16 ? 0x79cc4519 : 0x7a879d8a;
    return (t << (j % 32)) | (j % 32 ? t >>> (32 - (j % 32)) : 0);
  });

  // What both hashes share: blocks of 64 bytes, the length in bits at the end, a state of eight words.
  class Running {
    constructor(start) {
      this.start = start;
      this.state = Int32Array.from(start);
      this.words = new Int32Array(68);
      this.block = new Uint8Array(64);
      this.view = new DataView(this.block.buffer);
      this.held = 0;
      this.length = 0;
    }

    again() {
      this.state.set(this.start);
      this.held = this.length = 0;
      return this;
    }

    update(data) {
      const { block } = this, { length } = data;
      let at = 0, { held } = this;
      this.length += length;
      if (held) {
        while (held < 64 && at < length) block[held++] = data[at++];
        if (held === 64) {
          this.compress(this.view, 0);
          held = 0;
        }
      }
      if (length - at >= 64) {
        const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
        for (; at + 64 <= length; at += 64) this.compress(view, at);
      }
      while (at < length) block[held++] = data[at++];
      this.held = held;
      return this;
    }

    // The 32 bytes; the running hash is used up by it.
    digest() {
      const { block, view } = this;
      block.fill(0, this.held);
      block[this.held] = 0x80;
      if (this.held > 55) {
        this.compress(view, 0);
        block.fill(0);
      }
      view.setUint32(56, Math.floor(this.length / 0x20000000));
      view.setUint32(60, (this.length << 3) >>> 0);
      this.compress(view, 0);
      const out = new Uint8Array(32);
      for (let i = 0; i < 32; i++) out[i] = this.state[i >> 2] >>> (24 - (i & 3) * 8);
      return out;
    }
  }

  class Sha256 extends Running {
    constructor() {
      super(SHA256_START);
    }

    compress(view, at) {
      const w = this.words, s = this.state;
      for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + i * 4);
      for (let i = 16; i < 64; i++) {
        const p = w[i - 15], q = w[i - 2];
        w[i] = (w[i - 16] + w[i - 7]
          + (((p >>> 7) | (p << 25)) ^ ((p >>> 18) | (p << 14)) ^ (p >>> 3))
          + (((q >>> 17) | (q << 15)) ^ ((q >>> 19) | (q << 13)) ^ (q >>> 10))) | 0;
      }
      let a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
      for (let i = 0; i < 64; i++) {
        const one = (h + w[i] + K[i] + (g ^ (e & (f ^ g)))
          + (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7)))) | 0;
        const two = ((((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10)))
          + ((a & b) ^ (c & (a ^ b)))) | 0;
        h = g; g = f; f = e; e = (d + one) | 0;
        d = c; c = b; b = a; a = (one + two) | 0;
      }
      s[0] += a; s[1] += b; s[2] += c; s[3] += d; s[4] += e; s[5] += f; s[6] += g; s[7] += h;
    }
  }

  class Sm3 extends Running {
    constructor() {
      super(SM3_START);
    }

    // Four rounds are written out, so that the words change their names instead of their places: a sixth faster.
    compress(view, at) {
      const w = this.words, s = this.state;
      for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + i * 4);
      for (let i = 16; i < 68; i++) {
        const p = w[i - 3], q = w[i - 13];
        const x = w[i - 16] ^ w[i - 9] ^ ((p << 15) | (p >>> 17));
        w[i] = x ^ ((x << 15) | (x >>> 17)) ^ ((x << 23) | (x >>> 9)) ^ ((q << 7) | (q >>> 25)) ^ w[i - 6];
      }
      let a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
      let p, q;
      for (let i = 0; i < 16; i += 4) {
        p = (a << 12) | (a >>> 20); q = (p + e + T[i]) | 0; q = (q << 7) | (q >>> 25);
        d = ((a ^ b ^ c) + d + (q ^ p) + (w[i] ^ w[i + 4])) | 0;
        h = ((e ^ f ^ g) + h + q + w[i]) | 0;
        h ^= ((h << 9) | (h >>> 23)) ^ ((h << 17) | (h >>> 15));
        b = (b << 9) | (b >>> 23); f = (f << 19) | (f >>> 13);
        p = (d << 12) | (d >>> 20); q = (p + h + T[i + 1]) | 0; q = (q << 7) | (q >>> 25);
        c = ((d ^ a ^ b) + c + (q ^ p) + (w[i + 1] ^ w[i + 1 + 4])) | 0;
        g = ((h ^ e ^ f) + g + q + w[i + 1]) | 0;
        g ^= ((g << 9) | (g >>> 23)) ^ ((g << 17) | (g >>> 15));
        a = (a << 9) | (a >>> 23); e = (e << 19) | (e >>> 13);
        p = (c << 12) | (c >>> 20); q = (p + g + T[i + 2]) | 0; q = (q << 7) | (q >>> 25);
        b = ((c ^ d ^ a) + b + (q ^ p) + (w[i + 2] ^ w[i + 2 + 4])) | 0;
        f = ((g ^ h ^ e) + f + q + w[i + 2]) | 0;
        f ^= ((f << 9) | (f >>> 23)) ^ ((f << 17) | (f >>> 15));
        d = (d << 9) | (d >>> 23); h = (h << 19) | (h >>> 13);
        p = (b << 12) | (b >>> 20); q = (p + f + T[i + 3]) | 0; q = (q << 7) | (q >>> 25);
        a = ((b ^ c ^ d) + a + (q ^ p) + (w[i + 3] ^ w[i + 3 + 4])) | 0;
        e = ((f ^ g ^ h) + e + q + w[i + 3]) | 0;
        e ^= ((e << 9) | (e >>> 23)) ^ ((e << 17) | (e >>> 15));
        c = (c << 9) | (c >>> 23); g = (g << 19) | (g >>> 13);
      }
      for (let i = 16; i < 64; i += 4) {
        p = (a << 12) | (a >>> 20); q = (p + e + T[i]) | 0; q = (q << 7) | (q >>> 25);
        d = (((a & b) | (c & (a | b))) + d + (q ^ p) + (w[i] ^ w[i + 4])) | 0;
        h = ((g ^ (e & (f ^ g))) + h + q + w[i]) | 0;
        h ^= ((h << 9) | (h >>> 23)) ^ ((h << 17) | (h >>> 15));
        b = (b << 9) | (b >>> 23); f = (f << 19) | (f >>> 13);
        p = (d << 12) | (d >>> 20); q = (p + h + T[i + 1]) | 0; q = (q << 7) | (q >>> 25);
        c = (((d & a) | (b & (d | a))) + c + (q ^ p) + (w[i + 1] ^ w[i + 1 + 4])) | 0;
        g = ((f ^ (h & (e ^ f))) + g + q + w[i + 1]) | 0;
        g ^= ((g << 9) | (g >>> 23)) ^ ((g << 17) | (g >>> 15));
        a = (a << 9) | (a >>> 23); e = (e << 19) | (e >>> 13);
        p = (c << 12) | (c >>> 20); q = (p + g + T[i + 2]) | 0; q = (q << 7) | (q >>> 25);
        b = (((c & d) | (a & (c | d))) + b + (q ^ p) + (w[i + 2] ^ w[i + 2 + 4])) | 0;
        f = ((e ^ (g & (h ^ e))) + f + q + w[i + 2]) | 0;
        f ^= ((f << 9) | (f >>> 23)) ^ ((f << 17) | (f >>> 15));
        d = (d << 9) | (d >>> 23); h = (h << 19) | (h >>> 13);
        p = (b << 12) | (b >>> 20); q = (p + f + T[i + 3]) | 0; q = (q << 7) | (q >>> 25);
        a = (((b & c) | (d & (b | c))) + a + (q ^ p) + (w[i + 3] ^ w[i + 3 + 4])) | 0;
        e = ((h ^ (f & (g ^ h))) + e + q + w[i + 3]) | 0;
        e ^= ((e << 9) | (e >>> 23)) ^ ((e << 17) | (e >>> 15));
        c = (c << 9) | (c >>> 23); g = (g << 19) | (g >>> 13);
      }
      s[0] ^= a; s[1] ^= b; s[2] ^= c; s[3] ^= d; s[4] ^= e; s[5] ^= f; s[6] ^= g; s[7] ^= h;
    }
  }

  // Of some pieces at once. One running hash is used again and again: making one costs more than a short text does.
  const atOnce = (running) => (...parts) => {
    running.again();
    for (const part of parts) running.update(part);
    return running.digest();
  };
  const sha256 = atOnce(new Sha256()), sm3 = atOnce(new Sm3());

  // RFC 2104 with SHA-256.
  function hmac(key, ...parts) {
    const padded = new Uint8Array(64);
    padded.set(key.length > 64 ? sha256(key) : key);
    const inner = sha256(padded.map((byte) => byte ^ 0x36), ...parts);
    return sha256(padded.map((byte) => byte ^ 0x5c), inner);
  }

  midun.hashes = { Sha256, Sm3, sha256, sm3, hmac };
})();
