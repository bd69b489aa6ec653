/** Functions, aggregates and window functions found for their arguments: PostgreSQL's ParseFuncOrColumn. */

import { must } from "../../base/assert.ts";
import { PgError } from "../../base/error.ts";
import { type BuiltinProc, builtins } from "../../catalog/builtins.ts";
import { typeNamed } from "../../catalog/types-in-force.ts";
import { functionOfProc, isInput, type UserFunction } from "../../catalog/user-function.ts";
import { type EngineFunction, engineFunction } from "../rewrite/engine-functions.ts";
import type { Analysis } from "./analysis.ts";
import { type Candidate, matching, select } from "./candidates.ts";
import { coerce, coerceToTarget, typeOf } from "./coerce.ts";
import { resolveGenerics } from "./generics.ts";
import { oid } from "./oids.ts";
import { findPathway } from "./pathway.ts";
import { functionsVisible } from "./registered.ts";
import { routineNamed } from "./routine.ts";
import type { Expression } from "./tree.ts";
import { category, isArray, typeName, typeRow } from "./types.ts";

export interface CallSyntax {
  readonly name: readonly string[];
  readonly arguments: readonly Expression[];
  /** By place in `arguments`; undefined for a positional one. */
  readonly argumentNames: readonly (string | undefined)[];
  /** VARIADIC before the last argument. */
  readonly isVariadic: boolean;
  readonly isStar: boolean;
  /** WITHIN GROUP: the last so many arguments are its keys. */
  readonly withinCount: number | undefined;
  readonly hasAggregateSyntax: boolean;
  readonly location: number | undefined;
}

export type FoundFunction =
  | {
      readonly kind: "proc";
      readonly proc: BuiltinProc;
      readonly arguments: readonly Expression[];
      readonly named: ReadonlyMap<string, Expression> | undefined;
      readonly isVariadicArray: boolean;
      readonly result: number;
    }
  | { readonly kind: "cast"; readonly expression: Expression }
  | {
      readonly kind: "engine";
      readonly function: EngineFunction;
      readonly arguments: readonly Expression[];
    };

interface ProcCandidate extends Candidate {
  readonly proc: BuiltinProc;
  readonly isSpread: boolean;
  readonly usesDefaults: boolean;
  /** Argument i of the call is parameter order[i] of the function. */
  readonly order: readonly number[] | undefined;
}

export function findFunction(call: CallSyntax, analysis: Analysis): FoundFunction {
  const inputs = call.arguments.map((argument) => typeOf(argument, analysis));
  const procs = procsVisible(call.name, analysis, call.location);
  const candidates = gather(call, inputs.length, procs);
  const exact = candidates.find(({ types }) => types.every((type, i) => type === inputs[i]));
  if (exact !== undefined) return accept(exact, call, inputs, analysis);
  const asCast = functionalCast(call, inputs, analysis);
  if (asCast !== undefined) return { kind: "cast", expression: asCast };
  const fitting = matching(candidates, inputs);
  const chosen = fitting.length > 1 ? select(fitting, inputs) : fitting[0];
  if (chosen !== undefined) return accept(chosen, call, inputs, analysis);
  if (fitting.length > 1)
    throw analysis.error(
      "42725",
      `function ${signature(call, inputs)} is not unique`,
      call.location,
      {
        hint: "Could not choose a best candidate function. You might need to add explicit type casts.",
      },
    );
  return engineOnly(call, analysis) ?? missing(call, inputs, analysis);
}

/** CALL's: among those somebody made, outputs counted as arguments. Undefined when none fits. */
export function findProcedure(
  call: CallSyntax,
  analysis: Analysis,
):
  | { readonly found: Extract<FoundFunction, { kind: "proc" }>; readonly made: UserFunction }
  | undefined {
  const inputs = call.arguments.map((argument) => typeOf(argument, analysis));
  const made = new Map(
    functionsVisible(call.name, analysis.context).flatMap((proc) => {
      const own = functionOfProc(proc);
      const types = proc.prokind === "p" ? proc.proallargtypes : null;
      const all = types === null ? proc : { ...proc, proargtypes: types, proargmodes: null };
      return own === undefined ? [] : [[all, own] as const];
    }),
  );
  const candidates = gather(call, inputs.length, [...made.keys()]);
  const exact = candidates.find(({ types }) => types.every((type, i) => type === inputs[i]));
  const fitting = exact === undefined ? matching(candidates, inputs) : [exact];
  const chosen = fitting.length > 1 ? select(fitting, inputs) : fitting[0];
  if (fitting.length > 1 && chosen === undefined)
    throw analysis.error(
      "42725",
      `procedure ${signature(call, inputs)} is not unique`,
      call.location,
      {
        hint: "Could not choose a best candidate procedure. You might need to add explicit type casts.",
      },
    );
  if (chosen === undefined) return undefined;
  if (chosen.proc.prokind !== "p")
    throw analysis.error("42809", `${signature(call, inputs)} is not a procedure`, call.location, {
      hint: "To call a function, use SELECT.",
    });
  const own = must(made.get(chosen.proc), "a procedure was made");
  const proc: BuiltinProc = { ...chosen.proc, prokind: "f" };
  const found = accept({ ...chosen, proc }, call, inputs, analysis);
  if (found.kind !== "proc") throw new Error("bug: a procedure is no cast");
  const isInputAt = (i: number) => isInput(must(own.parameters[i], "a parameter"));
  const positional = found.arguments.filter((_, i) => found.named !== undefined || isInputAt(i));
  return { found: { ...found, arguments: positional }, made: own };
}

/** Functions of that name which could take so many arguments. */
function gather(
  call: CallSyntax,
  count: number,
  procs: readonly BuiltinProc[],
): readonly ProcCandidate[] {
  const found: ProcCandidate[] = [];
  for (const proc of procs) {
    const candidate = candidateOf(proc, call, count);
    if (candidate === undefined) continue;
    const twin = found.findIndex(({ types }) =>
      types.every((type, i) => type === candidate.types[i]),
    );
    // The same call spelled twice: the one that spreads nothing and needs no default wins.
    if (twin < 0) found.push(candidate);
    else if (found[twin]?.isSpread && !candidate.isSpread) found[twin] = candidate;
    else if (found[twin]?.usesDefaults && !candidate.usesDefaults) found[twin] = candidate;
  }
  return found;
}

function procsVisible(
  name: readonly string[],
  analysis: Analysis,
  location: number | undefined,
): readonly BuiltinProc[] {
  const schema = name.length > 1 ? name.at(-2) : undefined;
  const { context } = analysis;
  if (schema !== undefined && !context.catalog.schemas.has(schema) && !builtinSchemas.has(schema))
    throw analysis.error("3F000", `schema "${schema}" does not exist`, location);
  const named = builtins().procsByName.get(name.at(-1) ?? "") ?? [];
  const inPath = (proc: BuiltinProc) =>
    proc.pronamespace === 11
      ? schema === undefined || schema === "pg_catalog"
      : schema === "information_schema" ||
        (schema === undefined && context.searchPath.includes("information_schema"));
  return [...named.filter(inPath), ...functionsVisible(name, context)];
}

const builtinSchemas = new Set(["pg_catalog", "information_schema"]);

function candidateOf(
  proc: BuiltinProc,
  call: CallSyntax,
  count: number,
): ProcCandidate | undefined {
  const declared = proc.proargtypes;
  const firstName = call.argumentNames.findIndex((name) => name !== undefined);
  if (firstName >= 0) return fitNamed(proc, call, firstName);
  const spread = proc.provariadic !== 0 && !call.isVariadic && count >= declared.length;
  if (spread) {
    const fixed = declared.slice(0, -1);
    const tail = Array.from({ length: count - fixed.length }, () => proc.provariadic);
    return {
      proc,
      types: [...fixed, ...tail],
      isSpread: true,
      usesDefaults: false,
      order: undefined,
    };
  }
  if (call.isVariadic && proc.provariadic === 0) return undefined;
  const usesDefaults = count < declared.length;
  if (count > declared.length || count + proc.pronargdefaults < declared.length) return undefined;
  return {
    proc,
    types: declared.slice(0, count),
    isSpread: false,
    usesDefaults,
    order: undefined,
  };
}

/** MatchNamedCall: positional arguments first, then each name once, the rest by default. */
function fitNamed(
  proc: BuiltinProc,
  call: CallSyntax,
  firstName: number,
): ProcCandidate | undefined {
  const declared = proc.proargtypes;
  const names = inputNames(proc);
  const order = call.argumentNames.map((name, i) => (name === undefined ? i : names.indexOf(name)));
  if (order.some((at, i) => at < 0 || (i >= firstName && at < firstName))) return undefined;
  if (new Set(order).size !== order.length) return undefined;
  const missing = declared.map((_, i) => i).filter((i) => !order.includes(i));
  if (missing.some((i) => i < declared.length - proc.pronargdefaults)) return undefined;
  return {
    proc,
    types: order.map((at) => declared[at] ?? oid.any),
    isSpread: false,
    usesDefaults: missing.length > 0,
    order,
  };
}

function inputNames(proc: BuiltinProc): readonly string[] {
  const names = proc.proargnames ?? [];
  const modes = proc.proargmodes;
  return modes === null ? names : names.filter((_, i) => "ibv".includes(modes[i] ?? "i"));
}

function accept(
  candidate: ProcCandidate,
  call: CallSyntax,
  inputs: readonly number[],
  analysis: Analysis,
): FoundFunction {
  const { proc, types } = candidate;
  if (proc.prokind === "p")
    throw analysis.error("42809", `${signature(call, inputs)} is a procedure`, call.location, {
      hint: "To call a procedure, use CALL.",
    });
  const resolved = resolveGenerics(inputs, types, proc.prorettype);
  if (resolved instanceof PgError) throw analysis.at(resolved, call.location);
  const coerced = call.arguments.map((argument, i) => {
    const wanted = resolved.arguments[i] ?? oid.any;
    // A literal for "any" is text, as everything that prints it takes it; a parameter has to have a type.
    if (wanted === oid.any && typeOf(argument, analysis) === oid.unknown) {
      refuseUntyped(argument, analysis);
      return coerce(argument, oid.text, analysis);
    }
    return coerce(argument, wanted, analysis);
  });
  const { order } = candidate;
  return {
    kind: "proc",
    proc,
    arguments: coerced,
    named:
      order === undefined
        ? undefined
        : new Map(coerced.map((one, i) => [inputNames(proc)[order[i] ?? i] ?? "", one])),
    isVariadicArray: call.isVariadic,
    result: resolved.result,
  };
}

function refuseUntyped(argument: Expression, analysis: Analysis): void {
  if (argument.kind === "parameter")
    throw analysis.error(
      "42P18",
      `could not determine data type of parameter $${argument.index + 1}`,
      argument.location,
    );
}

/** int4('1'), date(x), text(x): one argument and a type's name is a cast, when no function of that name fits exactly. */
function functionalCast(
  call: CallSyntax,
  inputs: readonly number[],
  analysis: Analysis,
): Expression | undefined {
  const [argument] = call.arguments;
  const [type] = inputs;
  if (argument === undefined || type === undefined || inputs.length !== 1) return undefined;
  if (call.hasAggregateSyntax || call.isVariadic || call.argumentNames[0] !== undefined)
    return undefined;
  const target = typeNamed(call.name)?.oid;
  if (target === undefined || typeRow(target)?.typtype === "p") return undefined;
  if (type !== oid.unknown) {
    const pathway = findPathway(target, type, "explicit");
    if (pathway === undefined) return undefined;
    const isViaText = builtins().castsFrom(type, target) === undefined && type !== target;
    // Casts through text are meant for functions of their own, but for strings.
    if (isViaText && !(category(target) === "S" && category(type) !== "C")) return undefined;
    if (pathway === "convert" && !isViaText && !isArray(target)) return undefined;
  }
  return coerceToTarget(argument, target, -1, analysis, "explicit");
}

function engineOnly(call: CallSyntax, analysis: Analysis): FoundFunction | undefined {
  if (
    call.name.length > 1 ||
    call.isVariadic ||
    call.argumentNames.some((name) => name !== undefined)
  )
    return undefined;
  const name = call.name[0] ?? "";
  if (builtins().procsByName.has(name)) return undefined;
  const found = engineFunction(name);
  if (found === undefined) return undefined;
  const settled = call.arguments.map((argument) =>
    typeOf(argument, analysis) === oid.unknown ? coerce(argument, oid.text, analysis) : argument,
  );
  return { kind: "engine", function: found, arguments: settled };
}

function missing(call: CallSyntax, inputs: readonly number[], analysis: Analysis): never {
  const routine = routineNamed(call.name);
  if (routine !== undefined)
    throw analysis.error(
      "0A000",
      `${routine.kind} ${routine.name} cannot be used in an expression`,
      call.location,
      {
        hint:
          routine.kind === "procedure"
            ? `Use CALL ${routine.name}(…) or SELECT * FROM ${routine.name}(…).`
            : `Use SELECT * FROM ${routine.name}(…).`,
      },
    );
  throw analysis.error(
    "42883",
    `function ${signature(call, inputs)} does not exist`,
    call.location,
    {
      hint: "No function matches the given name and argument types. You might need to add explicit type casts.",
    },
  );
}

function signature(call: CallSyntax, inputs: readonly number[]): string {
  const list = inputs.map((type, i) => {
    const name = call.argumentNames[i];
    return name === undefined ? typeName(type) : `${name} => ${typeName(type)}`;
  });
  return `${call.name.join(".")}(${list.join(", ")})`;
}
