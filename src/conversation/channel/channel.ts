import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { ConversationDirectory } from "../../domain/ports.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";
import { type GroupChange, withNewVersion } from "../state/group-change.ts";
import { joinedRow } from "../viewers/joined-row.ts";
import type { ChannelReaders } from "./readers.ts";

/** What a channel works with. */
interface ChannelDeps {
  readers: ChannelReaders;
  directory: Pick<ConversationDirectory, "people">;
  /** the wait for D1, in ms */
  timeoutMs: number;
  /** the users with room sockets */
  looking(): UserId[];
  /** ends the channel, as its space is over @returns whose lists that concerns */
  dissolve(): UserId[];
}

/**
 * A conversation that is a channel of a space. The members of the space read it; its followers have a row, as
 * the members of a group, and who takes part becomes one. Before anything is done, it is known who may.
 */
export class Channel {
  readonly #room: RoomContext;
  readonly #deps: ChannelDeps;
  /** whose lists lack what has ended here */
  readonly #untold: UserId[] = [];

  constructor(room: RoomContext, deps: ChannelDeps) {
    this.#room = room;
    this.#deps = deps;
    const { members, incomingHooks } = room;
    deps.readers.start({
      users: () => [
        ...deps.looking(),
        ...[...members.unprojected()].map(({ user_id }) => user_id),
        ...incomingHooks.makers(),
      ],
      all: () => [...members.ids(), ...deps.looking()],
      changed: (former) => this.#removeFormer(former),
    });
  }

  /** Whether it is known which of these users may read it. */
  isReady(userIds: readonly UserId[]): boolean {
    return this.#deps.readers.isReady(userIds);
  }

  /** Resolves once that is known. Who may not any more is no follower then. */
  async ready(userIds: readonly UserId[]): Promise<void> {
    const { readers } = this.#deps;
    if (!readers.isReady(userIds)) await readers.load(userIds);
  }

  /** The space has changed. Resolves once nobody here has a right of before. */
  async changed(): Promise<void> {
    const { readers } = this.#deps;
    readers.void();
    await readers.load([]);
    await this.#room.propagate(this.#untold.splice(0));
  }

  /**
   * Does what followers do, for a user who reads the channel: they follow it then, and where that fails they
   * do not. Others stay what they are.
   */
  async taking<Value>(userId: UserId, work: () => Value | Promise<Value>): Promise<Value> {
    if (!(await this.#follow(userId))) return work();
    try {
      const value = await work();
      await this.#room.propagate([userId]);
      return value;
    } catch (error) {
      await this.#room.propagate(this.unfollow(userId));
      throw error;
    }
  }

  /** Makes a user who reads the channel a follower: it is in their list, and counts. @returns false: none */
  async #follow(userId: UserId): Promise<boolean> {
    const { viewers } = this.#room;
    const { directory, timeoutMs } = this.#deps;
    if (!viewers.find(userId)) return false;
    const [profile] = await withDeadline(directory.people([userId]), timeoutMs);
    viewers.reader(userId);
    if (!profile || !viewers.find(userId)) return false;
    const { version: _, ...person } = profile;
    this.#commit({ members: [joinedRow(this.#room, userId, Date.now())], profiles: [person] });
    return true;
  }

  /**
   * Makes users followers who have come into the space, as far as they may read the channel. Idempotent.
   * @returns whose lists that concerns
   */
  async followAll(userIds: readonly UserId[]): Promise<UserId[]> {
    const { members, viewers } = this.#room;
    const { directory, timeoutMs } = this.#deps;
    await this.ready(userIds);
    const readers = userIds.filter((userId) => viewers.find(userId) !== null);
    if (readers.length === 0) return [];
    const people = await withDeadline(directory.people(readers), timeoutMs);
    const now = Date.now();
    const profiles = people.flatMap(({ version: _, ...person }) => (viewers.find(person.id) ? person : []));
    const rows = profiles.flatMap(({ id }) => (members.isActive(id) ? [] : joinedRow(this.#room, id, now)));
    return rows.length === 0 ? [] : this.#commit({ members: rows, profiles });
  }

  /** Ends that. @throws `not_found` for who may not read it, `conflict` for its owner */
  unfollow(userId: UserId): UserId[] {
    const { members, viewers } = this.#room;
    viewers.reader(userId);
    const follower = members.findSender(userId);
    if (!follower) return [];
    if (follower.role === "owner") throw new CoreError("conflict", "Who has made a channel follows it.");
    return this.#commit({ members: [this.#hidden(follower)] });
  }

  /** Ends what former readers have. @throws as the commit does */
  #removeFormer(former: ReadonlySet<UserId>): void {
    const { readers, looking, dissolve } = this.#deps;
    const { members, state } = this.#room;
    if (readers.areGone && state.dissolvedAt === null) this.#untold.push(...dissolve());
    const followers = [...former].flatMap((id) => members.findSender(id) ?? []);
    const userIds = [...followers.map(({ user_id }) => user_id), ...looking().filter((id) => former.has(id))];
    if (userIds.length === 0) return;
    const ended = this.#commit({
      members: followers.map((row) => this.#hidden(row)),
      kick: { userIds: [...new Set(userIds)], reason: "removed" },
    });
    this.#untold.push(...ended);
  }

  /** @returns whose lists the change concerns */
  #commit(change: GroupChange & { members: MemberRow[] }): UserId[] {
    this.#room.flushSends();
    this.#room.commit((tx) => this.#room.change(tx, change));
    return change.members.map(({ user_id }) => user_id);
  }

  /** The row of a user who is shown nothing any more, not even what was before. */
  #hidden(row: MemberRow): MemberRow {
    const { seq } = this.#room.log.last;
    return withNewVersion(row, {
      ...{ state: "left", role: "member", cleared: 1, cleared_to: seq },
      ...{ visible_from: seq, visible_until: seq },
    });
  }
}
