/** The function call message: a function of PostgreSQL's by its OID, its arguments as they come, one value back. */
import { assert, must } from "../base/assert.ts";
import { PgError } from "../base/error.ts";
import { quoteName } from "../base/quote.ts";
import { type BuiltinProc, builtins } from "../catalog/builtins.ts";
import type { FrontendMessage } from "../wire/frontend.ts";
import type { Backend } from "./backend.ts";
import { boundParameters } from "./bind.ts";
import { completeColumns } from "./describe.ts";
import type { StreamedRows } from "./portal.ts";
import { abortedBlock } from "./refusals.ts";
import { rowEncoderFor } from "./reply.ts";

type FunctionCall = Extract<FrontendMessage, { type: "FunctionCall" }>;

/** The value in the format asked for; null is NULL. */
export async function callFunction(
  message: FunctionCall,
  backend: Backend,
): Promise<Uint8Array | null> {
  if (backend.transaction.status === "failed") throw abortedBlock();
  const proc = procOf(message.functionOid);
  const { proname, proargtypes } = proc;
  const [text] = backend.services.parse(
    `SELECT pg_catalog.${quoteName(proname)}(${proargtypes.map((_, at) => `$${at + 1}`).join(", ")})`,
  );
  // Planned first: who may not call it does not learn what is wrong with the arguments.
  const statement = await backend.plan(must(text, "a SELECT"), proargtypes);
  checkArguments(message, proc);
  if (proc.proisstrict && message.arguments.includes(null)) return null;
  const { argumentFormats: parameterFormats, arguments: parameters } = message;
  const bound = await boundParameters({ parameterFormats, parameters }, proargtypes, backend);
  const request = { statement, parameters: bound, channel: undefined, isBinary: false };
  const outcome = await backend.services.execute(backend, request);
  assert(outcome.kind === "rows" && outcome.rows.kind === "stream", "a SELECT streams its rows");
  const columns = must(await completeColumns(statement, backend), "a SELECT has columns");
  try {
    const formats = [message.resultFormat];
    const settings = backend.textSettings();
    return await onlyValue(outcome.rows, (rows) => rowEncoderFor(rows, columns, formats, settings));
  } finally {
    await outcome.rows.close();
  }
}

function procOf(oid: number): BuiltinProc {
  const proc = builtins().procsByOid.get(oid);
  if (proc === undefined) throw new PgError("42883", `function with OID ${oid} does not exist`);
  if (proc.prokind !== "f" || proc.proretset) {
    throw new PgError("0A000", `cannot call function "${proc.proname}" via fastpath interface`);
  }
  return proc;
}

function checkArguments(message: FunctionCall, { proargtypes }: BuiltinProc): void {
  const { argumentFormats: formats, arguments: values } = message;
  if (values.length !== proargtypes.length) {
    throw new PgError(
      "08P01",
      `function call message contains ${values.length} arguments but function requires ${proargtypes.length}`,
    );
  }
  if (formats.length > 1 && formats.length !== values.length) {
    throw new PgError(
      "08P01",
      `function call message contains ${formats.length} argument formats but ${values.length} arguments`,
    );
  }
}

/** The one field of the one row, cut out of its DataRow message. */
async function onlyValue(
  rows: StreamedRows,
  encoderFor: (rows: StreamedRows) => ReturnType<typeof rowEncoderFor>,
): Promise<Uint8Array | null> {
  const batch = must(await rows.ready(), "a function gives a row");
  let value: Uint8Array | null = null;
  encoderFor(rows).encode(batch, 0, 1, (bytes) => {
    const row = Buffer.from(bytes);
    const length = row.readInt32BE(7);
    value = length < 0 ? null : row.subarray(11, 11 + length);
  });
  return value;
}
