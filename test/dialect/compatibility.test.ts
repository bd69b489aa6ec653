/**
 * docs/reference/compatibility.md: what it lists of functions and statements is what the tests know to differ.
 * LAKEWIRE_ACCEPT=1 writes these lists anew.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readScript } from "./slt.ts";

const page = join(import.meta.dirname, "../../docs/reference/compatibility.md");
const chapters = join(import.meta.dirname, "chapters");
const queries = join(import.meta.dirname, "../query");

test("the differences that the tests know of are those of the page", () => {
  const text = readFileSync(page, "utf8");
  const written = withList(
    withList(text, "chapters", chapterLines()),
    "statements",
    statementLines(),
  );
  if (process.env["LAKEWIRE_ACCEPT"] === "1") writeFileSync(page, written);
  else expect(text).toBe(written);
});

/** What stands between a pair of marks is replaced. */
function withList(text: string, name: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no list of ${name}`);
  return `${text.slice(0, from + begin.length)}\n\n${lines.join("\n")}\n\n${text.slice(to)}`;
}

function chapterLines(): readonly string[] {
  const names = readdirSync(chapters)
    .filter((name) => name.endsWith(".slt"))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return names.flatMap((name) => {
    const records = readScript(readFileSync(join(chapters, name), "utf8"));
    const differing = records.filter(({ differs }) => differs !== undefined);
    return differing.length === 0
      ? []
      : [
          `- Chapter ${name.replace(".slt", "")}`,
          ...differing.map(({ sql, differs }) => `  - ${statement(sql)}: ${reason(differs ?? "")}`),
        ];
  });
}

/** An answer that nobody has given a reason for is shown as the answer it is. */
function reason(differs: string): string {
  return /^(?:!|\S*:\w)/.test(differs) ? `answers \`${cell(differs.replace(/^!/, ""))}\`` : differs;
}

function statementLines(): readonly string[] {
  const files = ["known-differences.json", "statements/modify-differences.json"];
  return files
    .flatMap((file) =>
      Object.entries(
        JSON.parse(readFileSync(join(queries, file), "utf8")) as Record<string, string>,
      ),
    )
    .map(([sql, why]) => `- ${statement(sql)}: ${why}`);
}

/** Long ones are cut: the files have them whole. */
const statement = (sql: string) => `\`${cell(sql)}\``;

function cell(text: string): string {
  const line = text.replaceAll("\n", " ").replaceAll("`", "'");
  return line.length > 160 ? `${line.slice(0, 157)}…` : line;
}
