/** What a file is: by what it is said to be, by its name, else by its first bytes. */
import { PgError } from "../base/error.ts";
import type { StagedFile } from "./staged-file.ts";

export const formats = ["csv", "tsv", "json", "ndjson", "parquet"] as const;
export type Format = (typeof formats)[number];

const byExtension: Readonly<Record<string, Format>> = {
  csv: "csv",
  tsv: "tsv",
  tab: "tsv",
  json: "json",
  jsonl: "ndjson",
  ndjson: "ndjson",
  parquet: "parquet",
  pq: "parquet",
};

/** Known, and not read yet. */
const laterExtensions: Readonly<Record<string, string>> = {
  arrow: "Arrow",
  arrows: "Arrow",
  feather: "Arrow",
  xlsx: "Excel",
  xls: "Excel",
  pdf: "PDF",
  txt: "plain text",
  xml: "XML",
  gz: "gzip",
  zst: "Zstandard",
  zip: "ZIP",
  avro: "Avro",
  orc: "ORC",
};

export function formatOf(file: Pick<StagedFile, "fileName" | "head">): Format {
  const extension = /\.([^.]+)$/.exec(file.fileName)?.[1]?.toLowerCase() ?? "";
  const known = byExtension[extension];
  if (known) return known;
  const later = laterExtensions[extension];
  if (later) {
    throw new PgError("0A000", `loading ${later} files is not supported`, {
      hint: `Formats are ${formats.join(", ")}; say format => when the file is one of them.`,
    });
  }
  return formatOfBytes(file);
}

function formatOfBytes({ head, fileName }: Pick<StagedFile, "fileName" | "head">): Format {
  if (head.subarray(0, 4).toString("latin1") === "PAR1") return "parquet";
  const start = head
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trimStart();
  if (start.startsWith("[")) return "json";
  if (start.startsWith("{")) return isObject(start.split("\n")[0] ?? "") ? "ndjson" : "json";
  const firstLine = start.split("\n")[0] ?? "";
  if (!head.includes(0) && /[,;\t|]/.test(firstLine)) {
    return firstLine.includes("\t") && !firstLine.includes(",") ? "tsv" : "csv";
  }
  throw new PgError("22023", `cannot tell the format of "${fileName}"`, {
    hint: `Say format =>, one of ${formats.join(", ")}.`,
  });
}

export function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}

/** people-2024.final.csv → people_2024_final. */
export function datasetName(fileName: string): string {
  const stem = fileName.replace(/\.[^.]+$/, "");
  const name = columnName(stem);
  if (name === "")
    throw new PgError("22023", `cannot make a dataset name of "${fileName}"`, {
      hint: "Say dataset =>.",
    });
  return name;
}

/** A name one can write without quotes: small letters, digits and _ ; at most 63 bytes, as every name. */
export function columnName(title: string): string {
  const plain = title
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_]+/gu, "_")
    .replace(/^_+|_+$/g, "");
  return firstBytes(/^\p{N}/u.test(plain) ? `_${plain}` : plain, 63);
}

/** Names of a file's columns; what has none is column_n, and twins get a number. */
export function columnNames(titles: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return titles.map((title, at) => {
    const base = columnName(title) || `column_${at + 1}`;
    let name = base;
    for (let n = 2; taken.has(name); n++) name = `${firstBytes(base, 58)}_${n}`;
    taken.add(name);
    return name;
  });
}

function firstBytes(text: string, bytes: number): string {
  let short = text;
  while (Buffer.byteLength(short) > bytes) short = [...short].slice(0, -1).join("");
  return short;
}
