/** OVER (…) and WINDOW: get_rule_windowspec of ruleutils.c. */
import { quoteIdent } from "../../catalog/identifiers.ts";
import type { FrameBound, WindowDefinition, WindowFrame } from "../analyze/tree.ts";
import { writeKey, writeSortKeys } from "./sorting.ts";
import type { Writer } from "./writer.ts";

export function writeOver(window: WindowDefinition, writer: Writer): void {
  writer.write(" OVER ");
  if (window.name !== undefined) writer.write(quoteIdent(window.name));
  else writeWindow(window, writer);
}

export function writeWindow(window: WindowDefinition, writer: Writer): void {
  const { base, partition, order, frame } = window;
  const parts: string[] = [];
  if (base !== undefined) parts.push(quoteIdent(base.name));
  if (partition.length > 0 && base === undefined)
    parts.push(
      writer.apart(() => {
        writer.write("PARTITION BY ");
        for (const [i, key] of partition.entries()) {
          if (i > 0) writer.write(", ");
          writeKey(key, writer);
        }
      }),
    );
  if (order.length > 0 && base?.isOrdered !== true)
    parts.push(
      writer.apart(() => {
        writer.write("ORDER BY ");
        writeSortKeys(order, writer);
      }),
    );
  if (frame !== undefined) parts.push(writer.apart(() => writeFrame(frame, writer)));
  writer.write(`(${parts.join(" ")})`);
}

function writeFrame({ mode, start, end, exclude }: WindowFrame, writer: Writer): void {
  writer.write(`${mode} BETWEEN `);
  writeBound(start, writer);
  writer.write(" AND ");
  writeBound(end, writer);
  if (exclude !== undefined) writer.write(` EXCLUDE ${exclude}`);
}

function writeBound(bound: FrameBound, writer: Writer): void {
  if (!("offset" in bound)) {
    writer.write(bound.kind);
    return;
  }
  writer.expression(bound.offset, false);
  writer.write(` ${bound.kind}`);
}
