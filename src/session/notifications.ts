/** LISTEN and NOTIFY between the sessions of this server: https://www.postgresql.org/docs/15/sql-notify.html */

export interface Notification {
  readonly pid: number;
  readonly channel: string;
  readonly payload: string;
}

type Deliver = (notification: Notification) => void;

export class Notifications {
  readonly #listeners = new Map<string, Set<Deliver>>();

  listen(channel: string, deliver: Deliver): void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners.add(deliver));
  }

  unlisten(channel: string, deliver: Deliver): void {
    const listeners = this.#listeners.get(channel);
    listeners?.delete(deliver);
    if (listeners?.size === 0) this.#listeners.delete(channel);
  }

  /** Called when the notifying transaction has committed. */
  notify(notification: Notification): void {
    for (const deliver of this.#listeners.get(notification.channel) ?? []) deliver(notification);
  }
}

/** An undefined channel of `unlisten` is every one. */
type Wish =
  | { readonly kind: "listen"; readonly channel: string }
  | { readonly kind: "unlisten"; readonly channel: string | undefined }
  | { readonly kind: "notify"; readonly channel: string; readonly payload: string };

/** One session's ear and voice. What it wants takes effect when its transaction commits, in the order of the wishes. */
export class Subscriber {
  readonly #notifications: Notifications;
  readonly #pid: number;
  readonly #deliver: Deliver;
  readonly #channels = new Set<string>();
  #wishes: Wish[] = [];

  constructor(notifications: Notifications, pid: number, deliver: Deliver) {
    this.#notifications = notifications;
    this.#pid = pid;
    this.#deliver = deliver;
  }

  /** How much has been wished: what a savepoint goes back to. */
  get mark(): number {
    return this.#wishes.length;
  }

  get channels(): ReadonlySet<string> {
    return this.#channels;
  }

  listen(channel: string): void {
    this.#wishes.push({ kind: "listen", channel });
  }

  unlisten(channel: string | undefined): void {
    this.#wishes.push({ kind: "unlisten", channel });
  }

  notify(channel: string, payload: string): void {
    // The same notice twice in one transaction is delivered once, as in PostgreSQL.
    const isThere = this.#wishes.some(
      (wish) => wish.kind === "notify" && wish.channel === channel && wish.payload === payload,
    );
    if (!isThere) this.#wishes.push({ kind: "notify", channel, payload });
  }

  rollbackTo(mark: number): void {
    this.#wishes.length = Math.min(mark, this.#wishes.length);
  }

  committed(): void {
    const wishes = this.#wishes;
    this.#wishes = [];
    for (const wish of wishes) {
      if (wish.kind === "listen") this.#listen(wish.channel);
      else if (wish.kind === "unlisten") this.#unlisten(wish.channel);
    }
    for (const wish of wishes) {
      if (wish.kind !== "notify") continue;
      const { channel, payload } = wish;
      this.#notifications.notify({ pid: this.#pid, channel, payload });
    }
  }

  end(): void {
    this.#wishes = [];
    this.#unlisten(undefined);
  }

  #listen(channel: string): void {
    this.#channels.add(channel);
    this.#notifications.listen(channel, this.#deliver);
  }

  #unlisten(channel: string | undefined): void {
    for (const name of channel === undefined ? [...this.#channels] : [channel]) {
      this.#channels.delete(name);
      this.#notifications.unlisten(name, this.#deliver);
    }
  }
}
