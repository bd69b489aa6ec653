/** tid: a block and a place in it. https://www.postgresql.org/docs/15/datatype-oid.html */
import { invalidText } from "./codec.ts";
import { oids } from "./oids.ts";

export interface Tid {
  /** Unsigned, 32 bits. */
  readonly block: number;
  /** Unsigned, 16 bits. */
  readonly offset: number;
}

export function readTid(text: string): Tid {
  const [, block, offset] = /\(\s*([-+]?\d+),\s*(\d+)\)/.exec(text) ?? [];
  if (Number(offset) > 0xffff || Math.abs(Number(block)) > 0xffffffff || offset === undefined)
    throw invalidText(oids.tid, text);
  return { block: Number(block) >>> 0, offset: Number(offset) };
}

export const tidText = ({ block, offset }: Tid) => `(${block},${offset})`;

/** Its order as a number's. */
export const tidNumber = ({ block, offset }: Tid) => block * 2 ** 16 + offset;
