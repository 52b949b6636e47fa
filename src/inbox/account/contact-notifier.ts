import { UserId } from "../../domain/ids.ts";
import type { Contact, Contacts, UserDirectory } from "../../domain/ports.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";
import { log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import { type CallBudget, forEachConcurrent } from "../../object/concurrency.ts";

/** Contacts per query. */
const PAGE = 200;
/** Contacts per change. A change for more contacts costs more than it is worth. */
const MAX_CONTACTS = 1_000;
/** Contacts that are called at once. */
const MAX_CONCURRENT = 8;

/** The alarm job of contacts that wait for the end of an account. */
interface Scheduler {
  schedule(kind: "account_deleted", key: string, due: number): void;
}

/** How far a presence is announced: to so many contacts, up to the id `after`. */
export interface Announcement {
  online: boolean;
  after: number;
  contacts: number;
}

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
  readonly #jobs: Scheduler;
  readonly #deps: ContactNotifierDeps;

  constructor(jobs: Scheduler, deps: ContactNotifierDeps) {
    this.#jobs = jobs;
    this.#deps = deps;
  }

  /**
   * Sends the user's presence to their online contacts, 1,000 at most, as far as the calls suffice. An event
   * that one contact does not accept is lost to this contact alone.
   * @param from where it begins
   * @param isSuperseded whether a newer change supersedes this one: the remaining contacts are then skipped
   * @returns where it goes on; null: it is done
   * @throws `unavailable` if D1 cannot list the contacts
   */
  async presence(
    from: Announcement,
    isSuperseded: () => boolean,
    calls: CallBudget,
  ): Promise<Announcement | null> {
    const { directory, userId } = this.#deps;
    const { online } = from;
    const event = { type: "presence", userId: userId(), online } as const;
    let { after, contacts } = from;
    while (contacts < MAX_CONTACTS && !isSuperseded()) {
      const limit = calls.take(Math.min(PAGE, MAX_CONTACTS - contacts));
      if (limit === 0) return { online, after, contacts };
      const ids = await directory.onlineContacts(userId(), after, limit);
      await this.#notifyAll(ids, async (id) => {
        if (!isSuperseded()) await this.#notify(id, event);
      });
      after = ids.at(-1) ?? after;
      contacts += ids.length;
      if (ids.length < limit) return null;
    }
    return null;
  }

  /**
   * Sends the end of an account to the contacts it had: the user is offline, and no longer a friend. Jobs go
   * on where the calls do not suffice. Never rejects.
   */
  async accountDeleted(contacts: Contact[], calls: CallBudget): Promise<void> {
    const reached = contacts.filter(({ id, isFriend }) => {
      const isReached = calls.take(2) === 2;
      if (!isReached) this.#jobs.schedule("account_deleted", `${id} ${isFriend ? 1 : 0}`, Date.now());
      return isReached;
    });
    await this.#notifyOfDeletion(reached);
  }

  /** The `account_deleted` job: sends the end of the account to one contact. Never rejects. */
  async contactJob(key: string, calls: CallBudget): Promise<null> {
    const [id, isFriend] = key.split(" ");
    calls.take(2);
    await this.#notifyOfDeletion([{ id: UserId.parse(Number(id)), isFriend: isFriend === "1" }]);
    return null;
  }

  async #notifyOfDeletion(contacts: Contact[]): Promise<void> {
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
