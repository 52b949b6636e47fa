import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { ConversationList } from "../../../src/surfaces/v1/schemas/conversations.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, openDirect } from "../../support/clients/chat.ts";
import { Device } from "../../support/clients/device.ts";
import { shown } from "../../support/clients/displayed.ts";
import type { Draft } from "../../support/clients/model-client.ts";
import { at } from "../../support/objects/room.ts";
import { evictRunning } from "../conversations/room.ts";
import { Model, type Row } from "./model.ts";
import { Room } from "./room.ts";
import type { Action } from "./steps.ts";

/** How long something may take that nothing holds up. */
const PATIENCE_MS = 8_000;
/** How long, where an object was evicted: then the alarm has to see to it. */
const DISTURBED_MS = 700;
const MAX_ALARMS = 12;
/** All that HTTP says is looked at after so many steps. */
const FULL_CHECK = 3;

type Of<Name extends Action["do"]> = Extract<Action, { do: Name }>;
interface Reading {
  device: Device;
  socket: number;
  room: Room;
  seq: number;
}

/** Four people with their devices in three conversations, and everything that can happen there. */
export class World {
  readonly #people: SignedIn[];
  readonly #rooms: Room[];
  readonly #devices: Device[][];
  /** the devices that are to have a socket */
  readonly #here = new Set<Device>();
  #texts = 0;
  #steps = 0;
  /** whom of the two of the direct conversation has blocked the other */
  readonly #blocks = new Set<number>();
  #mayBeBlocked = false;
  /** an object was evicted in this step; in this or the last; since all was looked at */
  #isDisturbed = false;
  #mayBeCut = false;
  #mayLag = false;
  #readings: Reading[] = [];
  #unanswered: { who: SignedIn; draft: Draft }[] = [];

  private constructor(people: SignedIn[], rooms: Room[], devices: Device[][]) {
    this.#people = people;
    this.#rooms = rooms;
    this.#devices = devices;
  }

  static async make(devices: readonly number[]): Promise<World> {
    const people = await Promise.all([register(), register(), register(), register()]);
    const [ann, bob, eve, dan] = [at(people, 0), at(people, 1), at(people, 2), at(people, 3)];
    const group = await createGroup(ann, [bob, dan]);
    const direct = await openDirect(ann, dan);
    const all = await createGroup(bob, [ann, eve, dan]);
    const id = ({ user }: SignedIn) => user.id;
    const rooms = [
      new Room(new Model(group, [ann, bob, dan].map(id), id(ann)), people),
      new Room(new Model(direct, [ann, dan].map(id), null), people),
      new Room(new Model(all, [ann, bob, eve, dan].map(id), id(bob)), people),
    ];
    const world = new World(
      people,
      rooms,
      people.map((person, i) =>
        Array.from({ length: devices[i] ?? 0 }, (_, each) => new Device(person, each)),
      ),
    );
    for (const { path, model } of rooms) {
      if (model.ownerId === null) continue;
      const { token } = at(rooms, 0).person(model.ownerId);
      expect((await call("PATCH", path, { token, body: { join_policy: "free" } })).status).toBe(200);
    }
    await Promise.all(world.#devices.map(([first]) => first && world.#bring(first)));
    await world.settle();
    return world;
  }

  /** Has all of this happen at once, and holds what has become of it against the model. */
  async step(actions: readonly Action[]): Promise<void> {
    this.#disturb(actions.some(({ do: what }) => what === "evictRoom" || what === "evictInbox"));
    this.#mayBeBlocked = this.#blocks.size > 0;
    for (const { model } of this.#rooms) model.begin();
    await Promise.all(actions.map((action) => this.#perform(action)));
    await this.settle();
    if (++this.#steps % FULL_CHECK === 0) await this.check();
  }

  /** Everybody comes back, and all that can be asked is asked. */
  async end(): Promise<void> {
    this.#disturb(false);
    for (const { model } of this.#rooms) model.begin();
    await Promise.all(this.#devices.flat().map((device) => this.#bring(device)));
    await this.settle();
    await this.check();
  }

  /** Whether a device is cut off may be seen a step later. */
  #disturb(isDisturbed: boolean): void {
    this.#mayBeCut = isDisturbed || this.#isDisturbed;
    this.#isDisturbed = isDisturbed;
    this.#mayLag ||= isDisturbed;
  }

  async close(): Promise<void> {
    for (const device of this.#devices.flat()) device.leave();
  }

  /** Everything is answered, and told to every device that is there. */
  async settle(): Promise<void> {
    const all = this.#devices.flat();
    await Promise.all(all.map((device) => this.#answer(device)));
    for (const { who, draft } of this.#unanswered.splice(0)) {
      draft.elsewhere = true;
      await this.#room(draft.conversationId).post(who, draft);
    }
    for (const device of all)
      for (const answer of device.answers.splice(0))
        this.#room(answer.draft.conversationId).answered(device.userId, answer);
    for (const room of this.#rooms) await room.learn(this.#mayBeBlocked || this.#blocks.size > 0);
    for (const { device, socket, room, seq } of this.#readings.splice(0)) {
      const person = room.person(device.userId);
      const isSure = device.isHere && device.sockets === socket && !this.#isDisturbed;
      if (!isSure) await room.read(person, seq);
      else if (room.model.isIn(device.userId)) room.model.read(device.userId, seq);
    }
    for (let alarms = 0; !(await this.#allShow()); alarms++) {
      if (!this.#isDisturbed || alarms === MAX_ALARMS) break;
      for (const room of this.#rooms) await room.alarm();
    }
    for (const device of this.#here) this.#checkPicture(device);
  }

  /** A device is where it is to be, and has an answer to all that it said. */
  async #answer(device: Device): Promise<void> {
    const isDone = () => device.pending.length === 0;
    while (this.#here.has(device)) {
      if (!device.isHere) {
        expect(this.#mayBeCut, `${device.name} may be cut off`).toBe(true);
        await device.come();
      }
      if (await device.until(isDone, PATIENCE_MS)) return;
      expect(device.isHere, `${device.name} waits for ${JSON.stringify(device.pending)}`).toBe(false);
    }
    const who = at(this.#rooms, 0).person(device.userId);
    for (const draft of device.pending.splice(0)) this.#unanswered.push({ who, draft });
  }

  /** Resolves once every device shows what it has to, or that takes too long. */
  async #allShow(): Promise<boolean> {
    const within = this.#isDisturbed ? DISTURBED_MS : PATIENCE_MS;
    for (const device of this.#here) {
      while (!(await device.until(() => this.#rooms.every((room) => shows(device, room)), within))) {
        if (device.isHere) return false;
        expect(this.#mayBeCut, `${device.name} may be cut off`).toBe(true);
        await device.come();
      }
    }
    return true;
  }

  #checkPicture(device: Device): void {
    for (const { model } of this.#rooms) {
      const { messages } = device.displayed(model.id);
      const { userId } = device;
      const strange = messages.filter(({ seq }) => !model.wasVisible(userId, seq));
      expect(strange, `what ${device.name} must not see`).toEqual([]);
      if (!model.isIn(userId)) continue;
      const from = model.from(userId);
      expect(
        messages.filter(({ seq }) => seq > from),
        `what ${device.name} shows of ${model.id}`,
      ).toEqual(model.view(userId));
    }
  }

  /** All that HTTP says is as the model has it. */
  async check(): Promise<void> {
    await Promise.all(this.#people.map((person) => this.#checkList(person)));
    const both = this.#people.flatMap((person) => this.#rooms.map((room) => [person, room] as const));
    await Promise.all(both.map(([person, room]) => room.check(person)));
    this.#mayLag = false;
  }

  async #checkList({ token, user }: SignedIn): Promise<void> {
    const rows = this.#rooms.flatMap(({ model }) => model.row(user.id) ?? []);
    const wanted = rows.sort((a, b) => b.updated_at - a.updated_at || b.id - a.id);
    const listed = async (): Promise<Row[]> => {
      const { body } = await call("GET", "/v1/conversations?limit=100", { token });
      return ConversationList.parse(body).items.map((item) => {
        const { id, last_seq, read_seq, unread_count, member_count, updated_at, last_message } = item;
        return {
          ...{ id, last_seq, read_seq, unread_count, member_count, updated_at },
          last_message: last_message && shown(last_message),
        };
      });
    };
    const since = Date.now();
    for (let alarms = 0; ; ) {
      const has = await listed();
      const isRight = JSON.stringify(has) === JSON.stringify(wanted);
      const isLate = this.#mayLag ? alarms === MAX_ALARMS : Date.now() - since > PATIENCE_MS;
      if (isRight) return;
      if (isLate) expect(has, `the list of ${user.id}`).toEqual(wanted);
      await new Promise((resolve) => setTimeout(resolve, 50));
      if (!this.#mayLag || Date.now() - since < DISTURBED_MS) continue;
      alarms++;
      for (const room of this.#rooms) await room.alarm();
    }
  }

  async #perform(action: Action): Promise<unknown> {
    switch (action.do) {
      case "say":
        return this.#say(action);
      case "mix":
        return this.#mix(action);
      case "again":
        return this.#again(action);
      case "read":
        return this.#read(action);
      case "revoke":
        return this.#remove(action, "everyone");
      case "hide":
        return this.#remove(action, "me");
      case "leave":
        return this.#member(action, "POST", () => "/leave");
      case "remove":
        return this.#member(action, "DELETE", ({ user }) => `/members/${user.id}`, true);
      case "join":
        return this.#member(
          action,
          "POST",
          () => "/join",
          false,
          () => ({}),
        );
      case "add":
        return this.#member(
          action,
          "POST",
          () => "/members",
          true,
          ({ user }) => ({ user_ids: [user.id] }),
        );
      case "clear":
        return at(this.#rooms, 1).clear(at(this.#people, action.who * 3));
      case "block":
        return this.#block(action);
      case "typing":
        return this.#device(action)?.typing(this.#roomOf(action).model.id);
      case "away":
        return this.#away(action);
      case "come":
        return this.#come(action);
      case "reopen":
        this.#away(action);
        return this.#come(action);
      case "evictRoom":
        return evictRunning(env.CONVERSATION.getByName(String(this.#roomOf(action).model.id)));
      case "evictInbox":
        return evictRunning(env.INBOX.getByName(String(this.#person(action).user.id)), action.cut);
    }
  }

  #draft(who: SignedIn, room: Room): Draft {
    const text = String(++this.#texts);
    return room.model.wants(who.user.id, { conversationId: room.model.id, clientMsgId: `id ${text}`, text });
  }

  async #say(action: Of<"say">): Promise<void> {
    const [who, room] = [this.#person(action), this.#roomOf(action)];
    const count = action.way === "http" ? Math.min(action.count, 4) : action.count;
    const drafts = Array.from({ length: count }, () => this.#draft(who, room));
    await this.#send(action, drafts);
  }

  async #mix(action: Of<"mix">): Promise<void> {
    const who = this.#person(action);
    const drafts = Array.from({ length: action.count }, (_, i) => this.#draft(who, at(this.#rooms, i % 3)));
    const device = this.#device(action);
    if (device) device.say(drafts, true);
    else for (const draft of drafts) await this.#room(draft.conversationId).post(who, draft);
  }

  async #again(action: Of<"again">): Promise<void> {
    const said = this.#roomOf(action).model.draftsOf(this.#person(action).user.id);
    const draft = said.at(-1 - action.back);
    if (!draft) return;
    draft.elsewhere = true;
    await this.#send({ ...action, together: false }, [draft]);
  }

  async #send(
    action: Pick<Of<"say">, "room" | "who" | "device" | "way" | "together">,
    drafts: Draft[],
  ): Promise<void> {
    const [who, room, device] = [this.#person(action), this.#roomOf(action), this.#device(action)];
    if (action.way === "device" && device) device.say(drafts, action.together);
    else if (action.way === "room") {
      for (const draft of await room.sayInRoom(who, drafts)) this.#unanswered.push({ who, draft });
    } else for (const draft of drafts) await room.post(who, draft);
  }

  async #read(action: Of<"read">): Promise<void> {
    const [who, room, device] = [this.#person(action), this.#roomOf(action), this.#device(action)];
    const seq = Math.max(0, room.model.last - action.back);
    if (action.overHttp || !device?.isHere) {
      const { status } = await room.call(who, "PUT", "/read", { seq });
      // Whether he was in it is known once the step is over.
      if (status === 200) room.model.read(who.user.id, seq);
      return;
    }
    device.read(room.model.id, seq);
    this.#readings.push({ device, socket: device.sockets, room, seq });
  }

  async #remove(action: Of<"revoke" | "hide">, whom: "me" | "everyone"): Promise<void> {
    const [who, room] = [this.#person(action), this.#roomOf(action)];
    const message = room.model.message(room.model.last - action.back);
    if (!message) return;
    const { status } = await room.call(who, "DELETE", `/messages/${message.seq}?for=${whom}`);
    const isOwn = message.senderId === who.user.id || room.model.ownerId === who.user.id;
    const mayRefuse = whom === "everyone" && (!isOwn || message.kind === "tip") ? [403, 404] : [204, 404];
    expect(mayRefuse, `${who.user.id} takes away ${message.seq}`).toContain(status);
    if (status !== 204) return;
    if (whom === "me") room.model.hide(who.user.id, message.seq);
    else room.model.revoke(message.seq);
  }

  /** What becomes of members is told by the log; here only that it is answered as it may be. */
  async #member(
    action: Of<"leave" | "remove" | "join" | "add">,
    method: string,
    path: (whom: SignedIn) => string,
    byOwner = false,
    body: (whom: SignedIn) => object | undefined = () => undefined,
  ): Promise<void> {
    const [whom, room] = [this.#person(action), this.#roomOf(action)];
    const { ownerId } = room.model;
    // The owner stays: he sees all.
    if (ownerId === null || ownerId === whom.user.id) return;
    const by = byOwner ? room.person(ownerId) : whom;
    const answer = await room.call(by, method, path(whom), body(whom));
    expect([200, 204, 403, 404], JSON.stringify(answer.body)).toContain(answer.status);
  }

  async #block({ who, on }: Of<"block">): Promise<void> {
    const [by, whom] = [at(this.#people, who * 3), at(this.#people, 3 - who * 3)];
    this.#mayBeBlocked ||= on;
    const { status } = await call(on ? "PUT" : "DELETE", `/v1/blocks/${whom.user.id}`, { token: by.token });
    expect(status).toBe(204);
    if (on) this.#blocks.add(by.user.id);
    else this.#blocks.delete(by.user.id);
  }

  #away(action: Of<"away" | "reopen">): void {
    const device = this.#device(action);
    if (!device) return;
    this.#here.delete(device);
    device.leave();
  }

  async #come(action: Of<"come" | "reopen">): Promise<void> {
    const device = this.#device(action);
    if (!device) return;
    await this.#bring(device, action.eager);
  }

  async #bring(device: Device, eager = false): Promise<void> {
    this.#here.add(device);
    await device.come({ eager });
  }

  #person({ who }: { who: number }): SignedIn {
    return at(this.#people, who);
  }

  #roomOf({ room }: { room: number }): Room {
    return at(this.#rooms, room);
  }

  #room(id: number): Room {
    const found = this.#rooms.find(({ model }) => model.id === id);
    if (!found) throw new Error(`there is no conversation ${id}`);
    return found;
  }

  #device({ who, device }: { who: number; device: number }): Device | undefined {
    const own = at(this.#devices, who);
    return own[device % Math.max(1, own.length)];
  }
}

/** Whether a device shows of a conversation what it has to. */
function shows(device: Device, { model }: Room): boolean {
  if (!model.isIn(device.userId)) return true;
  const from = model.from(device.userId);
  const has = device.displayed(model.id).messages.filter(({ seq }) => seq > from);
  return JSON.stringify(has) === JSON.stringify(model.view(device.userId));
}
