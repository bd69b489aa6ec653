/** client_encoding: what the channel spells strings in. Values are their encoders' and decoders' to convert. */
import type { Backend } from "./backend.ts";
import type { Channel } from "./channel.ts";

export class ClientEncoding {
  readonly #backend: Pick<Backend, "parameters" | "encoding">;
  readonly #channel: Channel;
  #name = "UTF8";

  constructor(backend: Pick<Backend, "parameters" | "encoding">, channel: Channel) {
    this.#backend = backend;
    this.#channel = channel;
  }

  /** To be called when a parameter may have changed, before anything more is said. */
  follow(): void {
    const name = this.#backend.parameters.get("client_encoding");
    if (name === this.#name) return;
    this.#name = name;
    this.#channel.useCharset(this.#backend.encoding);
  }
}
