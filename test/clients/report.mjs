/** What programs of Node are given and tell: libpq's environment variables, a JSON line a step. */
const {
  PGHOST: host,
  PGPORT,
  PGUSER: user,
  PGPASSWORD: password,
  PGDATABASE: database,
} = process.env;

export const environment = { host, port: Number(PGPORT), user, password, database };

export function report(step, answer) {
  const text = typeof answer === "string" ? answer : JSON.stringify(answer);
  process.stdout.write(`${JSON.stringify({ step, answer: text })}\n`);
}
