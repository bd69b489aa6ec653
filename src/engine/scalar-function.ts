/** A synchronous JavaScript function the engine can call. An asynchronous one would write into freed memory. */
import { DuckDBBigIntVector, DuckDBScalarFunction } from "@duckdb/node-api";
import { assert } from "../base/assert.ts";
import { asPgError } from "../base/error.ts";
import { readValue } from "../pgtypes/read-value.ts";
import type { NumberFunction, ScalarFunction } from "./engine.ts";
import { duckdbType } from "./logical-types.ts";
import { duckdbValue } from "./values.ts";
import { readBatch } from "./vectors.ts";

export function scalarFunction({
  name,
  parameters,
  result,
  isVolatile = false,
  call,
}: ScalarFunction): DuckDBScalarFunction {
  return DuckDBScalarFunction.create({
    name,
    returnType: duckdbType(result),
    parameterTypes: parameters.map(duckdbType),
    // The function sees its NULLs: whether it is strict is its own decision.
    specialHandling: true,
    volatile: isVolatile,
    mainFunction(info, input, output) {
      try {
        const { rowCount, vectors } = readBatch(input, parameters);
        for (let row = 0; row < rowCount; row++) {
          const value = call(...vectors.map((vector) => readValue(vector, row)));
          assert(!(value instanceof Promise), `${name} must not be asynchronous`);
          output.setItem(row, duckdbValue(result, value));
        }
        output.flush();
      } catch (error) {
        const { sqlstate, message } = asPgError(error);
        info.setError(`PGERR:${sqlstate}:${message}`);
      }
    },
  });
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
        const { sqlstate, message } = asPgError(error);
        info.setError(`PGERR:${sqlstate}:${message}`);
      }
    },
  });
}
