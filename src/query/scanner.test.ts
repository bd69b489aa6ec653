import { expect, test } from "vitest";
import { scan } from "./scanner.ts";

const texts = (sql: string) => scan(sql).map(({ kind, text }) => [kind, text]);

test("words fold their ASCII letters, quoted identifiers keep theirs", () => {
  expect(texts('Select "A""b" ÉA')).toEqual([
    ["word", "select"],
    ["quoted", 'A"b'],
    ["word", "Éa"],
  ]);
});

test("a no-break space is a letter, as in PostgreSQL", () => {
  expect(texts("a\u00a0from b")).toEqual([
    ["word", "a\u00a0from"],
    ["word", "b"],
  ]);
});

test("what stands in literals and comments is not looked at", () => {
  expect(texts(`'a;''b' E'\\';' $$;$$ $x$ $$;$x$ U&'\\0041;' /* ; /* ; */ */ -- ;\n;`)).toEqual([
    ["string", "'a;''b'"],
    ["string", "E'\\';'"],
    ["string", "$$;$$"],
    ["string", "$x$ $$;$x$"],
    ["string", "U&'\\0041;'"],
    ["symbol", ";"],
  ]);
});

test("numbers, parameters and operators", () => {
  expect(texts("$1+1.5e-3::int x=>2 a..b 1..2--c")).toEqual([
    ["parameter", "$1"],
    ["symbol", "+"],
    ["number", "1.5e-3"],
    ["symbol", "::"],
    ["word", "int"],
    ["word", "x"],
    ["symbol", "=>"],
    ["number", "2"],
    ["word", "a"],
    ["symbol", ".."],
    ["word", "b"],
    ["number", "1"],
    ["symbol", ".."],
    ["number", "2"],
  ]);
});

test("what is unterminated reaches to the end", () => {
  for (const sql of ["'abc", '"abc', "$$abc", "/* abc", "E'\\'"]) {
    const tokens = scan(sql);
    expect(tokens.at(-1)?.end ?? sql.length).toBe(sql.length);
  }
});
