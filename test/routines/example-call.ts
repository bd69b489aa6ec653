/** A routine's call as it stands in an example: the name and everything between its parentheses. */
export function callIn(sql: string, routine: string): string {
  const start = sql.search(new RegExp(`\\b${routine}\\s*\\(`));
  if (start < 0) throw new Error(`${routine} is not called in ${sql}`);
  let depth = 0;
  let isQuoted = false;
  for (let at = sql.indexOf("(", start); at < sql.length; at++) {
    const character = sql[at];
    if (character === "'") isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (character === "(") depth++;
    if (character === ")" && --depth === 0) return sql.slice(start, at + 1);
  }
  throw new Error(`the call of ${routine} does not end in ${sql}`);
}
