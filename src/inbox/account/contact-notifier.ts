import type { UserId } from "../../domain/ids.ts";
import type { Contact, Contacts, UserDirectory } from "../../domain/ports.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import { forEachConcurrent } from "../../object/concurrency.ts";
import { withDeadline } from "../../object/deadline.ts";

/** So many contacts are looked up at once. */
const PAGE = 200;
/** So many pages are told of one change: who has more contacts online is not worth what they cost. */
const MAX_PAGES = 5;
/** So many are told at once. */
const MAX_CONCURRENT = 8;

export interface ContactNotifierDeps {
  directory: Pick<UserDirectory, "onlineContacts">;
  contacts: Contacts;
  timing: Pick<Timing, "presence">;
  userId(): UserId;
}

/** Tells the devices of a user's contacts of him: of those that are online, a thousand at most. */
export class ContactNotifier {
  readonly #deps: ContactNotifierDeps;

  constructor(deps: ContactNotifierDeps) {
    this.#deps = deps;
  }

  /**
   * Tells whether he is online. What one contact does not take is lost to him alone.
   * @param isOver whether something newer is to be told: then the others are left out
   * @throws `unavailable` where D1 cannot say who they are
   */
  async presence(online: boolean, isOver: () => boolean): Promise<void> {
    const { directory, userId } = this.#deps;
    const event = { type: "presence", userId: userId(), online } as const;
    for (let after = 0, pages = 0; pages < MAX_PAGES && !isOver(); pages++) {
      const ids = await directory.onlineContacts(userId(), after, PAGE);
      await this.#notifyAll(ids, async (id) => {
        if (!isOver()) await this.#notify(id, event);
      });
      after = ids.at(-1) ?? after;
      if (ids.length < PAGE) return;
    }
  }

  /** Tells those he had that his account is deleted: he is offline, and nobody's friend. */
  async accountDeleted(contacts: Contact[]): Promise<void> {
    const userId = this.#deps.userId();
    await this.#notifyAll(contacts, async ({ id, isFriend }) => {
      if (isFriend) await this.#notify(id, { type: "friend", userId, state: "none" });
      await this.#notify(id, { type: "presence", userId, online: false });
    });
  }

  async #notifyAll<T>(contacts: T[], tell: (contact: T) => Promise<void>): Promise<void> {
    let failed = 0;
    await forEachConcurrent(MAX_CONCURRENT, contacts, (contact) =>
      tell(contact).catch(() => {
        failed++;
      }),
    );
    if (failed > 0) log("warn", "contacts_not_told", { user: this.#deps.userId(), contacts: failed });
  }

  async #notify(id: UserId, event: DeviceEvent): Promise<void> {
    const { contacts, timing } = this.#deps;
    await withDeadline(contacts.pushEvent(id, { event }), timing.presence.contactTimeoutMs);
  }
}
