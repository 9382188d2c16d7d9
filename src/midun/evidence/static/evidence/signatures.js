// Signatures, for verifying only: Ed25519 (RFC 8032), ECDSA (FIPS 186-4), SM2 with SM3 (GB/T 32918.2), RSA PKCS #1
// v1.5; and the hashes they need beside hashes.js. Nothing secret is handled, so nothing needs constant time.
"use strict";
(() => {
  const midun = globalThis.midun;
  const { sha256, sm3 } = midun.hashes;
  const { join, equal, utf8 } = midun.tlog;
  const WINDOW = 5;

  const toNumber = (bytes) => {
    let text = "0x0";
    for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
    return BigInt(text);
  };
  const toBytes = (number, length) => {
    const text = number.toString(16).padStart(length * 2, "0");
    return Uint8Array.from({ length }, (_none, i) => parseInt(text.slice(i * 2, i * 2 + 2), 16));
  };
  const mod = (a, p) => {
    const rest = a % p;
    return rest < 0n ? rest + p : rest;
  };
  const power = (base, exponent, p) => {
    let result = 1n;
    for (let square = base % p; exponent; exponent >>= 1n, square = square * square % p) {
      if (exponent & 1n) result = result * square % p;
    }
    return result;
  };
  const inverse = (a, p) => {
    let [r, s, x, y] = [mod(a, p), p, 1n, 0n];
    while (r > 1n) {
      const q = s / r;
      [r, s, x, y] = [s - q * r, r, y - q * x, x];
    }
    return mod(x, p);
  };

  // --- hashes: SHA-512, SHA-384 (FIPS 180-4) by BigInt, SHA-1 for the identifiers of old tokens ---

  const PRIMES = [];
  for (let n = 2; PRIMES.length < 80; n++) if (PRIMES.every((p) => n % p)) PRIMES.push(n);
  const root = (n, degree) => {
    let low = 0n, high = 1n << 40n << 64n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** degree <= n << (64n * degree)) low = middle; else high = middle;
    }
    return BigInt.asUintN(64, low);
  };
  const lazy = (make) => {
    let made = null;
    return () => (made ??= make());
  };
  const K512 = lazy(() => PRIMES.map((p) => root(BigInt(p), 3n)));
  const START512 = lazy(() => PRIMES.slice(0, 8).map((p) => root(BigInt(p), 2n)));
  const START384 = lazy(() => PRIMES.slice(8, 16).map((p) => root(BigInt(p), 2n)));

  function padded(data, block, lengthBytes) {
    const size = Math.ceil((data.length + 1 + lengthBytes) / block) * block;
    const whole = new Uint8Array(size);
    whole.set(data);
    whole[data.length] = 0x80;
    new DataView(whole.buffer).setBigUint64(size - 8, BigInt(data.length) * 8n);
    return new DataView(whole.buffer);
  }

  function sha2Wide(data, start, length) {
    const view = padded(data, 128, 16), k = K512(), M = (1n << 64n) - 1n;
    const turn = (x, n) => x >> n | x << (64n - n) & M;
    let state = [...start];
    for (let at = 0; at < view.byteLength; at += 128) {
      const w = [];
      for (let i = 0; i < 80; i++) {
        if (i < 16) {
          w.push(view.getBigUint64(at + i * 8));
          continue;
        }
        const x = w[i - 15], y = w[i - 2];
        w.push(w[i - 16] + (turn(x, 1n) ^ turn(x, 8n) ^ x >> 7n) + w[i - 7] + (turn(y, 19n) ^ turn(y, 61n) ^ y >> 6n) & M);
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 80; i++) {
        const t1 = h + (turn(e, 14n) ^ turn(e, 18n) ^ turn(e, 41n)) + (e & f ^ ~e & g & M) + k[i] + w[i];
        const t2 = (turn(a, 28n) ^ turn(a, 34n) ^ turn(a, 39n)) + (a & b ^ a & c ^ b & c);
        [h, g, f, e, d, c, b, a] = [g, f, e, d + t1 & M, c, b, a, t1 + t2 & M];
      }
      state = [a, b, c, d, e, f, g, h].map((word, i) => word + state[i] & M);
    }
    return join(...state.map((word) => toBytes(word, 8))).subarray(0, length);
  }
  const sha512 = (data) => sha2Wide(data, START512(), 64);
  const sha384 = (data) => sha2Wide(data, START384(), 48);

  function sha1(data) {
    const view = padded(data, 64, 8), w = new Int32Array(80), turn = (x, n) => x << n | x >>> (32 - n);
    let state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
    for (let at = 0; at < view.byteLength; at += 64) {
      for (let i = 0; i < 80; i++) {
        w[i] = i < 16 ? view.getInt32(at + i * 4) : turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
      }
      let [a, b, c, d, e] = state;
      for (let i = 0; i < 80; i++) {
        const f = i < 20 ? b & c | ~b & d : i >= 40 && i < 60 ? b & c | b & d | c & d : b ^ c ^ d;
        const k = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6][Math.floor(i / 20)];
        [e, d, c, b, a] = [d, c, turn(b, 30), a, turn(a, 5) + f + e + k + w[i] | 0];
      }
      state = [a, b, c, d, e].map((word, i) => word + state[i] | 0);
    }
    return join(...state.map((word) => toBytes(BigInt(word >>> 0), 4)));
  }

  // --- curves y² = x³ - 3x + b (P-256, P-384, P-521, SM2), Jacobian coordinates, z = 0 is infinity ---

  const P256 = {
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
  };
  const P384 = {
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
    y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
  };
  const P521 = {
    p: 0x1ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffn,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    n: 0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    x: 0xc6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
    y: 0x11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
  };
  const SM2 = {
    p: 0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffffn,
    b: 0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93n,
    n: 0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123n,
    x: 0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7n,
    y: 0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0n,
  };

  // Windowed non-adjacent form, lowest digit first.
  function digits(scalar) {
    const found = [], whole = 1n << BigInt(WINDOW), half = whole >> 1n;
    while (scalar) {
      let digit = 0n;
      if (scalar & 1n) {
        digit = scalar % whole;
        if (digit >= half) digit -= whole;
        scalar -= digit;
      }
      found.push(Number(digit));
      scalar >>= 1n;
    }
    return found;
  }

  function double([x, y, z], p) {
    const yy = y * y % p, zz = z * z % p, s = 4n * x * yy % p, m = 3n * (x - zz) * (x + zz) % p;
    const x3 = mod(m * m - 2n * s, p);
    return [x3, mod(m * (s - x3) - 8n * yy * yy, p), 2n * y * z % p];
  }

  function add(one, two, p) {
    if (!one[2]) return two;
    if (!two[2]) return one;
    const [x1, y1, z1] = one, [x2, y2, z2] = two;
    const zz1 = z1 * z1 % p, zz2 = z2 * z2 % p, u = x1 * zz2 % p, s = y1 * zz2 % p * z2 % p;
    const h = mod(x2 * zz1 - u, p), r = mod(y2 * zz1 % p * z1 - s, p);
    if (!h) return r ? [1n, 1n, 0n] : double(one, p);
    const hh = h * h % p, hhh = h * hh % p, v = u * hh % p;
    const x3 = mod(r * r - hhh - 2n * v, p);
    return [x3, mod(r * (v - x3) - s * hhh, p), h * z1 % p * z2 % p];
  }

  // Both scalars at once; `group` gives doubling, adding, the negative of a point, and zero.
  function joint(group, parts) {
    const prepared = parts.map(([scalar, point]) => {
      const twice = group.double(point), row = [point];
      while (row.length < 1 << (WINDOW - 2)) row.push(group.add(row.at(-1), twice));
      return [digits(scalar), row];
    });
    let result = group.zero;
    for (let place = Math.max(...prepared.map(([found]) => found.length)) - 1; place >= 0; place--) {
      result = group.double(result);
      for (const [found, row] of prepared) {
        const digit = found[place] ?? 0;
        if (digit) result = group.add(result, digit > 0 ? row[digit >> 1] : group.negative(row[-digit >> 1]));
      }
    }
    return result;
  }

  function jointX({ p, x, y }, baseScalar, scalar, point) {
    const group = {
      zero: [1n, 1n, 0n], double: (one) => double(one, p), add: (one, two) => add(one, two, p),
      negative: ([a, b, c]) => [a, mod(-b, p), c],
    };
    const result = joint(group, [[baseScalar, [x, y, 1n]], [scalar, [...point, 1n]]]);
    if (!result[2]) return null;
    const z = inverse(result[2], p);
    return result[0] * z % p * z % p;
  }

  function decodePoint({ p, b }, key) {
    const size = Math.ceil(p.toString(2).length / 8);
    if (key.length !== 1 + 2 * size || key[0] !== 4) return null;
    const x = toNumber(key.subarray(1, 1 + size)), y = toNumber(key.subarray(1 + size));
    return x < p && y < p && mod(y * y - x * x * x + 3n * x - b, p) === 0n ? [x, y] : null;
  }

  function ecdsaHolds(curve, key, digest, r, s) {
    const { n } = curve, point = decodePoint(curve, key), spare = digest.length * 8 - n.toString(2).length;
    if (!point || r <= 0n || r >= n || s <= 0n || s >= n) return false;
    const w = inverse(s, n), number = toNumber(digest) >> BigInt(Math.max(0, spare));
    const x = jointX(curve, number * w % n, r * w % n, point);
    return x !== null && x % n === r;
  }

  const SIGNER = utf8("1234567812345678");
  function sm2Holds(key, message, r, s) {
    const { n, p, b, x, y } = SM2, point = decodePoint(SM2, key), t = mod(r + s, n);
    if (!point || r <= 0n || r >= n || s <= 0n || s >= n || !t) return false;
    const constants = [p - 3n, b, x, y].map((number) => toBytes(number, 32));
    const z = sm3(join(Uint8Array.of(0, SIGNER.length * 8), SIGNER, ...constants, key.subarray(1)));
    const found = jointX(SM2, s, t, point);
    return found !== null && mod(toNumber(sm3(join(z, message))) + found, n) === r;
  }

  const INFO = {
    sha256: "3031300d060960864801650304020105000420",
    sha384: "3041300d060960864801650304020205000430",
    sha512: "3051300d060960864801650304020305000440",
  };
  function rsaHolds(modulus, exponent, name, digest, signature) {
    const bits = modulus > 0n ? modulus.toString(2).length : 0, size = Math.ceil(bits / 8);
    if (bits < 2048 || bits > 8192 || exponent < 3n || exponent >= 1n << 33n || signature.length !== size) return false;
    const number = toNumber(signature);
    if (number >= modulus) return false;
    const info = join(toBytes(BigInt(`0x${INFO[name]}`), INFO[name].length / 2), digest);
    const wanted = new Uint8Array(size).fill(0xff);
    wanted.set([0, 1]);
    wanted[size - info.length - 1] = 0;
    wanted.set(info, size - info.length);
    return equal(toBytes(power(number, exponent, modulus), size), wanted);
  }

  // --- Ed25519, extended coordinates ---

  const ED = 2n ** 255n - 19n, ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
  const D = lazy(() => mod(-121665n * inverse(121666n, ED), ED));
  const ROOT = lazy(() => power(2n, (ED - 1n) / 4n, ED));
  const edGroup = {
    zero: [0n, 1n, 1n, 0n],
    double([x, y, z]) {
      const a = x * x % ED, b = y * y % ED, h = a + b, e = h - (x + y) * (x + y) % ED, g = a - b, f = 2n * z * z % ED + g;
      return [mod(e * f, ED), mod(g * h, ED), mod(f * g, ED), mod(e * h, ED)];
    },
    add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
      const a = (y1 - x1) * (y2 - x2) % ED, b = (y1 + x1) * (y2 + x2) % ED;
      const c = 2n * t1 * t2 % ED * D() % ED, d = 2n * z1 * z2 % ED;
      const e = b - a, f = d - c, g = d + c, h = b + a;
      return [mod(e * f, ED), mod(g * h, ED), mod(f * g, ED), mod(e * h, ED)];
    },
    negative: ([x, y, z, t]) => [mod(-x, ED), y, z, mod(-t, ED)],
  };
  const littleNumber = (bytes) => toNumber(Uint8Array.from(bytes).reverse());

  function edDecode(bytes) {
    const whole = littleNumber(bytes), sign = whole >> 255n, y = whole & (1n << 255n) - 1n;
    if (y >= ED) return null;
    const u = mod(y * y - 1n, ED), v = mod(D() * y % ED * y + 1n, ED), v3 = v * v % ED * v % ED;
    let x = u * v3 % ED * power(u * v3 % ED * v3 % ED * v % ED, (ED - 5n) / 8n, ED) % ED;
    if (mod(v * x % ED * x - u, ED)) x = x * ROOT() % ED;
    if (mod(v * x % ED * x - u, ED) || (!x && sign)) return null;
    if ((x & 1n) !== sign) x = mod(-x, ED);
    return [x, y, 1n, x * y % ED];
  }

  const BASE = lazy(() => edDecode(toBytes(4n * inverse(5n, ED) % ED, 32).reverse()));
  function ed25519Holds(key, message, signature) {
    const point = key.length === 32 ? edDecode(key) : null;
    const s = littleNumber(signature.subarray(32));
    if (!point || signature.length !== 64 || s >= ORDER) return false;
    const h = littleNumber(sha512(join(signature.subarray(0, 32), key, message))) % ORDER;
    const [x, y, z] = joint(edGroup, [[s, BASE()], [h, edGroup.negative(point)]]);
    const w = inverse(z, ED), whole = y * w % ED | (x * w % ED & 1n) << 255n;
    return equal(toBytes(whole, 32).reverse(), signature.subarray(0, 32));
  }

  const onSm2 = (key) => decodePoint(SM2, key) !== null;
  midun.signatures = {
    P256, P384, P521, ed25519Holds, ecdsaHolds, sm2Holds, rsaHolds, onSm2, toNumber,
    digests: { sha1, sha256, sha384, sha512, sm3 },
  };
})();
