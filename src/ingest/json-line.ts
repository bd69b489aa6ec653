/** Where a JSON file is malformed. The engine tells no line, or a wrong one, so the file is read again, once it has failed. */
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { PgError } from "../base/error.ts";
import type { StagedFile } from "./staged-file.ts";

/** A larger document is not read whole to find a line in it. */
const documentBytesMax = 1 << 26;

/** Undefined: nothing is malformed as far as can be told. */
export async function jsonLineFault(
  file: StagedFile,
  shape: "array" | "newline_delimited" | "unstructured",
): Promise<PgError | undefined> {
  if (shape === "newline_delimited") return faultyLine(file);
  if (shape === "array" && file.bytes <= documentBytesMax) return faultyDocument(file);
  return undefined;
}

async function faultyLine(file: StagedFile): Promise<PgError | undefined> {
  const lines = createInterface({ input: createReadStream(file.path), crlfDelay: Infinity });
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    const reason = faultOf(line.replace(/^\ufeff/, ""));
    if (reason !== undefined) return malformed(file, number, reason, line);
  }
  return undefined;
}

async function faultyDocument(file: StagedFile): Promise<PgError | undefined> {
  const text = (await readFile(file.path, "utf8")).replace(/^\ufeff/, "");
  const reason = faultOf(text);
  if (reason === undefined) return undefined;
  const position = /at position (\d+)/.exec(reason)?.[1];
  const before = text.slice(0, position === undefined ? text.length : Number(position));
  const number = before.split("\n").length;
  return malformed(file, number, reason, text.split("\n")[number - 1] ?? "");
}

function faultOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function malformed(file: StagedFile, line: number, reason: string, text: string): PgError {
  const plain = reason.replace(/ in JSON at position \d+.*$/s, "").replace(/,? *"?\.\.\..*$/s, "");
  return new PgError("22P04", `"${file.fileName}", line ${line}: malformed JSON: ${plain}`, {
    where: `${file.fileName}, line ${line}: "${text.slice(0, 100)}"`,
  });
}
