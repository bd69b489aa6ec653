/** A synchronous JavaScript function the engine can call. An asynchronous one would write into freed memory. */
import { DuckDBBigIntVector, DuckDBDataChunk, DuckDBScalarFunction } from "@duckdb/node-api";
import duckdb from "@duckdb/node-bindings";
import { assert } from "../base/assert.ts";
import { asPgError } from "../base/error.ts";
import type { LogicalType } from "../pgtypes/logical-type.ts";
import { isNull, readValue } from "../pgtypes/read-value.ts";
import type { EngineValue, Vector } from "../pgtypes/vector.ts";
import type { NumberFunction, ScalarFunction } from "./engine.ts";
import { raisedText } from "./errors.ts";
import { duckdbType } from "./logical-types.ts";
import { readBatch, writeVector } from "./vectors.ts";

export function scalarFunction({
  name,
  parameters,
  result,
  isVolatile = false,
  call,
}: ScalarFunction): DuckDBScalarFunction {
  const made = new DuckDBScalarFunction();
  made.setName(name);
  made.setReturnType(duckdbType(result));
  for (const parameter of parameters) made.addParameter(duckdbType(parameter));
  // The function sees its NULLs: whether it is strict is its own decision.
  made.setSpecialHandling();
  if (isVolatile) made.setVolatile();
  const at = parameters.some(isList) ? callWithLists : callAt;
  // Straight to the binding: a vector of the API's would first copy out what the output holds.
  duckdb.scalar_function_set_function(made.scalar_function, (info, input, output) => {
    try {
      const { rowCount, vectors } = readBatch(new DuckDBDataChunk(input), parameters);
      const values: EngineValue[] = new Array(rowCount);
      const lists = new Map<Vector, LastList>();
      for (let row = 0; row < rowCount; row++) {
        const value = at(row, vectors, call, lists);
        assert(!(value instanceof Promise), `${name} must not be asynchronous`);
        values[row] = value;
      }
      writeVector(output, result, values);
    } catch (error) {
      duckdb.scalar_function_set_error(info, raisedText(asPgError(error)));
    }
  });
  return made;
}

/** Without an array in between, for the numbers of arguments that nearly all have. */
function callAt(
  row: number,
  vectors: readonly Vector[],
  call: ScalarFunction["call"],
): EngineValue {
  const [first, second, third] = vectors;
  if (first === undefined) return call();
  if (second === undefined) return call(readValue(first, row));
  if (third === undefined) return call(readValue(first, row), readValue(second, row));
  return call(...vectors.map((vector) => readValue(vector, row)));
}

const isList = ({ id }: LogicalType) => id === "LIST";

interface LastList {
  readonly start: bigint | undefined;
  readonly length: bigint | undefined;
  readonly value: EngineValue;
}

/** A list that is the same in row after row, as a constant is, is read once: a search path beside a thousand OIDs. */
function callWithLists(
  row: number,
  vectors: readonly Vector[],
  call: ScalarFunction["call"],
  lists: Map<Vector, LastList>,
): EngineValue {
  const values = vectors.map((vector) => {
    if (!isList(vector.type) || isNull(vector, row)) return readValue(vector, row);
    const { buffer, byteOffset } = vector.data;
    const [start, length] = new BigUint64Array(buffer, byteOffset + row * 16, 2);
    const last = lists.get(vector);
    if (last !== undefined && last.start === start && last.length === length) return last.value;
    const value = readValue(vector, row);
    lists.set(vector, { start, length, value });
    return value;
  });
  return call(...values);
}

export function numberFunction({
  name,
  parameters,
  numbers,
}: NumberFunction): DuckDBScalarFunction {
  return DuckDBScalarFunction.create({
    name,
    returnType: duckdbType({ id: "BIGINT" }),
    parameterTypes: parameters.map(duckdbType),
    volatile: true,
    mainFunction(info, input, output) {
      try {
        const batch = readBatch(input, parameters);
        assert(output instanceof DuckDBBigIntVector, `${name} gives BIGINT`);
        const given = numbers(batch);
        for (let row = 0; row < batch.rowCount; row++) output.setItem(row, given[row] ?? null);
        output.flush();
      } catch (error) {
        info.setError(raisedText(asPgError(error)));
      }
    },
  });
}
