/** Sends what an execution brought: rows up to a limit, a command tag, or COPY's conversation. */
import { must } from "../base/assert.ts";
import type { RowEncoder } from "../pgtypes/row-encoder.ts";
import type { TextSettings } from "../pgtypes/text-settings.ts";
import { elementOf } from "../pgtypes/types.ts";
import { registered } from "../query/analyze/oids.ts";
import { resolveRegistered } from "../query/analyze/registered.ts";
import type { ResultColumn } from "../query/plan.ts";
import type { Backend } from "./backend.ts";
import type { Channel } from "./channel.ts";
import type { Portal, StreamedRows } from "./portal.ts";
import { formatOf, rowEncoderFor, type Sent, sendStreamedRows, sendTextRows } from "./reply.ts";
import { spillSuspended } from "./spill.ts";

const encoders = new WeakMap<StreamedRows, RowEncoder>();

/** `completing` runs when all is sent but the command tag, which tells that it has succeeded. */
export async function sendPortalRows(
  backend: Backend,
  portal: Portal,
  maxRows: number,
  channel: Channel,
  completing: () => Promise<void> = async () => {},
): Promise<void> {
  const outcome = must(portal.outcome, "the portal has been started");
  switch (outcome.kind) {
    case "empty":
      channel.send({ type: "EmptyQueryResponse" });
      return;
    case "command":
      await completing();
      backend.finished(portal.statement.sql, outcome.tag);
      channel.send({ type: "CommandComplete", tag: outcome.tag });
      return;
    case "copy in":
    case "copy out": {
      const count = await outcome.run();
      await completing();
      backend.finished(portal.statement.sql, `COPY ${count}`);
      channel.send({ type: "CommandComplete", tag: `COPY ${count}` });
      return;
    }
    case "rows": {
      const sent = await sendRows(backend, portal, maxRows, channel);
      portal.isComplete = sent.isComplete;
      if (!sent.isComplete) {
        await spillSuspended(backend, (rows) => encoders.get(rows));
        channel.send({ type: "PortalSuspended" });
        return;
      }
      await outcome.rows.close();
      await completing();
      const tag = outcome.tag(sent.rows);
      backend.finished(portal.statement.sql, tag);
      channel.send({ type: "CommandComplete", tag });
      return;
    }
    default:
      outcome satisfies never;
  }
}

/** A name of the catalog's goes as its OID where it goes as binary. */
async function resultSettings(
  columns: readonly ResultColumn[],
  { formats }: Portal,
  backend: Backend,
): Promise<TextSettings> {
  const settings = backend.textSettings();
  const isNamed = ({ typeOid }: ResultColumn, at: number) =>
    formatOf(formats, at) === 1 && (registered.has(typeOid) || registered.has(elementOf(typeOid)));
  if (!formats.includes(1) || !columns.some(isNamed)) return settings;
  const context = await backend.context();
  return { ...settings, oidOfName: (name, typeOid) => resolveRegistered(name, typeOid, context) };
}

async function sendRows(
  backend: Backend,
  portal: Portal,
  maxRows: number,
  channel: Channel,
): Promise<Sent> {
  const outcome = must(portal.outcome, "the portal has been started");
  if (outcome.kind !== "rows" || portal.isComplete) return { rows: 0, isComplete: true };
  const columns = must(portal.columns, "rows have columns");
  const { rows } = outcome;
  if (rows.kind === "text") {
    const settings = await resultSettings(columns, portal, backend);
    return sendTextRows(rows, columns, portal.formats, maxRows, channel, settings);
  }
  if (portal.spilled) return portal.spilled.send(maxRows, channel, backend);
  const encoder =
    encoders.get(rows) ??
    rowEncoderFor(rows, columns, portal.formats, await resultSettings(columns, portal, backend));
  encoders.set(rows, encoder);
  const rowLimit = Number(backend.parameters.get("lakehouse.row_limit"));
  return sendStreamedRows(rows, encoder, maxRows, channel, backend, rowLimit);
}
