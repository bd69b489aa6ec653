/** The functions of PostgreSQL's that are computed here, by signature. */
import { binaryKernels } from "./binary.ts";
import { bitKernels } from "./bits.ts";
import { formattingKernels } from "./formatting.ts";
import { geometryKernels } from "./geometry.ts";
import { hashKernels } from "./hashes.ts";
import { jsonKernels } from "./json.ts";
import { jsonbKernels } from "./jsonb.ts";
import { jsonbPathKernels } from "./jsonb-path.ts";
import { type Kernel, type KernelTable, kernelsOf } from "./kernel.ts";
import { largeObjectKernels } from "./large-objects.ts";
import { lsnKernels } from "./lsn.ts";
import { momentKernels } from "./moments.ts";
import { moneyKernels } from "./money.ts";
import { networkKernels } from "./network.ts";
import { listKernels } from "./over-lists.ts";
import { rangeKernels } from "./ranges.ts";
import { readingKernels } from "./reading.ts";
import { stringKernels } from "./strings.ts";
import { systemKernels } from "./system.ts";
import { textSearchKernels } from "./text-search.ts";
import { tidKernels } from "./tids.ts";
import { toAsciiKernels } from "./to-ascii.ts";
import { xmlKernels } from "./xml.ts";

const tables: readonly KernelTable[] = [
  binaryKernels,
  bitKernels,
  formattingKernels,
  readingKernels,
  momentKernels,
  stringKernels,
  networkKernels,
  rangeKernels,
  jsonKernels,
  jsonbKernels,
  jsonbPathKernels,
  textSearchKernels,
  tidKernels,
  listKernels,
  hashKernels,
  largeObjectKernels,
  toAsciiKernels,
  moneyKernels,
  lsnKernels,
  systemKernels,
  geometryKernels,
  xmlKernels,
];

export const kernels: ReadonlyMap<string, Kernel> = new Map(
  tables.flatMap(kernelsOf).map((kernel) => [kernel.signature, kernel]),
);
