/** nextval and its kin: functions of the session's, called with its pid. They say of themselves that no two calls are alike. */
import type { Expression, FunctionCall } from "../analyze/tree.ts";
import type { Printer } from "../print/printer.ts";

type Special = (call: FunctionCall, printer: Printer) => string | undefined;

export const sequenceFunctions: Readonly<Record<string, Special>> = {
  nextval: ({ arguments: [sequence], isOwners = false }, printer) => {
    const oid = sequenceOf(sequence, printer, 1);
    // By rows in their order, where there are rows: then they are numbered in it.
    return strict(
      [oid],
      `${isOwners ? "shim_next_identity" : "shim_nextval"}(${oid}, ${pid(printer)}, ${printer.rowPlace ?? "0"})`,
    );
  },
  currval: ({ arguments: [sequence] }, printer) => {
    const oid = sequenceOf(sequence, printer);
    return strict([oid], `shim_currval(${oid}, ${pid(printer)})`);
  },
  lastval: (_, printer) => {
    noteSequence(undefined, printer);
    return `shim_lastval(${pid(printer)})`;
  },
  setval: ({ arguments: [sequence, value, isCalled] }, printer) => {
    const oid = sequenceOf(sequence, printer);
    const number = value === undefined ? "NULL" : printer.expression(value);
    const called = isCalled === undefined ? "true" : printer.expression(isCalled);
    return strict(
      [oid, number, called],
      `shim_setval(${oid}, CAST(${number} AS BIGINT), ${called}, ${pid(printer)})`,
    );
  },
  pg_sequence_last_value: ({ arguments: [sequence] }, printer) => {
    const oid = sequenceOf(sequence, printer);
    return strict([oid], `shim_sequence_last_value(${oid}, ${pid(printer)})`);
  },
};

function sequenceOf(argument: Expression | undefined, printer: Printer, numbers = 0): string {
  if (argument === undefined) return "NULL";
  const isKnown = argument.kind === "constant" && argument.text !== null;
  noteSequence(isKnown ? Number(argument.text) : undefined, printer, numbers);
  return `CAST(${printer.expression(argument)} AS BIGINT)`;
}

/** What the session has to have at hand; a sequence that only the rows name is found when they do. */
function noteSequence(oid: number | undefined, printer: Printer, numbers = 0): void {
  printer.sequences ??= new Map();
  if (oid !== undefined) printer.sequences.set(oid, (printer.sequences.get(oid) ?? 0) + numbers);
}

function pid(printer: Printer): string {
  return printer.parameter({ kind: "session", value: "backend pid" });
}

/** NULL gives NULL. */
function strict(values: readonly string[], call: string): string {
  const unsure = values.filter(
    (value) => !/^(CAST\(\d+ AS BIGINT\)|CAST\(-?\d+ AS \w+\)|-?\d+|true|false)$/.test(value),
  );
  if (unsure.length === 0) return call;
  return `CASE WHEN ${unsure.map((value) => `${value} IS NOT NULL`).join(" AND ")} THEN ${call} END`;
}
