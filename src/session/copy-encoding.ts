/** The character set of what COPY sends and receives: ENCODING's, else the client's. Parquet, Arrow and JSON are UTF-8. */
import {
  type Encoding,
  fromUtf8,
  isUtf8Encoding,
  knownEncoding,
  toUtf8,
} from "../pgtypes/encodings.ts";
import type { CopyOptions } from "../query/plan.ts";
import type { Backend } from "./backend.ts";

type Client = Pick<Backend, "encoding">;

export function receiving(
  options: CopyOptions,
  client: Client,
): (bytes: Uint8Array, isLast?: boolean) => Uint8Array {
  const encoding = encodingOf(options, client);
  return encoding ? toUtf8(encoding) : (bytes) => bytes;
}

/** What takes whole CopyData messages. */
export function sending(
  options: CopyOptions,
  client: Client,
  send: (messages: Uint8Array) => void,
): (messages: Uint8Array) => void {
  const encoding = encodingOf(options, client);
  if (encoding === undefined) return send;
  const encoded = fromUtf8(encoding);
  return (messages) => {
    const input = Buffer.from(messages.buffer, messages.byteOffset, messages.byteLength);
    for (let at = 0; at < input.length; ) {
      const end = at + 1 + input.readInt32BE(at + 1);
      const body = encoded(input.subarray(at + 5, end));
      const message = Buffer.alloc(5 + body.length);
      message.writeUInt8(0x64);
      message.writeInt32BE(4 + body.length, 1);
      message.set(body, 5);
      send(message);
      at = end;
    }
  };
}

function encodingOf({ format, encoding }: CopyOptions, client: Client): Encoding | undefined {
  if (format !== "text" && format !== "csv") return undefined;
  if (encoding === undefined) return client.encoding;
  const known = knownEncoding(encoding);
  return isUtf8Encoding(known) ? undefined : known;
}
