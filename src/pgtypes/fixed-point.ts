/** Roots, exponentials and logarithms of whole numbers that stand for value × 10^digits. */

/** The largest whole number whose square is no more. */
export function sqrtFloor(value: bigint): bigint {
  if (value < 2n) return value;
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

/** Bits that computing goes beyond what was asked for. */
const guardBits = 32n;

/** Computed in powers of two, where shifts divide. */
const bitsOf = (digits: number) => BigInt(Math.ceil(digits * 3.3219281)) + guardBits;

const toBinary = (value: bigint, digits: number, bits: bigint) =>
  (value << bits) / 10n ** BigInt(digits);
const toDecimal = (value: bigint, digits: number, bits: bigint) =>
  (value * 10n ** BigInt(digits) + (1n << (bits - 1n))) >> bits;

/** 2 × artanh(numerator / denominator), by its series. */
function doubleArtanh(numerator: bigint, denominator: bigint, bits: bigint): bigint {
  const z = (numerator << bits) / denominator;
  const square = (z * z) >> bits;
  let [sum, term] = [0n, z];
  // A shift would never bring a negative term to nought.
  for (let k = 1n; term !== 0n; k += 2n) {
    sum += term / k;
    term = (term * square) / (1n << bits);
  }
  return sum * 2n;
}

const ln2 = (bits: bigint) => doubleArtanh(1n, 3n, bits);

export function lnFixed(value: bigint, digits: number): bigint {
  const bits = bitsOf(digits);
  let x = toBinary(value, digits, bits);
  const one = 1n << bits;
  // Into [2/3, 4/3), where the series is quick.
  const shift = BigInt(x.toString(2).length) - bits - 1n;
  let k = shift;
  x = shift >= 0n ? x >> shift : x << -shift;
  if (x * 3n >= one * 4n) {
    x >>= 1n;
    k++;
  }
  return toDecimal(doubleArtanh(x - one, x + one, bits) + k * ln2(bits), digits, bits);
}

/** `value` may be negative. */
export function expFixed(value: bigint, digits: number): bigint {
  // What the whole part multiplies is lost at the end.
  const whole = Math.max(0, Math.ceil(Number(value / 10n ** BigInt(digits)) * Math.LOG2E));
  const bits = bitsOf(digits) + BigInt(whole);
  const x = toBinary(value, digits, bits);
  const unit = ln2(bits);
  let n = x / unit;
  if (x < 0n) n -= 1n;
  const rest = x - n * unit;
  let [sum, term] = [0n, 1n << bits];
  for (let k = 1n; term !== 0n; k++) {
    sum += term;
    term = (term * rest) / (k << bits);
  }
  return toDecimal(n >= 0n ? sum << n : sum >> -n, digits, bits);
}
