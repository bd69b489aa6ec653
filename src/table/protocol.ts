/**
 * What a reader and a writer of a dataset must know. A dataset starts with the oldest protocol its columns allow, and a
 * feature is switched on by the first commit that needs it: every Delta client ever shipped reads (1,2).
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md#table-features
 */
import { unsupported } from "../base/error.ts";
import type { DeltaField, DeltaType, Protocol } from "./actions.ts";
import { usesColumnMapping } from "./schema.ts";
import type { TableVersion } from "./table.ts";

export type Feature = "columnMapping" | "deletionVectors" | "timestampNtz";

const oldest: Protocol = { minReaderVersion: 1, minWriterVersion: 2 };

/** What a writer version before the lists of features stood for. */
const writerFeaturesSince: readonly (readonly [version: number, feature: string])[] = [
  [2, "appendOnly"],
  [2, "invariants"],
  [3, "checkConstraints"],
  [4, "changeDataFeed"],
  [4, "generatedColumns"],
  [5, "columnMapping"],
  [6, "identityColumns"],
];

export function featuresOf(fields: readonly DeltaField[]): Set<Feature> {
  const features = new Set<Feature>();
  if (usesColumnMapping(fields)) features.add("columnMapping");
  if (fields.some(({ type }) => contains(type, "timestamp_ntz"))) features.add("timestampNtz");
  return features;
}

/** The protocol with these features besides what it has; the very same object when it has them. */
export function withFeatures(
  protocol: Protocol | undefined,
  features: ReadonlySet<Feature>,
): Protocol {
  const before = protocol ?? oldest;
  const lacking = [...features].filter((feature) => !supports(before, feature));
  if (lacking.length === 0) return before;
  const isListed = before.minWriterVersion >= 7 || before.minReaderVersion >= 3;
  if (!isListed && lacking.every((feature) => feature === "columnMapping")) {
    return {
      minReaderVersion: Math.max(2, before.minReaderVersion),
      minWriterVersion: Math.max(5, before.minWriterVersion),
    };
  }
  const readerFeatures = [...impliedReaderFeatures(before), ...lacking];
  const writerFeatures = [...impliedWriterFeatures(before), ...readerFeatures];
  return {
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: [...new Set(readerFeatures)],
    writerFeatures: [...new Set(writerFeatures)],
  };
}

function supports(protocol: Protocol, feature: Feature): boolean {
  return (
    impliedReaderFeatures(protocol).includes(feature) &&
    impliedWriterFeatures(protocol).includes(feature)
  );
}

function impliedReaderFeatures(protocol: Protocol): readonly string[] {
  if (protocol.readerFeatures) return protocol.readerFeatures;
  return protocol.minReaderVersion === 2 ? ["columnMapping"] : [];
}

function impliedWriterFeatures(protocol: Protocol): readonly string[] {
  if (protocol.writerFeatures) return protocol.writerFeatures;
  return writerFeaturesSince
    .filter(([version]) => version <= protocol.minWriterVersion)
    .map(([, feature]) => feature);
}

function contains(type: DeltaType, name: string): boolean {
  return typeof type === "string"
    ? type === name
    : type.type === "array" && contains(type.elementType, name);
}

const understood = ["columnMapping", "deletionVectors", "timestampNtz", "vacuumProtocolCheck"];

const readable: ReadonlySet<string> = new Set([...understood, "v2Checkpoint"]);

/** Features whose rules our commits keep, whatever is configured. */
const writable: ReadonlySet<string> = new Set([...understood, "appendOnly", "domainMetadata"]);

/** Features that ask nothing of a writer until something in the dataset uses them. */
const harmlessWhenUnused: ReadonlySet<string> = new Set([
  "invariants",
  "checkConstraints",
  "generatedColumns",
  "changeDataFeed",
  "inCommitTimestamp",
  "identityColumns",
]);

/** 0A000 that names what this server does not know how to read. */
export function checkReadable({ protocol }: TableVersion, where: string): void {
  const unknown = (protocol.readerFeatures ?? []).filter((feature) => !readable.has(feature));
  if (protocol.minReaderVersion > 3) unknown.push(`reader version ${protocol.minReaderVersion}`);
  if (unknown.length > 0) throw unsupported(`reading ${where}: ${unknown.join(", ")}`);
}

/** 0A000 that names the rule of the dataset this server does not keep when it writes. */
export function checkWritable(version: TableVersion, where: string): void {
  const { protocol, metaData } = version;
  const { configuration } = metaData;
  const is = (key: string) => configuration[key] === "true";
  const features = protocol.writerFeatures ?? [];
  const rules = features.filter((f) => !writable.has(f) && !harmlessWhenUnused.has(f));
  if (protocol.minWriterVersion > 7) rules.push(`writer version ${protocol.minWriterVersion}`);
  if (Object.keys(configuration).some((key) => key.startsWith("delta.constraints."))) {
    rules.push("checkConstraints");
  }
  if (is("delta.enableChangeDataFeed")) rules.push("changeDataFeed");
  if (is("delta.enableInCommitTimestamps")) rules.push("inCommitTimestamp");
  for (const { metadata } of version.fields) {
    if ("delta.invariants" in metadata) rules.push("invariants");
    if ("delta.generationExpression" in metadata) rules.push("generatedColumns");
    if ("delta.identity.start" in metadata) rules.push("identityColumns");
  }
  if (rules.length > 0) {
    throw unsupported(`writing to ${where}: ${[...new Set(rules)].join(", ")}`);
  }
}
