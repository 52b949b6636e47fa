import { CoreError } from "../../domain/errors.ts";
import { type ConversationId, NOBODY, type SpaceId, type UserId } from "../../domain/ids.ts";
import type { ConversationDirectory } from "../../domain/ports.ts";
import { has, type Permission } from "../../domain/spaces/permission.ts";
import { type ChannelBasis, permissionsOf, readersOf, type SpaceReader } from "../../domain/spaces/rights.ts";
import type { SpaceLease, SpaceStanding } from "../../domain/spaces/space.ts";
import type { Timing } from "../../domain/timing.ts";
import { withDeadline } from "../../object/calls/deadline.ts";

/** The version of a space that is over. */
const OVER = -1;
/** The version before any was read. */
const UNREAD = -2;

/**
 * How often a space is read for one load. One whose rights change all the time is `unavailable`: else all
 * that wait would wait for ever.
 */
const MOST_READINGS = 8;

/** A user of a large space is known for so long after their last call (ms). A message waits for less. */
const KEEP_MS = 60_000;

/** What readers are made from. */
interface ReadersDeps {
  spaceId: SpaceId;
  conversationId: ConversationId;
  directory: Pick<ConversationDirectory, "leaseSpace">;
  timing: Timing["spaces"];
}

/** The users whose rights a channel has to know. */
interface Concerned {
  /** the users with room sockets, the followers of whom D1 may not know, and who has made hooks */
  users(): Iterable<UserId>;
  /** all followers, and the users with room sockets */
  all(): Iterable<UserId>;
  /** ends the rights of former readers, in the turn in which others are known */
  changed(former: ReadonlySet<UserId>): void;
}

/**
 * Who may read a channel, and what they may do there: members of its space, as D1 has them. The channel
 * relies on what it has read until its lease ends. A change of the space is acknowledged once each channel
 * with a lease has read it, or its lease is over: from then on nobody uses a right that they had before.
 * Of a small space it reads all members, of a large one those whom something here concerns.
 */
export class ChannelReaders {
  readonly #deps: ReadersDeps;
  /** what rights follow from */
  #rights: ChannelBasis | null = null;
  readonly #readers = new Map<UserId, SpaceReader>();
  /** of a large space: the last call of each user (ms since 1970) */
  readonly #askedAt = new Map<UserId, number>();
  #isLarge = false;
  #version = UNREAD;
  /** of the space */
  #slowModeS = 0;
  /** when the lease ends (ms since 1970) */
  #until = 0;
  /** rises with each change that the channel is told of */
  #told = 0;
  #loading: Promise<void> | undefined;
  /** of whom the next reading is to know */
  readonly #wanted = new Set<UserId>();
  #concerned: Concerned = { users: () => [], all: () => [], changed: () => undefined };

  constructor(deps: ReadersDeps) {
    this.#deps = deps;
  }

  /** Sets what is here when the object starts. */
  start(concerned: Concerned): void {
    this.#concerned = concerned;
  }

  /** Whether a user may read the channel now. Nobody may without a lease. */
  has(userId: UserId): boolean {
    return this.#readers.has(userId) && this.#until > Date.now();
  }

  /** Whether a user may do something in the channel now. Nobody may without a lease. */
  permits(userId: UserId, permission: Permission): boolean {
    return this.has(userId) && has(this.#readers.get(userId)?.permissions ?? 0, permission);
  }

  /** The slow mode of the space, in seconds. */
  get slowModeS(): number {
    return this.#slowModeS;
  }

  /** Until when a user may not write in the space (ms since 1970). */
  mutedUntil(userId: UserId): number {
    return this.#readers.get(userId)?.mutedUntil ?? 0;
  }

  /** The space is over. */
  get areGone(): boolean {
    return this.#version === OVER;
  }

  /** Why nothing may be stored or shown now; undefined: it is known who may read it. */
  refusal(): CoreError | undefined {
    if (this.#until > Date.now()) return undefined;
    return new CoreError("unavailable", "The space of this channel has to be asked. Try again.", {
      retryAfter: 1,
    });
  }

  /** Whether nothing has to be read for these users. */
  isReady(userIds: readonly UserId[]): boolean {
    if (this.#isLarge) for (const id of userIds) this.#askedAt.set(id, Date.now());
    return this.#isLeased && userIds.every((id) => this.#readers.has(id));
  }

  /** Reads who may read the channel, where the lease ends soon, or one of these users may have come since. */
  async load(userIds: readonly UserId[]): Promise<void> {
    for (const id of userIds) this.#wanted.add(id);
    // What is under way was asked for others, or read before these users came.
    await this.#loading;
    if (this.isReady(userIds)) return;
    this.#loading ??= this.#load().finally(() => this.#ended());
    await this.#loading;
  }

  /** The space has changed: what was read is void. */
  void(): void {
    this.#told++;
    this.#until = 0;
  }

  /** The lease does not end soon. */
  get #isLeased(): boolean {
    return this.#until - Date.now() > this.#deps.timing.renewMs;
  }

  /** The users with a call of late; of a small space all who are known. */
  #recent(): Iterable<UserId> {
    if (!this.#isLarge) return this.#readers.keys();
    const since = Date.now() - KEEP_MS;
    for (const [id, at] of this.#askedAt) if (at < since) this.#askedAt.delete(id);
    return this.#askedAt.keys();
  }

  #ended(): void {
    this.#loading = undefined;
  }

  async #load(): Promise<void> {
    const { directory, spaceId, conversationId, timing } = this.#deps;
    const wanted = [...this.#wanted];
    this.#wanted.clear();
    let asked = wanted;
    let followers: SpaceLease["followers"] = "none";
    for (let n = 0; n < MOST_READINGS; n++) {
      const told = this.#told;
      const until = this.#isLeased ? null : Date.now() + timing.leaseMs;
      const lease: SpaceLease = {
        ...{ conversationId, known: this.#version, asked, followers },
        // The clock of who changes the space may be ahead.
        until: until === null ? null : until + timing.skewMs,
      };
      const standing: SpaceStanding = await withDeadline(
        directory.leaseSpace(spaceId, lease),
        timing.timeoutMs,
      );
      // The space has changed meanwhile.
      if (told !== this.#told) continue;
      const { rights, isWhole } = standing;
      if (rights && !isWhole) {
        const needed = readsPlainly(rights) ? "special" : "all";
        const known = new Set(asked);
        if (followers !== needed || named(rights).some((id) => !known.has(id))) {
          followers = needed;
          const recent = this.#recent();
          asked = [...new Set([...wanted, ...recent, ...this.#concerned.users(), ...named(rights)])];
          continue;
        }
      }
      if (until !== null) this.#until = until;
      this.#know(standing, asked);
      return;
    }
    throw new CoreError("unavailable", "The space of this channel changes all the time. Try again.", {
      retryAfter: 1,
    });
  }

  #know(
    { version, slowModeS, rights, members, isWhole, followers }: SpaceStanding,
    asked: readonly UserId[],
  ): void {
    const isAnother = version !== this.#version;
    this.#version = version;
    this.#slowModeS = slowModeS;
    this.#rights = rights ?? this.#rights;
    if (isAnother) this.#isLarge = !isWhole;
    if (isAnother) this.#readers.clear();
    if (this.#rights && !this.areGone)
      for (const reader of readersOf(this.#rights, members)) this.#readers.set(reader.userId, reader);
    if (!isAnother) return;
    try {
      const concerned = isWhole ? this.#concerned.all() : asked;
      const former = new Set([...concerned].filter((id) => !this.#readers.has(id)));
      for (const { userId, member } of followers)
        if (!this.#rights || readersOf(this.#rights, member ? [member] : []).length === 0) former.add(userId);
      this.#concerned.changed(former);
    } catch (error) {
      // Former readers have rights yet: nobody has one, until all is read again.
      this.#version = UNREAD;
      this.void();
      throw error;
    }
  }
}

/** Whether members read a channel who have no role, and are not named in it. */
function readsPlainly(rights: ChannelBasis): boolean {
  const ofRoles = rights.overrides.filter(({ userId }) => userId === null);
  return has(permissionsOf(NOBODY, { ...rights, roles: [] }, ofRoles), "read");
}

/** The users whom a channel allows or denies something. */
function named({ overrides }: ChannelBasis): UserId[] {
  return overrides.flatMap(({ userId }) => userId ?? []);
}
