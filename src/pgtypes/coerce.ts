/** A typed value as the value of another engine type: what a column needs of what was parsed. */
import { PgError, unsupported } from "../base/error.ts";
import { noConversion, type TypedValue } from "./codec.ts";
import type { LogicalType } from "./logical-type.ts";
import { finite, parseNumeric, rescale } from "./numeric.ts";
import { oids } from "./oids.ts";
import { isBareNumeric } from "./types.ts";
import type { EngineValue } from "./vector.ts";

/** Decimals are rounded to the scale, 22003 when the digits do not fit; lists element by element; the rest stays. */
export function coerce({ type, value }: TypedValue, target: LogicalType): EngineValue {
  if (value === null) return null;
  if (type.id === "LIST" && target.id !== "LIST") {
    // PostgreSQL's array type has any number of dimensions; a column of the engine has the one it was made with.
    throw unsupported("a multidimensional array in a column of one dimension");
  }
  if (target.id === "LIST" && type.id === "LIST" && Array.isArray(value)) {
    return (value as readonly EngineValue[]).map((item) =>
      coerce({ type: type.child, value: item }, target.child),
    );
  }
  if (target.id !== "DECIMAL") return value;
  return decimal(type, value, target.width, target.scale);
}

type Finite = ReturnType<typeof finite> & { readonly kind: "finite" };

function isCut(given: Finite, kept: Finite): boolean {
  return given.unscaled !== kept.unscaled * 10n ** BigInt(given.scale - kept.scale);
}

function decimal(
  type: LogicalType,
  value: Exclude<EngineValue, null>,
  width: number,
  scale: number,
): bigint {
  const number =
    type.id === "DECIMAL" && typeof value === "bigint"
      ? finite(value, type.scale)
      : parseNumeric(String(value));
  if (!number) throw noConversion(type, oids.numeric);
  const fitted = rescale(number, scale);
  const limit = 10n ** BigInt(width);
  if (fitted.kind !== "finite") {
    throw new PgError("0A000", `numeric ${fitted.kind} is not supported in stored columns`);
  }
  // A column with a scale has rounded already; without one nothing that was given is dropped.
  const isBare = isBareNumeric({ id: "DECIMAL", width, scale });
  if (isBare && number.kind === "finite" && number.scale > scale && isCut(number, fitted)) {
    throw new PgError("22003", `numeric value has more than ${scale} digits behind the point`, {
      hint: "Declare the column with a precision and scale, as numeric(38,20), or round the value.",
    });
  }
  if (fitted.unscaled >= limit || -fitted.unscaled >= limit) {
    throw new PgError("22003", "numeric field overflow", {
      detail: `A field with precision ${width}, scale ${scale} must round to an absolute value less than 10^${width - scale}.`,
    });
  }
  return fitted.unscaled;
}
