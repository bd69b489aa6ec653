/** tsvectorsend, tsqueryrecv and kin: lexemes end with a zero byte, a query stands operator first and right operand before left. */
import { PgError } from "../base/error.ts";
import { decodeUtf8 } from "./codec.ts";
import { type Position, type Query, type Vector, vectorOf, type Weight } from "./tsvector.ts";

/** A position's two upper bits, and a query's bits, count up to the heaviest. */
const weights: readonly Weight[] = ["D", "C", "B", "A"];
const operators = ["not", "and", "or", "phrase"] as const;
const [isValue, isOperator] = [1, 2];

export function vectorBytes(vector: Vector): Uint8Array {
  const pieces: Buffer[] = [int32(vector.size)];
  for (const [lexeme, positions] of vector) {
    pieces.push(Buffer.from(`${lexeme}\0`), int16(positions.length));
    for (const { at, weight } of positions)
      pieces.push(int16((weights.indexOf(weight) << 14) | at));
  }
  return Buffer.concat(pieces);
}

export function vectorOfBytes(bytes: Uint8Array): Vector {
  const input = new Bytes(bytes);
  const count = input.int32();
  if (count < 0) throw malformed("invalid size of tsvector");
  const entries: [string, Position[]][] = [];
  for (let n = 0; n < count; n++) {
    const lexeme = input.text();
    const positions = Array.from({ length: input.int16() }, () => {
      const word = input.int16();
      return { at: word & 0x3fff, weight: weights[word >> 14] ?? "D" };
    });
    entries.push([lexeme, positions]);
  }
  input.end();
  return vectorOf(entries);
}

export function queryBytes(query: Query | undefined): Uint8Array {
  const items = query === undefined ? [] : itemsOf(query);
  return Buffer.concat([int32(items.length), ...items]);
}

function itemsOf(query: Query): Buffer[] {
  switch (query.kind) {
    case "lexeme": {
      const bits = [...query.weights].reduce((sum, each) => sum | bitOf(each), 0);
      const head = Buffer.of(isValue, bits, query.isPrefix ? 1 : 0);
      return [Buffer.concat([head, Buffer.from(`${query.text}\0`)])];
    }
    case "not":
      return [Buffer.of(isOperator, 1), ...itemsOf(query.argument)];
    case "and":
    case "or":
    case "phrase": {
      const head = Buffer.of(isOperator, operators.indexOf(query.kind) + 1);
      const own = query.kind === "phrase" ? Buffer.concat([head, int16(query.distance)]) : head;
      return [own, ...itemsOf(query.right), ...itemsOf(query.left)];
    }
    default:
      return query satisfies never;
  }
}

const bitOf = (weight: string) => 1 << weights.findIndex((each) => each === weight);

export function queryOfBytes(bytes: Uint8Array): Query | undefined {
  const input = new Bytes(bytes);
  const count = input.int32();
  if (count < 0) throw malformed("invalid size of tsquery");
  let left = count;
  const next = (): Query => {
    if (left-- <= 0) throw malformed("malformed tsquery: operand not found");
    const kind = input.int8();
    if (kind === isValue) return lexeme(input);
    if (kind !== isOperator) throw malformed(`unrecognized tsquery node type: ${kind}`);
    const code = input.int8();
    const operator = operators[code - 1];
    if (operator === undefined)
      throw malformed(`invalid tsquery: unrecognized operator type ${code}`);
    if (operator === "not") return { kind: operator, argument: next() };
    const distance = operator === "phrase" ? input.int16() : 0;
    const right = next();
    const both = { left: next(), right };
    return operator === "phrase"
      ? { kind: operator, ...both, distance }
      : { kind: operator, ...both };
  };
  const query = count === 0 ? undefined : next();
  if (left !== 0) throw malformed("invalid tsquery: extra nodes");
  input.end();
  return query;
}

function lexeme(input: Bytes): Query {
  const bits = input.int8();
  if (bits > 15) throw malformed("invalid tsquery: invalid weight bitmap");
  const isPrefix = input.int8() === 1;
  const own = weights.filter((_, at) => (bits >> at) & 1).reverse();
  return { kind: "lexeme", text: input.text(), weights: own.join(""), isPrefix };
}

class Bytes {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  int8(): number {
    return this.#bytes.readUInt8(this.#taken(1));
  }

  int16(): number {
    return this.#bytes.readUInt16BE(this.#taken(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#taken(4));
  }

  text(): string {
    const end = this.#bytes.indexOf(0, this.#at);
    if (end < 0) throw new PgError("08P01", "invalid string in message");
    const text = decodeUtf8(this.#bytes.subarray(this.#at, end));
    this.#at = end + 1;
    return text;
  }

  end(): void {
    if (this.#at < this.#bytes.length) throw new PgError("22P03", "incorrect binary data format");
  }

  #taken(size: number): number {
    const start = this.#at;
    if (start + size > this.#bytes.length)
      throw new PgError("08P01", "insufficient data left in message");
    this.#at = start + size;
    return start;
  }
}

/** What PostgreSQL reports by elog. */
function malformed(message: string): PgError {
  return new PgError("22P03", message);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
