import { expect } from "vitest";
import { z } from "zod";
import { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { openDirect, send } from "../../support/clients/chat.ts";
import type { DisplayedMessage, Mode } from "../../support/clients/displayed.ts";
import { createGroupId, itemAt } from "../../support/objects/room.ts";
import { DeviceReader, FeedReader, type Reader, RoomReader } from "./readers.ts";

/** The kind of conversation in which features meet. */
export type Place = "group" | "crowded group" | "crowd" | "audience room" | "direct";

/** Whether members who come back see what they saw before: everybody who looks sees it. */
export function showsEarlier(place: Place): boolean {
  return place === "audience room";
}

const THREADS: Mode = { threads: true, changes: true };
const MAIN: Mode = { threads: false, changes: true };
const FORMER: Mode = { threads: false, changes: false };

const DAY_S = 86_400;

export const POLL = {
  kind: "poll",
  body: { question: "word?", options: ["yes", "no"], multiple: false, anonymous: false, ends_at: 0 },
};
const Stored = z.object({ seq: z.int() });

/**
 * A conversation of a few messages, its members, and the clients of one of them: Bob, by all ways. Ann owns
 * the group, Cas is another member, and Dan is not in it. In a direct conversation Ann does what Cas does. In
 * an audience room Eve looks, who is no member.
 */
export class World {
  readonly place: Place;
  readonly id: ConversationId;
  readonly ann: SignedIn;
  readonly bob: SignedIn;
  readonly cas: SignedIn;
  readonly dan: SignedIn;
  readonly eve: SignedIn;
  /** a text of Ann's, a poll of hers, and a text of Bob's */
  readonly text = 1;
  readonly poll = 2;
  readonly own = 3;
  /** Bob's device sockets, live from the beginning */
  readonly devices: DeviceReader[];
  /** Bob's room sockets, live from the beginning */
  readonly rooms: RoomReader[];
  /** who resumes from before everything, and who leaves between two acts, by every way */
  readonly before: Reader[];
  readonly between: Reader[];
  /** Ann's clients, live from the beginning */
  readonly anns: readonly Reader[];
  /** Eve's clients: live from the beginning, and who leaves between two acts */
  readonly eves: Readonly<Record<"live" | "between", readonly Reader[]>>;
  readonly #casDevice: DeviceReader;
  /** the last message and change of Cas's time in the group; null: they are in it */
  #end: { seq: number; rev: number } | null = null;
  /** acts that end at a later time */
  readonly later: (() => Promise<void>)[] = [];
  /** what Bob has saved, is writing */
  saved = new Set<number>();
  draft: string | null = null;

  private constructor(place: Place, id: ConversationId, users: readonly SignedIn[]) {
    [this.place, this.id] = [place, id];
    [this.ann, this.bob] = [itemAt(users, 0), itemAt(users, 1)];
    [this.cas, this.dan] = [itemAt(users, 2), itemAt(users, 3)];
    this.eve = itemAt(users, 4);
    const { ann, bob, cas, eve } = this;
    const device = (name: string, mode: Mode) => new DeviceReader(`a device ${name}`, bob, id, mode);
    const room = (name: string, mode: Mode) => new RoomReader(`a room socket ${name}`, bob, id, mode);
    const feed = (name: string, threads: boolean) => new FeedReader(`the feed ${name}`, bob, id, threads);
    this.devices = [device("with threads", THREADS), device("without changes", FORMER)];
    this.rooms = [room("with threads", THREADS), room("without changes", FORMER)];
    this.before = [
      ...[device("from before", MAIN), device("with threads from before", THREADS)],
      ...[room("from before", THREADS), feed("from before", true)],
    ];
    this.between = [
      ...[device("from in between", THREADS), room("from in between", MAIN), feed("from in between", false)],
    ];
    this.anns = [
      new DeviceReader("Ann's device", ann, id, THREADS),
      new RoomReader("Ann's room socket", ann, id, THREADS),
    ];
    const viewer = (name: string, mode: Mode) =>
      place === "audience room" ? [new RoomReader(`Eve's room socket${name}`, eve, id, mode)] : [];
    this.eves = { live: viewer("", THREADS), between: viewer(" from in between", MAIN) };
    this.#casDevice = new DeviceReader("Cas's device", cas, id, THREADS);
  }

  static async make(place: Place): Promise<World> {
    const users = await signedInUsers(5, DAY_S);
    const [ann, bob, cas] = [itemAt(users, 0), itemAt(users, 1), itemAt(users, 2)];
    const id = await open(place, ann, [bob, cas]);
    const world = new World(place, id, users);
    await send(ann, id, "word text");
    await send(ann, id, POLL);
    await send(bob, id, "word own");
    await send(world.friend, id, { kind: "text", body: { text: "word last" }, mentions: [bob.user.id] });
    for (const reader of world.#readers) await reader.comes();
    for (const reader of world.before) reader.leaves();
    return world;
  }

  /** Whoever leaves between two acts does. */
  leaveBetween(): void {
    for (const reader of [...this.between, ...this.eves.between]) reader.leaves();
  }

  get #readers(): Reader[] {
    const cas = this.place === "direct" ? [] : [this.#casDevice];
    return [...this.#bobs, ...this.anns, ...this.eves.live, ...this.eves.between, ...cas];
  }

  /** Another member: Cas, or Ann where there is no Cas. */
  get friend(): SignedIn {
    return this.place === "direct" || this.#end ? this.ann : this.cas;
  }

  /** A call about the conversation. @returns the status */
  async tell({ token }: SignedIn, method: string, path: string, body?: object): Promise<number> {
    const answer = await call(method, `/v1/conversations/${this.id}${path}`, {
      token,
      ...(body && { body }),
    });
    return answer.status;
  }

  /** The newest message. */
  async last(): Promise<number> {
    const path = `/v1/conversations/${this.id}/messages?limit=1&threads=all`;
    const { body } = await call("GET", path, { token: this.ann.token });
    return itemAt(z.object({ items: z.array(Stored) }).parse(body).items, 0).seq;
  }

  /** Cas is no longer a member: from now on they are told nothing. */
  async casIsBanned(): Promise<void> {
    if (this.#end) return;
    const path = `/v1/conversations/${this.id}/changes?after_rev=${Number.MAX_SAFE_INTEGER}`;
    const { body } = await call("GET", path, { token: this.ann.token });
    this.#end = { seq: await this.last(), rev: z.object({ rev: z.int() }).parse(body).rev };
  }

  /** What Cas's device shows that they may not be shown. */
  get shownToFormer(): DisplayedMessage[] {
    const end = this.#end;
    if (!end) return [];
    return this.#casDevice.displayed.messages.filter(
      ({ seq, changes }) => seq > end.seq || changes.rev > end.rev,
    );
  }

  /** Bob's clients, whether they are connected or not. */
  get #bobs(): Reader[] {
    return [...this.devices, ...this.rooms, ...this.before, ...this.between];
  }

  /** Bob is removed, and added again. @param calls does so */
  async rejoin<T>(calls: () => Promise<T>): Promise<T> {
    for (const reader of this.#bobs) reader.rejoins();
    const result = await calls();
    for (const reader of this.#bobs) await reader.isBack(showsEarlier(this.place));
    if (!showsEarlier(this.place)) this.saved.clear();
    this.draft = null;
    return result;
  }

  async close(): Promise<void> {
    for (const reader of this.#readers) reader.leaves();
  }
}

async function open(place: Place, ann: SignedIn, others: [SignedIn, SignedIn]): Promise<ConversationId> {
  const [bob] = others;
  if (place === "direct") return ConversationId.parse((await openDirect(ann, bob)).id);
  if (place !== "audience room") return createGroupId(ann, ...others);
  const member_ids = others.map(({ user }) => user.id);
  const room = { kind: "group", name: "a stage", member_ids, audience: true, join_policy: "free" };
  const { body, status } = await call("POST", "/v1/conversations", { token: ann.token, body: room });
  expect(status).toBe(201);
  return z.object({ id: ConversationId }).parse(body).id;
}
