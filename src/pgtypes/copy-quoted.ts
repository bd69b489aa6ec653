/** A CSV field with quotes somewhere in it; they need not stand at its ends. */

export class QuotedFields {
  readonly quote: number;
  readonly #escape: number;
  readonly #delimiter: number;
  /** The field read last, and what comes after it: a delimiter, a line's end, or the input's. */
  from = 0;
  to = 0;
  next = 0;
  /** How many lines ended between its quotes. */
  lineBreaks = 0;

  constructor(quote: number, escaper: number, delimiter: number) {
    this.quote = quote;
    this.#escape = escaper;
    this.#delimiter = delimiter;
  }

  /**
   * Reads the field that begins at `start` and whose first quote is at `at`. Most are quoted whole and hold no quote: those stay
   * where they are. The others are written to `aside`. False: the input ends before the field does.
   */
  read(
    bytes: Buffer,
    start: number,
    at: number,
    end: number,
    aside: number,
    lineBreak: number,
  ): boolean {
    this.lineBreaks = 0;
    if (start === at) {
      const close = this.#plainEnd(bytes, at + 1, end, lineBreak);
      if (close > 0) {
        const after = bytes[close + 1];
        if (after === this.#delimiter || after === 10 || after === 13) {
          if (close + 1 >= end) return close + 1 === end && this.#placed(at + 1, close, end);
          return this.#placed(at + 1, close, close + 1);
        }
      }
    }
    return this.#readSlow(bytes, start, end, aside, lineBreak);
  }

  #placed(from: number, to: number, next: number): boolean {
    this.from = from;
    this.to = to;
    this.next = next;
    return true;
  }

  /** The next quote when there is no escape before it; -1 otherwise. */
  #plainEnd(bytes: Buffer, from: number, end: number, lineBreak: number): number {
    const { quote } = this;
    const escaper = this.#escape;
    let lineBreaks = 0;
    for (let at = from; at < end; at++) {
      const byte = bytes[at] as number;
      if (byte === quote) {
        this.lineBreaks = lineBreaks;
        return at;
      }
      if (byte === escaper) return -1;
      if (byte === lineBreak) lineBreaks++;
    }
    return -1;
  }

  #readSlow(bytes: Buffer, start: number, end: number, aside: number, lineBreak: number): boolean {
    const { quote } = this;
    const escaper = this.#escape;
    let isInside = false;
    let target = aside;
    let at = start;
    this.lineBreaks = 0;
    for (; at < end; at++) {
      const byte = bytes[at] as number;
      if (!isInside) {
        if (byte === this.#delimiter || byte === 10 || byte === 13) break;
        if (byte === quote) isInside = true;
        else bytes[target++] = byte;
        continue;
      }
      if (byte === escaper && at + 1 < end) {
        const next = bytes[at + 1] as number;
        if (next === escaper || next === quote) {
          bytes[target++] = next;
          at++;
          continue;
        }
      }
      if (byte === quote) isInside = false;
      else {
        if (byte === lineBreak) this.lineBreaks++;
        bytes[target++] = byte;
      }
    }
    if (isInside) return false;
    return this.#placed(aside, target, at);
  }
}
