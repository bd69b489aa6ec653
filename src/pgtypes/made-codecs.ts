/** Enums, domains and composites between the engine's values and PostgreSQL's text and binary. */
import { type Codec, decodeUtf8, encodeUtf8, noConversion } from "./codec.ts";
import { compositeCodec } from "./composite-codec.ts";
import { checkLabel, type MadeType } from "./made-types.ts";

export function madeCodec(made: MadeType, codecFor: (oid: number) => Codec): Codec {
  switch (made.kind) {
    case "enum":
      return enumCodec(made);
    case "domain": {
      const base = codecFor(made.base);
      // Its modifier is the domain's own.
      return {
        text: (type, value, _, settings) => base.text(type, value, made.typmod, settings),
        binary: (type, value, _, settings) => base.binary(type, value, made.typmod, settings),
        parse: (text, _, settings) => base.parse(text, made.typmod, settings),
        read: (bytes, _, settings) => base.read(bytes, made.typmod, settings),
      };
    }
    case "composite":
      return compositeCodec(made, codecFor);
    default:
      return made satisfies never;
  }
}

/** Text and binary are both the label. https://www.postgresql.org/docs/15/datatype-enum.html */
function enumCodec(made: Extract<MadeType, { kind: "enum" }>): Codec {
  const safe = new Set(made.labels.filter((label) => !made.unsafe.includes(label)));
  const known = (text: string) => {
    if (!safe.has(text)) checkLabel(made, text);
    return { type: { id: "VARCHAR" }, value: text } as const;
  };
  const written: Codec["text"] = (type, value) => {
    if (typeof value === "string") return value;
    throw noConversion(type, made.oid);
  };
  return {
    text: written,
    binary: (...given) => encodeUtf8(written(...given)),
    parse: known,
    read: (bytes) => known(decodeUtf8(bytes)),
  };
}
