/** CREATE FUNCTION … LANGUAGE sql. https://www.postgresql.org/docs/15/sql-createfunction.html */
import type { CreateFunctionStmt, DefElem, FunctionParameter as ParameterNode } from "libpg-query";
import { PgError, unsupported } from "../../base/error.ts";
import { formatType } from "../../catalog/format-type.ts";
import {
  type FunctionBody,
  type FunctionParameter,
  inputTypes,
  isInput,
  type UserFunction,
} from "../../catalog/user-function.ts";
import { analyzeBody } from "../analyze/function-analysis.ts";
import { isRun } from "../analyze/function-body.ts";
import { oid } from "../analyze/oids.ts";
import { ownedFunction, ownedSchema } from "../authorize.ts";
import { defaultExpressionText } from "../deparse/expression-text.ts";
import { type Draft, positionOf, type Requirement, type Scope } from "../draft.ts";
import { judgeStatements } from "./function-statements.ts";
import { creationSchema, nameOfList, strings } from "./names.ts";
import { requiredBoolean } from "./options.ts";
import { storageText } from "./storage-parameters.ts";
import { typeNamed } from "./types.ts";

export async function createFunction(node: CreateFunctionStmt, scope: Scope): Promise<Draft> {
  const isProcedure = node.is_procedure === true;
  const { context } = scope;
  const { name, schema: wanted } = nameOfList(node.funcname, context);
  const schema = creationSchema({ schema: wanted, name }, context, {});
  const parameters = parametersOf(node, scope);
  const { returnType, returnsSet } = isProcedure
    ? procedureResult(parameters)
    : resultOf(node, parameters, scope);
  if (isProcedure) refuseOfProcedures(node, scope);
  const options = optionsOf(node, returnsSet);
  const written = { oid: 0, schema: schema.name, name, comment: null, parameters, returnType };
  const made: Omit<UserFunction, "body"> = {
    ...written,
    ...options.kept,
    owner: context.role.oid,
    returnsSet,
    ...(isProcedure ? { isProcedure } : {}),
  };
  const existing = [...context.catalog.functionsIn(schema.name).values()].find(
    (other) =>
      other.name === name &&
      inputTypes(other).join() === inputTypes({ ...made, body: noBody }).join(),
  );
  const base = node.replace === true ? existing : undefined;
  const requirements: Requirement[] = [
    { kind: "privilege", privilege: "CREATE", object: ownedSchema(schema) },
  ];
  if (base !== undefined) {
    requirements.push({ kind: "owner", object: ownedFunction(base) });
    refuseOtherShape(base, made);
  }
  const body = bodyOf(node, options, scope);
  const whole = { ...made, body };
  const { names, reads } = isRun(whole, new Set(context.catalog.buckets))
    ? await judgeStatements(whole, scope)
    : analyzeBody(whole, scope.source, context);
  return {
    plan: {
      kind: "put function",
      tag: isProcedure ? "CREATE PROCEDURE" : "CREATE FUNCTION",
      base,
      made: {
        ...made,
        ...(base === undefined ? {} : { oid: base.oid, owner: base.owner, comment: base.comment }),
        body: body.kind === "parsed" ? { ...body, names, reads } : body,
      },
    },
    parameterTypes: [],
    requirements,
    isReadOnly: false,
  };
}

const ofProcedures = new Set(["as", "language", "security", "set", "support", "transform"]);

function refuseOfProcedures({ options }: CreateFunctionStmt, scope: Scope): void {
  for (const { defname = "", location } of elements(options)) {
    if (ofProcedures.has(defname)) continue;
    throw new PgError(
      "42P13",
      "invalid attribute in procedure definition",
      positionOf(scope, location),
    );
  }
}

function procedureResult(parameters: readonly FunctionParameter[]) {
  const hasOutput = parameters.some(({ mode }) => mode === "o" || mode === "b");
  return { returnType: hasOutput ? oid.record : oid.void, returnsSet: false };
}

const noBody: FunctionBody = { kind: "text", text: "" };

const modes: Readonly<Record<string, FunctionParameter["mode"]>> = {
  FUNC_PARAM_IN: "i",
  FUNC_PARAM_DEFAULT: "i",
  FUNC_PARAM_OUT: "o",
  FUNC_PARAM_INOUT: "b",
  FUNC_PARAM_VARIADIC: "v",
  FUNC_PARAM_TABLE: "t",
};

function parametersOf(node: CreateFunctionStmt, scope: Scope): readonly FunctionParameter[] {
  const made: FunctionParameter[] = [];
  for (const item of node.parameters ?? []) {
    if (!("FunctionParameter" in item)) continue;
    const parameter = parameterOf(item.FunctionParameter, scope);
    refuseParameter(parameter, made);
    made.push(parameter);
  }
  return made;
}

function parameterOf(node: ParameterNode, scope: Scope): FunctionParameter {
  const { name = "", argType, defexpr } = node;
  const { oid: type } = typeNamed(argType, scope);
  const mode = modes[node.mode ?? "FUNC_PARAM_IN"] ?? "i";
  if (defexpr === undefined) return { name, mode, type, defaultText: null };
  const defaultText = defaultExpressionText(defexpr, type, scope.source, scope.context);
  return { name, mode, type, defaultText };
}

function refuseParameter(parameter: FunctionParameter, before: readonly FunctionParameter[]): void {
  const fault = (message: string) => new PgError("42P13", message);
  if (isInput(parameter)) {
    if (before.some(({ mode }) => mode === "v"))
      throw fault("VARIADIC parameter must be the last input parameter");
    if (parameter.defaultText === null && before.some(({ defaultText }) => defaultText !== null))
      throw fault("input parameters after one with a default value must also have defaults");
  }
  const { name } = parameter;
  const sides = (each: FunctionParameter) => [
    isInput(each),
    each.mode !== "i" && each.mode !== "v",
  ];
  const meets = (other: FunctionParameter) =>
    sides(other).some((side, i) => side && sides(parameter)[i] === true);
  if (name !== "" && before.some((other) => other.name === name && meets(other)))
    throw fault(`parameter name "${name}" used more than once`);
}

function resultOf(
  { returnType: node }: CreateFunctionStmt,
  parameters: readonly FunctionParameter[],
  scope: Scope,
): { readonly returnType: number; readonly returnsSet: boolean } {
  const outputs = parameters.filter(({ mode }) => "obt".includes(mode));
  const [only, second] = outputs;
  const own = only === undefined ? undefined : second === undefined ? only.type : oid.record;
  if (node === undefined) {
    if (own === undefined) throw new PgError("42P13", "function result type must be specified");
    return { returnType: own, returnsSet: false };
  }
  const { setof, ...plain } = node;
  const { oid: said } = typeNamed(plain, scope);
  if (own !== undefined && said !== own)
    throw new PgError(
      "42P13",
      `function result type must be ${formatType(own, undefined)} because of OUT parameters`,
    );
  return { returnType: said, returnsSet: setof ?? false };
}

interface Options {
  readonly kept: Pick<
    UserFunction,
    "volatility" | "isStrict" | "isSecurityDefiner" | "isLeakproof" | "parallel" | "cost" | "rows"
  >;
  readonly language: string | undefined;
  readonly text: string | undefined;
}

function optionsOf(node: CreateFunctionStmt, returnsSet: boolean): Options {
  const given = elements(node.options);
  const find = (name: string) => given.find(({ defname }) => defname === name);
  const as = find("as")?.arg;
  const language = find("language")?.arg;
  return {
    kept: keptOptions(given, {
      volatility: "volatile",
      isStrict: false,
      isSecurityDefiner: false,
      isLeakproof: false,
      parallel: "u",
      cost: 100,
      rows: returnsSet ? 1000 : 0,
    }),
    language: language === undefined ? undefined : strings([language])[0],
    text: as !== undefined && "List" in as ? strings(as.List.items)[0] : undefined,
  };
}

/** IMMUTABLE, STRICT, COST … as CREATE and ALTER FUNCTION say them. */
export function keptOptions(given: readonly DefElem[], before: Options["kept"]): Options["kept"] {
  let kept = before;
  for (const element of given) {
    const { defname = "", arg } = element;
    const value = storageText(arg);
    const flag = () => requiredBoolean({ name: defname, value: arg, location: element.location });
    if (defname === "as" || defname === "language") continue;
    else if (defname === "volatility" && isVolatility(value)) kept = { ...kept, volatility: value };
    else if (defname === "strict") kept = { ...kept, isStrict: flag() };
    else if (defname === "security") kept = { ...kept, isSecurityDefiner: flag() };
    else if (defname === "leakproof") kept = { ...kept, isLeakproof: flag() };
    else if (defname === "cost") kept = { ...kept, cost: Number(value) };
    else if (defname === "rows") kept = { ...kept, rows: Number(value) };
    else if (defname === "parallel") kept = { ...kept, parallel: parallelOf(value) };
    else throw unsupported(`${defname.toUpperCase()} of a function`);
  }
  return kept;
}

function isVolatility(value: string): value is UserFunction["volatility"] {
  return value === "immutable" || value === "stable" || value === "volatile";
}

function parallelOf(value: string): UserFunction["parallel"] {
  if (value === "safe") return "s";
  if (value === "restricted") return "r";
  if (value === "unsafe") return "u";
  throw new PgError("42601", 'parameter "parallel" must be SAFE, RESTRICTED, or UNSAFE');
}

export function elements(nodes: CreateFunctionStmt["options"]): readonly DefElem[] {
  return (nodes ?? []).flatMap((node) => ("DefElem" in node ? [node.DefElem] : []));
}

function bodyOf(
  { sql_body }: CreateFunctionStmt,
  { language, text }: Options,
  scope: Scope,
): FunctionBody {
  if (language === undefined && sql_body === undefined)
    throw new PgError("42P13", "no language specified");
  refuseLanguage(language ?? "sql");
  if (sql_body !== undefined) {
    if (text !== undefined) throw new PgError("42P13", "duplicate function body specified");
    const none = { path: [], relations: [] };
    return { kind: "parsed", sql: scope.statement.sql, names: none, reads: [] };
  }
  if (text === undefined) throw new PgError("42P13", "no function body specified");
  return { kind: "text", text };
}

const known = new Set(["plpgsql", "c", "internal"]);

function refuseLanguage(language: string): void {
  if (language === "sql") return;
  if (known.has(language) || /^pl/.test(language))
    throw unsupported(`LANGUAGE ${language}`, {
      hint: "Write it in LANGUAGE sql, as statements that follow each other, or let the client decide between them.",
    });
  throw new PgError("42704", `language "${language}" does not exist`);
}

/** OR REPLACE keeps what callers rely on. */
function refuseOtherShape(base: UserFunction, made: Omit<UserFunction, "body">): void {
  if (base.isProcedure !== made.isProcedure)
    throw new PgError("42809", "cannot change routine kind", {
      detail: `"${base.name}" is a ${base.isProcedure ? "procedure" : "function"}.`,
    });
  const outputs = (each: Pick<UserFunction, "parameters">) =>
    each.parameters
      .filter(({ mode }) => "obt".includes(mode))
      .map(({ name, type }) => `${name} ${type}`)
      .join();
  const types = inputTypes(base).map((type) => formatType(type, undefined));
  const hint = `Use DROP FUNCTION ${base.name}(${types.join(",")}) first.`;
  if (base.returnType !== made.returnType || base.returnsSet !== made.returnsSet)
    throw new PgError("42P13", "cannot change return type of existing function", { hint });
  if (outputs(base) !== outputs(made))
    throw new PgError("42P13", "cannot change return type of existing function", {
      detail: "Row type defined by OUT parameters is different.",
      hint,
    });
  const before = base.parameters.filter(isInput);
  const after = made.parameters.filter(isInput);
  for (const [i, { name, defaultText }] of before.entries()) {
    if (name !== "" && after[i]?.name !== name)
      throw new PgError("42P13", `cannot change name of input parameter "${name}"`, { hint });
    if (defaultText !== null && after[i]?.defaultText === null)
      throw new PgError("42P13", "cannot remove parameter defaults from existing function", {
        hint,
      });
  }
}
