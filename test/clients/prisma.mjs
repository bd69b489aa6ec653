/**
 * Prisma's introspection: what `prisma db pull` writes of `shop`; a JSON line. Its schema engine as WebAssembly and its adapter for
 * pg come from npm, while the program of its own that its command line would start comes from elsewhere.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { environment, report } from "./report.mjs";

const folder = join(process.env["PACKAGES"], "node_modules/@prisma");
const load = createRequire(join(folder, "adapter-pg/package.json"));
const pg = load("pg");
const { PrismaPg } = load("@prisma/adapter-pg");
const { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } = load(
  "@prisma/driver-adapter-utils",
);

/** The adapter knows no "char", which the engine asks for: it is told of character(1), and the engine what it was. */
const [char, bpchar] = [18, 1042];
let chars = [];
const { query } = pg.Pool.prototype;
pg.Pool.prototype.query = async function (...given) {
  const result = await query.apply(this, given);
  chars = result.fields.map(({ dataTypeID }) => dataTypeID === char);
  for (const field of result.fields) if (field.dataTypeID === char) field.dataTypeID = bpchar;
  return result;
};
const { connect } = PrismaPg.prototype;
PrismaPg.prototype.connect = async function () {
  const adapter = await connect.call(this);
  const { queryRaw } = adapter;
  adapter.queryRaw = async (asked) => {
    const result = await queryRaw.call(adapter, asked);
    const columnTypes = result.columnTypes.map((type, at) =>
      chars[at] ? ColumnTypeEnum.Character : type,
    );
    return { ...result, columnTypes };
  };
  return adapter;
};

globalThis.PRISMA_WASM_PANIC_REGISTRY = {
  set_message(message) {
    throw new Error(message);
  },
};
const wasm = join(folder, "schema-engine-wasm/schema_engine_bg");
const glue = await import(pathToFileURL(`${wasm}.js`).href);
const imports = { "./schema_engine_bg.js": glue };
const { instance } = await WebAssembly.instantiate(readFileSync(`${wasm}.wasm`), imports);
glue.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

const { host, port, user, password, database } = environment;
const adapter = new PrismaPg({ host, port: Number(port), user, password, database });
const engine = await glue.SchemaEngine.new(
  { datamodels: undefined },
  () => {},
  bindMigrationAwareSqlAdapterFactory(adapter),
);
const source = 'datasource db {\n  provider = "postgresql"\n  schemas = ["shop"]\n}\n';
const { schema, warnings, views } = await engine.introspect({
  schema: { files: [{ path: "schema.prisma", content: source }] },
  baseDirectoryPath: ".",
  force: true,
  compositeTypeDepth: 0,
  namespaces: ["shop"],
  viewsDirectoryPath: "views",
});
report("schema", schema.files.map(({ content }) => content).join("\n"));
report("warnings", warnings);
report("views", views);
process.exit();
