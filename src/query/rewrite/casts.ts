/** Casts: the engine's own where it means the same, else what PostgreSQL's cast function does. */
import { oid, registered } from "../analyze/oids.ts";
import { isRow } from "../analyze/pathway.ts";
import type { Expression } from "../analyze/tree.ts";
import {
  baseType,
  category,
  elementType,
  numericShape,
  typeName,
  typeRow,
} from "../analyze/types.ts";
import { engineType } from "../print/engine-type.ts";
import type { Printer } from "../print/printer.ts";
import { dimensionsOf } from "./dimensions.ts";
import { printInDomain } from "./domains.ts";
import { readLabel } from "./enums.ts";
import { printKernelCast } from "./kernels.ts";
import { printNamedKernel } from "./named-kernel.ts";
import { isReadNumeric } from "./numeric-shape.ts";
import { readText } from "./numeric-text.ts";
import { shimPath } from "./shim.ts";
import { textOf } from "./text.ts";

type CastExpression = Extract<Expression, { kind: "cast" }>;

export function printCast(cast: CastExpression, printer: Printer): string {
  const printed = printConversion(cast, printer);
  return cast.method === "length" || cast.argument.type === cast.type
    ? printed
    : printInDomain(printed, cast.type, printer);
}

function printConversion(cast: CastExpression, printer: Printer): string {
  if (cast.method === "length") return printLength(cast, printer);
  const from = baseType(cast.argument.type);
  const to = baseType(cast.type);
  if (from === to || (isRow(from) && isRow(to))) return printer.expression(cast.argument);
  const computed = printKernelCast(cast.argument, from, to, printer);
  if (computed !== undefined) return computed;
  if (category(to) === "S" || to === oid.char) return printToText(cast, to, printer);
  if (to === oid.engineTyped || from === oid.engineTyped)
    return to === oid.engineTyped
      ? printer.expression(cast.argument)
      : `CAST(${printer.expression(cast.argument)} AS ${engineType(to)})`;
  const value = printer.expression(cast.argument);
  if (cast.method === "relabel" && engineType(from) === engineType(to)) return value;
  if (category(from) === "S" || from === oid.char) return fromText(value, to, cast, printer);
  return betweenValues(value, from, to, cast, printer);
}

// ── To text ─────────────────────────────────────────────────────────────────────────────────────────────────────────

function printToText(cast: CastExpression, to: number, printer: Printer): string {
  const text = textOf(cast.argument, printer);
  if (to === oid.char) return `left(${text}, 1)`;
  return text;
}

/** varchar(n), char(n), numeric(p, s), timestamp(p): what a modifier does to the value. */
function printLength(cast: CastExpression, printer: Printer): string {
  const value = printer.expression(cast.argument);
  const base = baseType(cast.type);
  const element = elementType(base);
  if (element !== undefined)
    return `list_transform(${value}, lambda item: ${limited("item", element, cast, printer)})`;
  return limited(value, base, cast, printer);
}

function limited(value: string, base: number, cast: CastExpression, printer: Printer): string {
  const { typmod, context } = cast;
  switch (base) {
    case oid.varchar:
    case oid.bpchar: {
      const length = typmod - 4;
      if (context === "explicit") {
        const cut = `left(${value}, ${length})`;
        return base === oid.bpchar ? `rpad(${cut}, ${length}, ' ')` : cut;
      }
      return `pg_shim.fit_${base === oid.bpchar ? "char" : "varchar"}(${value}, ${length})`;
    }
    case oid.numeric: {
      if (typmod < 0) return `pg_shim.fit_numeric(${value})`;
      const shape = numericShape(typmod);
      const whole = wholeText(cast, printer) ?? value;
      return shape === undefined ? whole : fitted(whole, shape, cast, printer);
    }
    case oid.timestamp:
    case oid.timestamptz:
    case oid.time:
    case oid.timetz:
      return limitedTime(value, base, cast);
    case oid.interval:
      return printNamedKernel("interval(interval,int4)", value, String(typmod)) ?? value;
    case oid.bit:
    case oid.varbit:
      return limitedBits(value, base, cast);
    default:
      return value;
  }
}

/** In the engine's 38 digits; a scale below zero rounds before the point. */
function fitted(
  value: string,
  { precision, scale }: { readonly precision: number; readonly scale: number },
  cast: CastExpression,
  printer: Printer,
): string {
  if (scale > 38 || (precision > 38 && cast.context === "assignment"))
    throw printer.analysis.error(
      "0A000",
      "numeric with more than 38 digits is not supported",
      cast.location,
    );
  if (scale < 0)
    return `CAST(round(CAST(${value} AS DECIMAL(${Math.min(precision - scale, 38)},0)), ${scale}) AS DECIMAL(38,0))`;
  if (scale <= precision) return `CAST(${value} AS DECIMAL(${Math.min(precision, 38)},${scale}))`;
  // Zeros behind the point before its first digit.
  const rounded = `CAST(${value} AS DECIMAL(38,${scale}))`;
  const bound = `CAST('1e-${scale - precision}' AS DECIMAL(38,${scale}))`;
  return `CASE WHEN abs(${rounded}) >= ${bound} THEN error('PGERR:22003:numeric field overflow') ELSE ${rounded} END`;
}

/** Rounded once, from all the digits a text has. */
function wholeText({ argument }: CastExpression, printer: Printer): string | undefined {
  return argument.kind === "cast" && isReadNumeric(argument)
    ? readText(argument.argument, printer)
    : undefined;
}

/** Of a number so many bits from the right; of bits from the left. */
function limitedBits(value: string, base: number, { argument, typmod, context }: CastExpression) {
  const isNumber = argument.kind === "cast" && whole.has(baseType(argument.argument.type));
  const size = Math.max(typmod, 1);
  if (isNumber)
    return size <= (baseType(argument.argument.type) === oid.int8 ? 64 : 32)
      ? `right(${value}, ${size})`
      : `lpad(${value}, ${size}, left(${value}, 1))`;
  const name = base === oid.bit ? "bit(bit,int4,bool)" : "varbit(varbit,int4,bool)";
  return printNamedKernel(name, value, String(size), String(context === "explicit")) ?? value;
}

/** Rounded to so many digits of a second. */
function limitedTime(value: string, base: number, cast: CastExpression): string {
  const digits = cast.typmod;
  if (digits >= 6) return value;
  const unit = 10 ** (6 - digits);
  if (base === oid.timestamp)
    return `make_timestamp(CAST(round(epoch_us(${value}) / ${unit}.0) * ${unit} AS BIGINT))`;
  if (base === oid.timestamptz)
    return `make_timestamptz(CAST(round(epoch_us(${value}) / ${unit}.0) * ${unit} AS BIGINT))`;
  if (base === oid.time)
    return `CAST(make_timestamp(CAST(round(epoch_us(${value}) / ${unit}.0) * ${unit} AS BIGINT)) AS TIME)`;
  // Only what is below a second changes.
  const part = `microsecond(${value})`;
  return `(${value} + to_microseconds(CAST(round(${part} / ${unit}.0) * ${unit} AS BIGINT) - ${part}))`;
}

// ── From text ───────────────────────────────────────────────────────────────────────────────────────────────────────

const readers: ReadonlyMap<number, string> = new Map([
  [oid.int2, "read_int2"],
  [oid.int4, "read_int4"],
  [oid.int8, "read_int8"],
  [oid.oid, "read_oid"],
  [oid.bool, "read_bool"],
  [oid.bytea, "read_bytea"],
  [oid.float4, "read_float4"],
  [oid.float8, "read_float8"],
  [oid.numeric, "read_numeric"],
]);

const regReaders: ReadonlyMap<number, string> = new Map([
  [oid.regclass, "regclass_in"],
  [oid.regtype, "regtype_in"],
  [oid.regproc, "regproc_in"],
  [oid.regprocedure, "regprocedure_in"],
  [oid.regoper, "regoper_in"],
  [oid.regoperator, "regoperator_in"],
  [oid.regnamespace, "regnamespace_in"],
  [oid.regrole, "regrole_in"],
  [oid.regconfig, "regconfig_in"],
  [oid.regdictionary, "regdictionary_in"],
  [oid.regcollation, "regcollation_in"],
]);

function fromText(value: string, to: number, cast: CastExpression, printer: Printer): string {
  if (category(to) === "S") return value;
  if (to === oid.bit || to === oid.varbit)
    return printNamedKernel("varbit_in(text)", value) ?? value;
  const reader = readers.get(to);
  if (reader !== undefined) return `pg_shim.${reader}(${value})`;
  const named = regReaders.get(to);
  if (named !== undefined) {
    printer.readsCatalog = true;
    return `pg_shim.${named}(${shimPath(printer)}, ${value})`;
  }
  const label = readLabel(value, to, typeName(to));
  if (label !== undefined) return label;
  const element = elementType(to);
  if (element !== undefined) {
    // The same text in the engine's brackets; quotes and escapes inside are read alike.
    const texts = `pg_shim.read_array(${value})`;
    const item = fromText("item", element, cast, printer);
    return item === "item" ? texts : `list_transform(${texts}, lambda item: ${item})`;
  }
  const read = printNamedKernel(`read_${typeRow(to)?.typname}(text)`, value);
  if (read !== undefined) return read;
  return `CAST(${value} AS ${engineType(to)})`;
}

// ── Between values ──────────────────────────────────────────────────────────────────────────────────────────────────

const whole: ReadonlySet<number> = new Set([oid.int2, oid.int4, oid.int8]);

function betweenValues(
  value: string,
  from: number,
  to: number,
  cast: CastExpression,
  printer: Printer,
): string {
  if (to === oid.numeric) return asNumeric(value, from);
  // Rounded before it is judged; the engine judges first.
  if (whole.has(to) && (from === oid.float4 || from === oid.float8))
    return `CAST(round_even(${value}, 0) AS ${engineType(to)})`;
  if (to === oid.bool && whole.has(from)) return `(${value} <> 0)`;
  if (from === oid.bool) return `CAST(${value} AS ${engineType(to)})`;
  const [fromElement, toElement] = [elementType(from), elementType(to)];
  if (fromElement !== undefined && toElement !== undefined)
    return arrayCast(value, fromElement, toElement, cast, printer);
  if (from === oid.json || from === oid.jsonb) return fromJson(value, to);
  // A negative number is the OID that has its bits.
  if ((to === oid.oid || registered.has(to)) && (from === oid.int4 || from === oid.int2))
    return `CAST((CAST(${value} AS BIGINT) & 4294967295) AS UINTEGER)`;
  if (registered.has(to) || registered.has(from)) return `CAST(${value} AS ${engineType(to)})`;
  // By way of the session's own clock.
  if (from === oid.timestamptz && to === oid.time)
    return `CAST(CAST(${value} AS TIMESTAMP) AS TIME)`;
  if (from === oid.interval && to === oid.time)
    return `CAST(TIMESTAMP '1970-01-01' + ${value} AS TIME)`;
  if (to === oid.interval && (from === oid.time || from === oid.timetz))
    return `to_microseconds(epoch_us(${value}))`;
  if (from === oid.bit || to === oid.bit || from === oid.varbit || to === oid.varbit)
    return bits(value, from, to, cast, printer);
  return `CAST(${value} AS ${engineType(to)})`;
}

/** As narrow as its source allows: the engine has 38 digits for everything that is made of it. */
function asNumeric(value: string, from: number): string {
  switch (from) {
    case oid.int2:
      return `CAST(${value} AS DECIMAL(5,0))`;
    case oid.int4:
      return `CAST(${value} AS DECIMAL(10,0))`;
    case oid.int8:
      return `CAST(${value} AS DECIMAL(19,0))`;
    case oid.json:
    case oid.jsonb:
      return `CAST(${value} AS DECIMAL(38,10))`;
    default:
      // A floating value has no scale: it stays what it is, and is told as numeric.
      return value;
  }
}

function arrayCast(
  value: string,
  from: number,
  to: number,
  cast: CastExpression,
  printer: Printer,
): string {
  if (engineType(from) === engineType(to)) return value;
  const { location, context } = cast;
  const item: Expression = { kind: "item", type: from, typmod: -1, location };
  const made: CastExpression = {
    kind: "cast",
    argument: item,
    type: to,
    typmod: -1,
    method: "convert",
    context,
    location,
  };
  const each = printCast(made, printer);
  const transformed = (list: string, depth: number): string =>
    `list_transform(${list}, lambda item: ${depth > 1 ? transformed("item", depth - 1) : each})`;
  return transformed(value, dimensionsOf(cast.argument));
}

/** 22023 as PostgreSQL when the json is of another kind. */
function fromJson(value: string, to: number): string {
  if (to === oid.json) return `CAST(${value} AS JSON)`;
  if (to === oid.jsonb)
    return printNamedKernel("jsonb_of(text)", `CAST(${value} AS VARCHAR)`) ?? value;
  return `CAST(${value} AS ${engineType(to)})`;
}

function bits(
  value: string,
  from: number,
  to: number,
  cast: CastExpression,
  printer: Printer,
): string {
  const areBits = [from, to].every((type) => type === oid.bit || type === oid.varbit);
  if (areBits) return value;
  const all = whole.has(from)
    ? printNamedKernel(
        "bits_of(int8,int4)",
        `CAST(${value} AS BIGINT)`,
        from === oid.int8 ? "64" : "32",
      )
    : undefined;
  if (all !== undefined) return all;
  throw printer.analysis.error(
    "0A000",
    `cast from ${typeName(from)} to ${typeName(to)} is not supported yet`,
    cast.location,
  );
}
