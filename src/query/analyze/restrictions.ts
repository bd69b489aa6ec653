/** What may not stand where: aggregates, window functions and functions that return sets, clause by clause. */
import type { Clause, Scope } from "./scope.ts";
import type { Expression } from "./tree.ts";
import { walk } from "./walk.ts";

const places: Readonly<Record<Clause, string | undefined>> = {
  select: undefined,
  "ORDER BY": undefined,
  "DISTINCT ON": undefined,
  HAVING: undefined,
  "PARTITION BY": undefined,
  "window ORDER BY": undefined,
  WHERE: "WHERE",
  "GROUP BY": "GROUP BY",
  LIMIT: "LIMIT",
  OFFSET: "OFFSET",
  "JOIN/ON": "JOIN conditions",
  "JOIN/USING": "JOIN conditions",
  "functions in FROM": "functions in FROM",
  "FROM subquery": "FROM clause of their own query level",
  VALUES: "VALUES",
  "window frame": "window ROWS",
  FILTER: "FILTER",
  RETURNING: "RETURNING",
  "DEFAULT expressions": "DEFAULT expressions",
  "check constraints": "check constraints",
  "policy expressions": "policy expressions",
  "index expressions": "index expressions",
  "column generation expressions": "column generation expressions",
  "COPY FROM WHERE conditions": "COPY FROM WHERE conditions",
  UPDATE: "UPDATE",
  "MERGE WHEN": "MERGE WHEN conditions",
  "transform expressions": "transform expressions",
  "CALL arguments": "CALL arguments",
  "EXECUTE parameters": "EXECUTE parameters",
};

export function refuseAggregate(scope: Scope, location: number | undefined): void {
  const { analysis } = scope;
  const place = places[scope.clause];
  if (place !== undefined)
    throw analysis.error("42803", `aggregate functions are not allowed in ${place}`, location);
}

const subqueryPlaces: Partial<Record<Clause, string>> = {
  "DEFAULT expressions": "DEFAULT expression",
  "check constraints": "check constraint",
  "index expressions": "index expression",
  "column generation expressions": "column generation expression",
  "COPY FROM WHERE conditions": "COPY FROM WHERE condition",
  "EXECUTE parameters": "EXECUTE parameter",
};

export function refuseSubquery(scope: Scope, location: number | undefined): void {
  const place = subqueryPlaces[scope.clause];
  if (place !== undefined)
    throw scope.analysis.error("0A000", `cannot use subquery in ${place}`, location);
}

const windowPlaces: Partial<Record<Clause, string>> = {
  HAVING: "HAVING",
  "PARTITION BY": "window definitions",
  "window ORDER BY": "window definitions",
  "window frame": "window definitions",
};

export function refuseWindow(scope: Scope, location: number | undefined): void {
  const { analysis } = scope;
  const place = windowPlaces[scope.clause] ?? places[scope.clause];
  if (place !== undefined)
    throw analysis.error("42P20", `window functions are not allowed in ${place}`, location);
}

const setPlaces: Partial<Record<Clause, string>> = {
  HAVING: "HAVING",
  FILTER: "FILTER",
};

const setsWelcome: ReadonlySet<Clause> = new Set([
  "select",
  "ORDER BY",
  "DISTINCT ON",
  "GROUP BY",
  "functions in FROM",
  "PARTITION BY",
  "window ORDER BY",
]);

/** A function that returns a set was met. */
export function noteSetReturning(scope: Scope, location: number | undefined): void {
  const { analysis } = scope;
  if (!setsWelcome.has(scope.clause)) {
    const place = setPlaces[scope.clause] ?? places[scope.clause] ?? scope.clause;
    throw analysis.error("0A000", `set-returning functions are not allowed in ${place}`, location);
  }
  scope.hasSetReturning = true;
  scope.setReturningAt = location;
}

/** Runs `step`, which may not meet a function that returns a set: CASE and COALESCE choose what is evaluated. */
export function withoutSets<T>(
  scope: Scope,
  what: string,
  location: number | undefined,
  step: () => T,
): T {
  const before = scope.hasSetReturning;
  scope.hasSetReturning = false;
  const result = step();
  if (scope.hasSetReturning)
    throw scope.analysis.error(
      "0A000",
      `set-returning functions are not allowed in ${what}`,
      scope.setReturningAt ?? location,
      { hint: "You might be able to move the set-returning function into a LATERAL FROM item." },
    );
  scope.hasSetReturning = before;
  return result;
}

/** What an aggregate or a window function may not have among its arguments. */
export function refuseInArguments(
  call: "aggregate" | "window",
  parts: readonly Expression[],
  scope: Scope,
): void {
  const { analysis } = scope;
  for (const part of parts) {
    walk(part, (inner) => {
      if (inner.kind === "aggregate" && call === "aggregate")
        throw analysis.error("42803", "aggregate function calls cannot be nested", inner.location);
      if (inner.kind === "window")
        throw call === "aggregate"
          ? analysis.error(
              "42803",
              "aggregate function calls cannot contain window function calls",
              inner.location,
            )
          : analysis.error("42P20", "window function calls cannot be nested", inner.location);
      if (inner.kind === "function" && inner.proc.proretset)
        throw analysis.error(
          "0A000",
          `${call} function calls cannot contain set-returning function calls`,
          inner.location,
          {
            hint: "You might be able to move the set-returning function into a LATERAL FROM item.",
          },
        );
    });
  }
}
