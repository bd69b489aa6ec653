/**
 * Encoding alone, on one thread: 1 M rows × 16 columns (4 int4, 4 numeric(15,2), 3 date, 5 text), no socket.
 * `npx tsx test/bench/encode.bench.ts`
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openEngine } from "../../src/engine/engine.ts";
import { createCopyDecoder } from "../../src/pgtypes/copy-decoder.ts";
import { createCopyEncoder } from "../../src/pgtypes/copy-encoder.ts";
import { oidForLogical } from "../../src/pgtypes/engine-type.ts";
import { createRowEncoder, type RowEncoder } from "../../src/pgtypes/row-encoder.ts";
import { defaultSettings } from "../../src/pgtypes/text-settings.ts";
import type { Batch } from "../../src/pgtypes/vector.ts";

const rowsTotal = 1_000_000;
/** So many are kept, and encoded again and again. */
const rowsKept = 200_000;
const folder = await mkdtemp(join(tmpdir(), "lakewire-bench-"));
const engine = await openEngine({ temporaryDirectory: folder });
const connection = await engine.connect();
const stream = await connection.stream(
  `SELECT (i * 7 % 1500000)::INTEGER AS a, (i % 7)::INTEGER AS b, (i % 50)::INTEGER AS c, i::INTEGER AS d,
    (i * 37 % 9999999 / 100.0)::DECIMAL(15,2) AS e, (i % 50)::DECIMAL(15,2) AS f,
    (i % 10 / 100.0)::DECIMAL(15,2) AS g, (i % 8 / 100.0)::DECIMAL(15,2) AS h,
    DATE '1992-01-01' + (i % 2500)::INTEGER AS j, DATE '1992-01-01' + (i * 3 % 2500)::INTEGER AS k,
    DATE '1992-01-01' + (i * 5 % 2500)::INTEGER AS l, substr('ANR', (1 + i % 3)::INTEGER, 1) AS m,
    substr('OF', (1 + i % 2)::INTEGER, 1) AS n, substr('DELIVER IN PERSON', 1, (5 + i % 12)::INTEGER) AS o,
    'TRUCK' AS p, CASE WHEN i % 20 <> 0 THEN substr('carefully final deposits detect slyly again', 1, (10 + i % 33)::INTEGER) END AS q
  FROM range(${rowsKept}) r(i)`,
  [],
  new AbortController().signal,
);
const batches: Batch[] = [];
for (;;) {
  const batch = await stream.next();
  if (!batch) break;
  batches.push(batch);
}

const columns = stream.columns.map(({ name, type }) => ({ name, type, ...oidForLogical(type) }));
const copyText = {
  format: "text",
  delimiter: "\t",
  null: "\\N",
  header: false,
  quote: '"',
  escape: '"',
} as const;
const copyCsv = { ...copyText, format: "csv", delimiter: ",", null: "" } as const;
const withFormat = (format: number) => columns.map((column) => ({ ...column, format }));
const encoders: readonly (readonly [name: string, encoder: RowEncoder])[] = [
  ["DataRow text", createRowEncoder(withFormat(0), defaultSettings)],
  ["DataRow binary", createRowEncoder(withFormat(1), defaultSettings)],
  ["COPY text", createCopyEncoder(columns, copyText, defaultSettings)],
  ["COPY csv", createCopyEncoder(columns, copyCsv, defaultSettings)],
];

for (let round = 1; round <= 3; round++) {
  for (const [name, encoder] of encoders) {
    let bytes = 0;
    const start = process.cpuUsage();
    for (let i = 0; i < rowsTotal / rowsKept; i++) {
      for (const batch of batches) {
        encoder.encode(batch, 0, batch.rowCount, (piece) => {
          bytes += piece.length;
        });
      }
    }
    report(`round ${round}, ${name} encoded`, start, bytes);
  }
}

const sample: Buffer[] = [];
createCopyEncoder(columns, copyText, defaultSettings);
for (const batch of batches) {
  encoders[2]?.[1].encode(batch, 0, batch.rowCount, (piece) => sample.push(Buffer.from(piece)));
}
const lines = copyBodies(Buffer.concat(sample));
for (let round = 1; round <= 3; round++) {
  const decoder = createCopyDecoder(columns, { ...copyText, table: "bench" });
  const start = process.cpuUsage();
  let rows = 0;
  for (let i = 0; i < rowsTotal / rowsKept; i++) {
    for (let at = 0; at < lines.length; at += 65536) {
      for (const batch of decoder.push(lines.subarray(at, at + 65536))) rows += batch.rowCount;
    }
  }
  report(`round ${round}, COPY text decoded, ${rows} rows`, start, lines.length * 5);
}

await engine.close();
await rm(folder, { recursive: true });

/** Time of the processor, so that others on the machine do not count. */
function report(what: string, start: NodeJS.CpuUsage, bytes: number): void {
  const { user, system } = process.cpuUsage(start);
  const ms = (user + system) / 1000;
  console.log(`${what}: ${ms.toFixed(0)} ms, ${(bytes / 1e6).toFixed(1)} MB`);
}

function copyBodies(bytes: Buffer): Buffer {
  const bodies: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 1 + bytes.readInt32BE(at + 1)) {
    bodies.push(bytes.subarray(at + 5, at + 1 + bytes.readInt32BE(at + 1)));
  }
  return Buffer.concat(bodies);
}
