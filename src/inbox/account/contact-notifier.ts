import type { UserId } from "../../domain/ids.ts";
import type { Contact, Contacts, UserDirectory } from "../../domain/ports.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import { forEachConcurrent } from "../../object/concurrency.ts";
import { withDeadline } from "../../object/deadline.ts";

/** Contacts per query. */
const PAGE = 200;
/** Pages per change: 1,000 contacts. A change for more contacts costs more than it is worth. */
const MAX_PAGES = 5;
/** Contacts that are called at once. */
const MAX_CONCURRENT = 8;

export interface ContactNotifierDeps {
  directory: Pick<UserDirectory, "onlineContacts">;
  contacts: Contacts;
  timing: Pick<Timing, "presence">;
  userId(): UserId;
}

/**
 * Sends events about a user to the devices of their contacts. Delivery is best-effort: an event that a
 * contact does not accept is lost, and a presence may be sent again after a crash.
 */
export class ContactNotifier {
  readonly #deps: ContactNotifierDeps;

  constructor(deps: ContactNotifierDeps) {
    this.#deps = deps;
  }

  /**
   * Sends the user's presence to their online contacts, 1,000 at most. An event that one contact does not
   * accept is lost to this contact alone.
   * @param isSuperseded whether a newer change supersedes this one: the remaining contacts are then skipped
   * @throws `unavailable` if D1 cannot list the contacts
   */
  async presence(online: boolean, isSuperseded: () => boolean): Promise<void> {
    const { directory, userId } = this.#deps;
    const event = { type: "presence", userId: userId(), online } as const;
    for (let after = 0, pages = 0; pages < MAX_PAGES && !isSuperseded(); pages++) {
      const ids = await directory.onlineContacts(userId(), after, PAGE);
      await this.#notifyAll(ids, async (id) => {
        if (!isSuperseded()) await this.#notify(id, event);
      });
      after = ids.at(-1) ?? after;
      if (ids.length < PAGE) return;
    }
  }

  /**
   * Sends the end of an account to the contacts it had: the user is offline, and no longer a friend. Never
   * rejects.
   */
  async accountDeleted(contacts: Contact[]): Promise<void> {
    const userId = this.#deps.userId();
    await this.#notifyAll(contacts, async ({ id, isFriend }) => {
      if (isFriend) await this.#notify(id, { type: "friend", userId, state: "none" });
      await this.#notify(id, { type: "presence", userId, online: false });
    });
  }

  async #notifyAll<T>(contacts: T[], send: (contact: T) => Promise<void>): Promise<void> {
    let failed = 0;
    await forEachConcurrent(MAX_CONCURRENT, contacts, (contact) =>
      send(contact).catch(() => {
        failed++;
      }),
    );
    if (failed > 0) log("warn", "contacts_not_notified", { user: this.#deps.userId(), contacts: failed });
  }

  async #notify(id: UserId, event: DeviceEvent): Promise<void> {
    const { contacts, timing } = this.#deps;
    await withDeadline(contacts.pushEvent(id, { event }), timing.presence.contactTimeoutMs);
  }
}
