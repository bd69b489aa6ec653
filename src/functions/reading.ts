/** Input functions of the types that are kept as their text: what a text becomes at run time. */
import { codecFor } from "../pgtypes/codecs.ts";
import { subtypes } from "../pgtypes/range.ts";
import { parseText } from "../pgtypes/text-input.ts";
import { defaultSettings } from "../pgtypes/text-settings.ts";
import { typeByName, typeByOid } from "../pgtypes/types.ts";
import type { KernelTable } from "./kernel.ts";

const types = [
  "inet",
  "cidr",
  "macaddr",
  "macaddr8",
  "jsonpath",
  "point",
  "lseg",
  "box",
  "path",
  "polygon",
  "line",
  "circle",
  "money",
  "tsvector",
  "tsquery",
  ...subtypes.flatMap(({ range, multirange }) =>
    [range, multirange].map((oid) => typeByOid(oid)?.name ?? ""),
  ),
];

export const readingKernels: KernelTable = Object.fromEntries(
  types.map((name) => {
    const oid = typeByName(name)?.oid ?? 0;
    return [
      `read_${name}(text) ${name}`,
      (text: string) => {
        const { type, value } = parseText(oid, -1, text);
        return value === null ? null : codecFor(oid).text(type, value, -1, defaultSettings);
      },
    ];
  }),
);
