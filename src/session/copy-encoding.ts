/** COPY's ENCODING: text that is not UTF-8, on its way in and out. */
import { must } from "../base/assert.ts";
import { encodingNamed, fromUtf8, toUtf8 } from "../pgtypes/encodings.ts";
import type { CopyOptions } from "../query/plan.ts";

type Bytes = (bytes: Uint8Array) => Uint8Array;

export function receiving(options: CopyOptions): Bytes {
  const encoding = encodingOf(options);
  return encoding ? toUtf8(encoding) : (bytes) => bytes;
}

/** What takes whole CopyData messages. */
export function sending(
  options: CopyOptions,
  send: (messages: Uint8Array) => void,
): (messages: Uint8Array) => void {
  const encoding = encodingOf(options);
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

function encodingOf({ format, encoding }: CopyOptions) {
  if (encoding === undefined || (format !== "text" && format !== "csv")) return undefined;
  const known = must(encodingNamed(encoding), "the statement's encoding is known");
  return known.label === undefined ? undefined : known;
}
