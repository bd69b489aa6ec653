/** PostGraphile: the GraphQL schema it makes of `shop`, and what it answers; a JSON line a step. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { environment, report } from "./report.mjs";

const load = createRequire(join(process.env["PACKAGES"], "index.js"));
const { createPostGraphileSchema, withPostGraphileContext } = load("postgraphile");
const { graphql, printSchema } = load("graphql");
const { Pool } = load("pg");

const pgPool = new Pool(environment);
const schema = await createPostGraphileSchema(pgPool, ["shop"], { legacyRelations: "omit" });
for (const part of printSchema(schema).split(/\n\n(?=""")/)) {
  const name = /^(?:type|enum|input|scalar|interface|union) (\w+)/m.exec(part)?.[1] ?? "schema";
  report(`GraphQL's ${name}`, part);
}

const questions = {
  customers: `{ allCustomers(orderBy: ID_ASC) { totalCount nodes { id name feeling balance born
    ordersByCustomerId(orderBy: ID_ASC) { nodes { id price pieces placed } } } } }`,
  "one order": `{ allOrders(condition: {customerId: 1}, first: 1, orderBy: PRICE_DESC) {
    pageInfo { hasNextPage } nodes { price customerByCustomerId { name } } } }`,
  "functions and views":
    "{ add(a: 1, b: 2) rowsOf(n: 2) { nodes { x y } } allBigs { nodes { id name } } }",
  create: 'mutation { createPair(input: {pair: {a: 1, b: 2, c: "x"}}) { pair { a b c nodeId } } }',
  update: 'mutation { updatePairByAAndB(input: {a: 1, b: 2, pairPatch: {c: "y"}}) { pair { c } } }',
  delete: "mutation { deletePairByAAndB(input: {a: 1, b: 2}) { pair { c } } }",
};
for (const [step, source] of Object.entries(questions)) {
  const answer = await withPostGraphileContext({ pgPool }, (contextValue) =>
    graphql({ schema, source, contextValue }),
  );
  report(step, answer);
}
await pgPool.end();
