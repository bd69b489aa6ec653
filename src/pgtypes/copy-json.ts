/** FORMAT json: an object a line, its members the columns, values as PostgreSQL's to_json writes them. https://jsonlines.org */
import { PgError } from "../base/error.ts";
import { readArrayText, type Tree } from "./array-text.ts";
import { codecFor } from "./codecs.ts";
import { coerce } from "./coerce.ts";
import type { CopyDecoder, CopyInColumn, CopyInFormat } from "./copy-decoder.ts";
import type { CopyColumn, CopyEncoder } from "./copy-encoder.ts";
import { jsonMembers } from "./json-members.ts";
import { kernelRows } from "./kernel.ts";
import type { LogicalType } from "./logical-type.ts";
import { oids } from "./oids.ts";
import { readValue } from "./read-value.ts";
import type { TextSettings } from "./text-settings.ts";
import { elementOf, logicalTypeFor } from "./types.ts";
import type { AppendBatch, EngineValue, Vector } from "./vector.ts";

const copyData = 0x64;
/** CopyData messages of about this size. */
const messageBytes = 60_000;
/** A line is kept whole until its end has come. */
const lineBytesMax = 128 << 20;

export function jsonEncoder(columns: readonly CopyColumn[], settings: TextSettings): CopyEncoder {
  const iso: TextSettings = { ...settings, dateStyle: "ISO, MDY", byteaOutput: "hex" };
  const heads = columns.map(({ name }, at) => `${at === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  const texts = columns.map((column) => cellText(column, iso));
  const line = (vectors: readonly Vector[], row: number) =>
    `${texts.map((text, at) => `${heads[at]}${text(vectors[at] as Vector, row)}`).join("")}}\n`;
  return {
    start: () => new Uint8Array(0),
    end: () => new Uint8Array(0),
    encode(batch, from, to, sink) {
      let pending = "";
      const send = () => {
        const body = Buffer.from(pending);
        const message = Buffer.alloc(5 + body.length);
        message.writeUInt8(copyData);
        message.writeInt32BE(4 + body.length, 1);
        body.copy(message, 5);
        pending = "";
        sink(message);
      };
      for (let row = from; row < to; row++) {
        pending += columns.length === 0 ? "{}\n" : line(batch.vectors, row);
        if (pending.length >= messageBytes) send();
      }
      if (pending !== "") send();
    },
  };
}

function cellText(
  { typeOid, typmod }: CopyColumn,
  settings: TextSettings,
): (vector: Vector, row: number) => string {
  const codec = codecFor(typeOid);
  return (vector, row) => {
    const value = readValue(vector, row);
    if (value === null) return "null";
    return jsonText(typeOid, codec.text(vector.type, value, typmod, settings));
  };
}

const numbers: ReadonlySet<number> = new Set([
  oids.int2,
  oids.int4,
  oids.int8,
  oids.float4,
  oids.float8,
  oids.numeric,
]);

function jsonText(typeOid: number, text: string): string {
  if (numbers.has(typeOid)) return /^-?\d/.test(text) ? text : JSON.stringify(text);
  if (typeOid === oids.bool) return text === "t" ? "true" : "false";
  if (typeOid === oids.json || typeOid === oids.jsonb) return text;
  if (typeOid === oids.timestamp) return JSON.stringify(text.replace(" ", "T"));
  if (typeOid === oids.timestamptz) {
    return JSON.stringify(text.replace(" ", "T").replace(/([+-]\d\d)( BC)?$/, "$1:00$2"));
  }
  const element = elementOf(typeOid);
  if (element === 0) return JSON.stringify(text);
  const write = (item: Tree<string>): string => {
    if (item === null) return "null";
    return typeof item === "string" ? jsonText(element, item) : `[${item.map(write).join(",")}]`;
  };
  return write(readArrayText(text, ","));
}

/** Members by name: what a line leaves out is null, what no column is called is an error. */
export function jsonDecoder(
  columns: readonly CopyInColumn[],
  options: CopyInFormat,
  settings: TextSettings,
): CopyDecoder {
  return new JsonLines(columns, options, settings);
}

class JsonLines implements CopyDecoder {
  readonly types: readonly LogicalType[];
  readonly #columns: readonly CopyInColumn[];
  readonly #places: ReadonlyMap<string, number>;
  readonly #options: CopyInFormat;
  readonly #settings: TextSettings;
  #rest: Buffer[] = [];
  #restBytes = 0;
  #line = 0;
  #values: EngineValue[][];
  #count = 0;

  constructor(columns: readonly CopyInColumn[], options: CopyInFormat, settings: TextSettings) {
    this.#columns = columns;
    this.#options = options;
    this.#settings = settings;
    this.#places = new Map(columns.map(({ name }, at) => [name, at]));
    this.types = columns.map(
      ({ typeOid, typmod }) => logicalTypeFor(typeOid, typmod) ?? { id: "VARCHAR" },
    );
    this.#values = columns.map(() => []);
  }

  *push(bytes: Uint8Array): Generator<AppendBatch> {
    let input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const last = input.lastIndexOf(10);
    if (last < 0) {
      this.#keep(input);
      return;
    }
    const whole = Buffer.concat([...this.#rest, input.subarray(0, last + 1)]);
    input = input.subarray(last + 1);
    this.#rest = [];
    this.#restBytes = 0;
    this.#keep(input);
    for (let at = 0; at < whole.length; ) {
      const end = whole.indexOf(10, at);
      this.#read(whole.subarray(at, end));
      at = end + 1;
      if (this.#count === kernelRows) yield this.#taken();
    }
  }

  *end(): Generator<AppendBatch> {
    if (this.#restBytes > 0) this.#read(Buffer.concat(this.#rest));
    if (this.#count > 0) yield this.#taken();
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#rest.push(Buffer.from(bytes));
    this.#restBytes += bytes.length;
    if (this.#restBytes <= lineBytesMax) return;
    this.#line++;
    throw new PgError("54000", `a line of COPY is longer than ${lineBytesMax} bytes`, {
      where: this.#where(),
    });
  }

  #where(more = ""): string {
    return `COPY ${this.#options.table}, line ${this.#line}${more}`;
  }

  #taken(): AppendBatch {
    const batch = { rowCount: this.#count, columns: this.#values };
    this.#values = this.#columns.map(() => []);
    this.#count = 0;
    return batch;
  }

  #read(bytes: Buffer): void {
    this.#line++;
    const text = codecFor(oids.text).read(bytes, -1, this.#settings).value as string;
    if (text.trim() === "") return;
    const row = this.#columns.map((): string | null => null);
    for (const [name, raw] of this.#members(text)) {
      const at = this.#places.get(name);
      if (at === undefined) {
        const message = `column "${name}" of relation "${this.#options.table}" does not exist`;
        throw new PgError("42703", message, { where: this.#where() });
      }
      row[at] = this.#text(raw, this.#columns[at]?.typeOid ?? 0);
    }
    for (const [at, column] of this.#columns.entries()) {
      this.#values[at]?.push(this.#value(row, at, column));
    }
    this.#count++;
  }

  #members(text: string): readonly (readonly [name: string, raw: string])[] {
    try {
      JSON.parse(text);
      return jsonMembers(text);
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause);
      const message = "invalid input syntax for type json";
      throw new PgError("22P02", message, { detail, where: this.#where() }, { cause });
    }
  }

  /** What the type's input function is to read. */
  #text(raw: string, typeOid: number): string | null {
    if (raw === "null") return null;
    if (typeOid === oids.json || typeOid === oids.jsonb) return raw;
    if (raw.startsWith('"')) return JSON.parse(raw) as string;
    return elementOf(typeOid) !== 0 && raw.startsWith("[") ? arrayText(raw) : raw;
  }

  #value(row: readonly (string | null)[], at: number, column: CopyInColumn): EngineValue {
    const text = row[at] ?? null;
    const { name, typeOid, typmod, notNull } = column;
    if (text === null) {
      if (!notNull) return null;
      const fault = this.#options.nullFault?.(at, row, this.#where());
      throw fault ?? new PgError("23502", `null value in column "${name}"`);
    }
    try {
      const typed = codecFor(typeOid).parse(text, typmod, this.#settings);
      return coerce(typed, this.types[at] ?? { id: "VARCHAR" });
    } catch (error) {
      if (!(error instanceof PgError)) throw error;
      const shown = text.length <= 100 ? text : `${text.slice(0, 100)}...`;
      throw error.with({ where: this.#where(`, column ${name}: "${shown}"`) });
    }
  }
}

/** A JSON array as PostgreSQL's array text. */
function arrayText(raw: string): string {
  const items = jsonMembers(raw).map(([, item]) => {
    if (item === "null") return "NULL";
    if (item.startsWith("[")) return arrayText(item);
    const text = item.startsWith('"') ? (JSON.parse(item) as string) : item;
    return `"${text.replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${items.join(",")}}`;
}
