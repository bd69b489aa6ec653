/** Thrift's compact protocol, as far as Parquet's headers need it: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md */

const types = { true: 1, false: 2, i32: 5, i64: 6, binary: 8, list: 9, struct: 12 } as const;

export class ThriftWriter {
  readonly #bytes: number[] = [];
  /** The last field's number, of each struct that is open. */
  #last = 0;

  boolean(id: number, value: boolean): void {
    this.#field(id, value ? types.true : types.false);
  }

  int32(id: number, value: number): void {
    this.#field(id, types.i32);
    this.#varint(zigzag(value));
  }

  int64(id: number, value: number): void {
    this.#field(id, types.i64);
    this.#varint(zigzag(value));
  }

  text(id: number, value: string): void {
    this.#field(id, types.binary);
    this.#binary(value);
  }

  struct(id: number, fields: () => void): void {
    this.#field(id, types.struct);
    this.#fields(fields);
  }

  /** Of structs. */
  list(id: number, count: number, fields: (at: number) => void): void {
    this.#listHead(id, count, types.struct);
    for (let at = 0; at < count; at++) this.#fields(() => fields(at));
  }

  int32s(id: number, values: readonly number[]): void {
    this.#listHead(id, values.length, types.i32);
    for (const value of values) this.#varint(zigzag(value));
  }

  texts(id: number, values: readonly string[]): void {
    this.#listHead(id, values.length, types.binary);
    for (const value of values) this.#binary(value);
  }

  end(): Buffer {
    this.#bytes.push(0);
    return Buffer.from(this.#bytes);
  }

  #fields(fields: () => void): void {
    const before = this.#last;
    this.#last = 0;
    fields();
    this.#bytes.push(0);
    this.#last = before;
  }

  #field(id: number, type: number): void {
    const step = id - this.#last;
    if (step > 0 && step <= 15) this.#bytes.push((step << 4) | type);
    else {
      this.#bytes.push(type);
      this.#varint(zigzag(id));
    }
    this.#last = id;
  }

  #listHead(id: number, count: number, type: number): void {
    this.#field(id, types.list);
    if (count < 15) this.#bytes.push((count << 4) | type);
    else {
      this.#bytes.push(0xf0 | type);
      this.#varint(count);
    }
  }

  #binary(value: string): void {
    const bytes = Buffer.from(value);
    this.#varint(bytes.length);
    this.#bytes.push(...bytes);
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.#bytes.push((rest % 128) | 0x80);
    this.#bytes.push(rest);
  }
}

/** Of what a double holds exactly, doubled. */
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
