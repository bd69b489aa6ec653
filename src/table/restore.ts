/** An older version as the newest one: its files, its columns. The versions between stay in the history. */
import { PgError } from "../base/error.ts";
import type { DeltaField } from "./actions.ts";
import { physicalName, usesColumnMapping } from "./schema.ts";
import type { MetaDataChange, Table, TableVersion } from "./table.ts";

const attemptsMax = 3;

/** `required`: columns that are not nullable again, whatever they were. 58P01 when files of the old version have expired, 40001 when others keep committing meanwhile. */
export async function restore(
  table: Table,
  target: TableVersion,
  actor: string,
  required: ReadonlySet<string>,
): Promise<TableVersion> {
  for (let attempt = 1; ; attempt++) {
    const base = await table.current();
    await refuseExpired(table, target, base);
    try {
      return await table.commit(
        base,
        {
          adds: [...target.files.values()],
          removes: "all",
          metaData: definition(target, base, required),
        },
        { operation: "RESTORE", actor, parameters: { version: String(target.number) } },
      );
    } catch (error) {
      const isLost = error instanceof PgError && error.sqlstate === "40001";
      if (!isLost || attempt === attemptsMax) throw error;
    }
  }
}

async function refuseExpired(table: Table, target: TableVersion, base: TableVersion) {
  const old = [...target.files.values()].filter(({ path }) => !base.files.has(path));
  const missing = await table.missingFiles(old);
  if (missing.length === 0) return;
  throw new PgError("58P01", `version ${target.number} of "${table.location}" has expired`, {
    detail: `${missing.length} of its ${target.files.size} files are no longer there, ${missing[0]} among them.`,
  });
}

/** Comments, defaults and names as they were; a dataset that maps column names goes on doing so. */
function definition(
  target: TableVersion,
  base: TableVersion,
  required: ReadonlySet<string>,
): MetaDataChange {
  const kept = target.fields.map((field) =>
    required.has(field.name) ? { ...field, nullable: false } : field,
  );
  const fields = usesColumnMapping(base.fields) ? kept.map(mapped) : kept;
  const isSame = JSON.stringify(fields) === JSON.stringify(base.fields);
  const columns = target.metaData.partitionColumns;
  return {
    ...(isSame ? {} : { fields }),
    ...(columns.join("\0") === base.metaData.partitionColumns.join("\0")
      ? {}
      : { partitionColumns: columns }),
    description: target.metaData.description ?? null,
  };
}

function mapped(field: DeltaField, at: number): DeltaField {
  const id = field.metadata["delta.columnMapping.id"] ?? field.metadata["lakewire.fieldId"];
  return {
    ...field,
    metadata: {
      ...field.metadata,
      "delta.columnMapping.id": id ?? at + 1,
      "delta.columnMapping.physicalName": physicalName(field),
    },
  };
}
