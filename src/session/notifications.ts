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
