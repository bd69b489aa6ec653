/**
 * What an entry of a bucket's log is in its schema. It stays the same object for as long as the entry does: that is how
 * whoever compares two versions of the catalog sees what has changed between them.
 */
interface Place {
  readonly schema: string;
  readonly schemaOid?: number;
}

const known = new WeakMap<object, Place>();

export function inSchema<Entry extends object, P extends Place>(entry: Entry, place: P): Entry & P {
  const before = known.get(entry);
  const isSame = before?.schema === place.schema && before.schemaOid === place.schemaOid;
  if (isSame) return before as Entry & P;
  const made = { ...entry, ...place };
  known.set(entry, made);
  return made;
}
