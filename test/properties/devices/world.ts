import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { ConversationId, UserId } from "../../../src/domain/ids.ts";
import { ConversationList } from "../../../src/surfaces/v1/conversations/conversations.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup, openDirect } from "../../support/clients/chat.ts";
import { Device } from "../../support/clients/device.ts";
import { asFixed, displayedMessage, type Mode } from "../../support/clients/displayed.ts";
import type { Draft } from "../../support/clients/model-client.ts";
import { nextTurn } from "../../support/event-loop.ts";
import { conversationObject, evictRunning, inboxObject, itemAt } from "../../support/objects/room.ts";
import { expectNoOpenStatement } from "../../support/objects/statements.ts";
import { accept, ban, expectBanned, learnBans } from "./admission.ts";
import { change, isChanging, pinMany } from "./changing.ts";
import { checkSaved, compose, learnDrafts, save } from "./kept.ts";
import { checkMarks } from "./marks.ts";
import { asListed, Model, type Row } from "./model.ts";
import { isOwn, keep, threadFor } from "./own.ts";
import { Room } from "./room.ts";
import { type Action, type Of, ROOMS } from "./steps.ts";

/** The time limit for an undisturbed delivery, in ms. */
const PATIENCE_MS = 8_000;
/** The wait after an eviction, in ms: then the alarm has to deliver. */
const DISTURBED_MS = 700;
const MAX_ALARMS = 12;
const MAX_LOOKS = 20;
/** Everything that HTTP returns is compared after this many steps, in a few conversations. */
const FULL_CHECK = 3;

/** Two more may be pinned. */
const PINS = 98;

/** What devices show: with threads, without, and without changes but revokes and hides. */
const MODES: Mode[] = [
  { threads: true, changes: true },
  { threads: false, changes: true },
  { threads: false, changes: false },
  { threads: true, changes: true },
  { threads: true, changes: false },
];

/**
 * Who is always a member of a conversation, and has a device on its room socket: who, where, what it shows.
 */
const ON_ROOM_SOCKETS: readonly (readonly [who: number, room: number, mode: Mode])[] = [
  [0, 0, { threads: true, changes: true }],
  [0, 1, { threads: false, changes: true }],
  [1, 2, { threads: false, changes: true }],
  [3, 1, { threads: false, changes: false }],
];

interface Setting {
  /** the number of devices of each user, beside those on room sockets */
  devices: readonly number[];
  /** the conversations in one frame of a device's syncs */
  pointsPerFrame: number;
  /** the number of conversations: beyond those of every story they are groups of all four */
  rooms?: number;
  /** the first conversation has almost as many pins as it may */
  hasPins: boolean;
}

interface Reading {
  device: Device;
  socket: number;
  room: Room;
  seq: number;
}

/** Four users with their devices in three conversations or more, and all actions on them. */
export class World {
  readonly #people: SignedIn[];
  readonly #rooms: Room[];
  readonly #devices: Device[][];
  /** the devices that should have a socket */
  readonly #here = new Set<Device>();
  #steps = 0;
  /** which of the two users of the direct conversation block the other */
  readonly #blocks = new Set<number>();
  #mayBeBlocked = false;
  /** evictions: in this step, in this or the last one, since the last full comparison */
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

  static async make({ devices, pointsPerFrame, hasPins, rooms: count = ROOMS }: Setting): Promise<World> {
    const people = await Promise.all([register(), register(), register(), register()]);
    const [ann, bob, eve, dan] = [itemAt(people, 0), itemAt(people, 1), itemAt(people, 2), itemAt(people, 3)];
    const group = await createGroup(ann, [bob, dan]);
    const direct = await openDirect(ann, dan);
    const all = await createGroup(bob, [ann, eve, dan]);
    const id = ({ user }: SignedIn) => user.id;
    const rooms = [
      new Room(new Model(group, [ann, bob, dan].map(id), id(ann)), people),
      new Room(new Model(direct, [ann, dan].map(id), null), people),
      new Room(new Model(all, [ann, bob, eve, dan].map(id), id(bob)), people),
    ];
    while (rooms.length < count) {
      const group = await createGroup(ann, [bob, eve, dan]);
      rooms.push(new Room(new Model(group, [ann, bob, eve, dan].map(id), id(ann)), people));
    }
    const options = { isPrompt: true, pointsPerFrame };
    const world = new World(
      people,
      rooms,
      people.map((person, i) => [
        ...Array.from({ length: devices[i] ?? 0 }, (_, each) => {
          const mode = itemAt(MODES, (i + each) % MODES.length);
          return new Device(person, each, { ...options, mode });
        }),
        ...ON_ROOM_SOCKETS.filter(([who]) => who === i).map(([, room, mode], each) => {
          const { id } = itemAt(rooms, room).model;
          return new Device(person, (devices[i] ?? 0) + each, { mode, room: id });
        }),
      ]),
    );
    for (const { path, model } of rooms) {
      if (model.ownerId === null) continue;
      const { token } = itemAt(rooms, 0).person(model.ownerId);
      expect((await call("PATCH", path, { token, body: { join_policy: "free" } })).status).toBe(200);
    }
    const isHere = (device: Device, nth: number) => nth === 0 || device.room !== undefined;
    const here = world.#devices.flatMap((own) => own.filter(isHere));
    await Promise.all(here.map((device) => world.#bring(device)));
    await world.settle();
    await world.#begin();
    if (hasPins) await world.#pinMany();
    return world;
  }

  /** There is something that may change: messages, polls and a thread. */
  async #begin(): Promise<void> {
    for (const room of this.#rooms.slice(0, ROOMS)) {
      const [ann, dan] = [itemAt(this.#people, 0), itemAt(this.#people, 3)];
      for (const who of [ann, dan]) await room.post(who, this.#draft(who, room));
      for (const [who, multiple] of [[ann, true] as const, [dan, false] as const]) {
        const poll = { multiple, anonymous: !multiple, ends_at: 0 as const };
        await room.post(who, this.#draft(who, room, { poll }));
      }
    }
    await this.settle();
    for (const room of this.#rooms.slice(0, ROOMS)) {
      const dan = itemAt(this.#people, 3);
      await room.post(dan, this.#draft(dan, room, { answers: { back: 3, alsoInMain: false } }));
    }
    await this.settle();
  }

  async #pinMany(): Promise<void> {
    const [room, ann] = [itemAt(this.#rooms, 0), itemAt(this.#people, 0)];
    await room.sayInRoom(
      ann,
      Array.from({ length: PINS }, () => this.#draft(ann, room)),
    );
    await this.settle();
    await pinMany(room);
    await this.settle();
  }

  /**
   * Runs these actions at the same time, and compares the result with the model. In every other step the
   * devices on room sockets are away, and resume behind it.
   */
  async step(actions: readonly Action[]): Promise<void> {
    this.#disturb(actions.some(({ do: what }) => what === "evictRoom" || what === "evictInbox"));
    this.#mayBeBlocked = this.#blocks.size > 0;
    for (const { model } of this.#rooms) model.begin();
    const inRooms = this.#devices.flat().filter(({ room }) => room !== undefined);
    const resuming = this.#steps % 2 === 0 ? [] : inRooms;
    for (const device of resuming) this.#leave(device);
    await Promise.all(actions.map((action) => this.#perform(action)));
    await Promise.all(resuming.map((device) => this.#bring(device)));
    await this.settle();
    if (++this.#steps % FULL_CHECK === 0 && this.#rooms.length === ROOMS) await this.check();
  }

  /** Reconnects all devices, and compares everything that can be read. */
  async end(): Promise<void> {
    this.#disturb(false);
    for (const { model } of this.#rooms) model.begin();
    await Promise.all(this.#devices.flat().map((device) => this.#bring(device)));
    // A message of the last second may make a crowded group hold it from a device that has looked.
    for (let looks = 0; looks === 0 || this.#anyWithholds(); looks++) {
      expect(looks, "a device that looks is shown everything").toBeLessThan(MAX_LOOKS);
      for (const device of this.#devices.flat()) if (device.room === undefined) device.focus(null);
      await this.settle();
    }
    await this.check();
    for (const { model } of this.#rooms)
      await expectNoOpenStatement(conversationObject(ConversationId.parse(model.id)), "the story");
    for (const { user } of this.#people)
      await expectNoOpenStatement(inboxObject(UserId.parse(user.id)), "the story");
  }

  #anyWithholds(): boolean {
    const devices = this.#devices.flat();
    return devices.some((device) =>
      this.#rooms.some(({ model }) => model.isIn(device.userId) && device.withholds(model.id)),
    );
  }

  /** A device may notice a step later that it was cut off. */
  #disturb(isDisturbed: boolean): void {
    this.#mayBeCut = isDisturbed || this.#isDisturbed;
    this.#isDisturbed = isDisturbed;
    this.#mayLag ||= isDisturbed;
  }

  async close(): Promise<void> {
    for (const device of this.#devices.flat()) device.disconnect();
  }

  /** Ends a step: everything is answered, and delivered to every connected device. */
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
    const mayBeBlocked = this.#mayBeBlocked || this.#blocks.size > 0;
    await Promise.all(this.#rooms.map((room) => room.learn(mayBeBlocked)));
    for (const room of this.#rooms)
      if (room.model.ownerId !== null) await learnBans(room, room.person(room.model.ownerId));
    await Promise.all(this.#rooms.map((room) => room.learnChanges()));
    await Promise.all(this.#rooms.map((room) => room.learnThreads()));
    for (const { device, socket, room, seq } of this.#readings.splice(0)) {
      const person = room.person(device.userId);
      const isSure = device.isConnected && device.sockets === socket && !this.#isDisturbed;
      if (!isSure) await room.read(person, seq);
      else if (room.model.isIn(device.userId)) room.model.read(device.userId, seq);
    }
    await Promise.all(this.#rooms.map((room) => room.learnOwn()));
    for (let alarms = 0; !(await this.#allShow()); alarms++) {
      if (!this.#isDisturbed || alarms === MAX_ALARMS) break;
      for (const room of this.#rooms) await room.alarm();
    }
    for (const device of this.#here) this.#checkPicture(device);
  }

  /** Brings a device to its intended state, with an answer to all its drafts. */
  async #answer(device: Device): Promise<void> {
    const isDone = () => device.pending.length === 0;
    while (this.#here.has(device)) {
      if (!device.isConnected) {
        expect(this.#mayBeCut, `${device.name} may be cut off`).toBe(true);
        await device.connect();
      }
      if (await device.until(isDone, PATIENCE_MS)) return;
      expect(device.isConnected, `${device.name} waits for ${JSON.stringify(device.pending)}`).toBe(false);
    }
    const who = itemAt(this.#rooms, 0).person(device.userId);
    for (const draft of device.pending.splice(0)) this.#unanswered.push({ who, draft });
  }

  /** Resolves once every device shows what it should. @returns false if that takes too long */
  async #allShow(): Promise<boolean> {
    const within = this.#isDisturbed ? DISTURBED_MS : PATIENCE_MS;
    for (const device of this.#here) {
      while (!(await device.until(() => this.#rooms.every((room) => shows(device, room)), within))) {
        if (device.isConnected) return false;
        expect(this.#mayBeCut, `${device.name} may be cut off`).toBe(true);
        await device.connect();
      }
    }
    return true;
  }

  #checkPicture(device: Device): void {
    for (const room of this.#rooms) {
      const { model } = room;
      if (!device.covers(model.id)) continue;
      const { messages } = device.displayed(model.id);
      const { userId } = device;
      const strange = messages.filter(({ seq }) => !model.wasVisible(userId, seq));
      expect(strange, `what ${device.name} must not see`).toEqual([]);
      if (!model.isIn(userId) || device.withholds(model.id)) continue;
      const [has, expected] = pictures(device, room);
      expect(has, `what ${device.name} shows of ${model.id}`).toEqual(expected);
    }
  }

  /** Asserts that everything HTTP returns equals the model. */
  async check(): Promise<void> {
    await Promise.all(this.#people.map((person) => this.#checkList(person)));
    await Promise.all(this.#people.map((person) => learnDrafts(this.#rooms, person)));
    await Promise.all(this.#people.map((person) => checkSaved(this.#rooms, person)));
    const both = this.#people.flatMap((person) => this.#rooms.map((room) => [person, room] as const));
    await Promise.all(
      both.map(async ([person, room]) => {
        await room.check(person, this.#blocks.size > 0);
        if (room.model.isIn(person.user.id)) await checkMarks(room, person);
      }),
    );
    this.#mayLag = false;
  }

  async #checkList({ token, user }: SignedIn): Promise<void> {
    const rows = this.#rooms.flatMap(({ model }) => model.row(user.id) ?? []);
    const place = ({ archived }: Row) => (archived ? 1 : 0);
    const expected = rows.sort((a, b) => place(a) - place(b) || b.updated_at - a.updated_at || b.id - a.id);
    const listed = async (): Promise<Row[]> => {
      const lists = await Promise.all(
        [false, true].map(async (archived) => {
          const { body } = await call("GET", `/v1/conversations?limit=100&archived=${archived}`, { token });
          return ConversationList.parse(body).items;
        }),
      );
      return lists.flat().map((item) => {
        const { id, last_seq, read_seq, unread_count, unread_from, threads_unread } = item;
        const { archived, silent, member_count, updated_at, last_message } = item;
        return {
          ...{ id, last_seq, read_seq, unread_count, unread_from, threads_unread },
          ...{ archived, silent, member_count, updated_at },
          last_message: asListed(last_message ? displayedMessage(last_message) : undefined),
        };
      });
    };
    const since = Date.now();
    for (let alarms = 0; ; ) {
      const has = await listed();
      const isRight = JSON.stringify(has, inOrder) === JSON.stringify(expected, inOrder);
      const isLate = this.#mayLag ? alarms === MAX_ALARMS : Date.now() - since > PATIENCE_MS;
      if (isRight) return;
      if (isLate) expect(has, `the list of ${user.id}`).toEqual(expected);
      await nextTurn(50);
      if (!this.#mayLag || Date.now() - since < DISTURBED_MS) continue;
      alarms++;
      for (const room of this.#rooms) await room.alarm();
    }
  }

  async #perform(action: Action): Promise<unknown> {
    if (isChanging(action)) return change(this.#roomOf(action), this.#person(action), action);
    if (isOwn(action)) return keep(this.#roomOf(action), this.#person(action), action);
    switch (action.do) {
      case "say":
        return this.#say(action);
      case "mix":
        return this.#mix(action);
      case "again":
        return this.#again(action);
      case "read":
        return this.#read(action);
      case "mark":
        return this.#mark(action);
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
      case "ban":
        return this.#byOwner(action, (owner, room, target) => ban(room, owner, target, action.isOn));
      case "accept":
        return this.#byOwner(action, async (owner, room, target) => {
          for (const device of itemAt(this.#devices, action.who)) device.rejoined(room.model.id);
          const status = await accept(room, owner, target);
          expect([200, 403, 404], `${target.user.id} accepts`).toContain(status);
          expectBanned(room, target.user.id, status);
        });
      case "save":
        return save(this.#roomOf(action), this.#person(action), action);
      case "compose":
        return compose(this.#roomOf(action), this.#person(action), action);
      case "clear":
        return itemAt(this.#rooms, 1).clear(itemAt(this.#people, action.who * 3));
      case "block":
        return this.#block(action);
      case "typing":
        return this.#speaker(action)?.typing(this.#roomOf(action).model.id);
      case "focus":
        if (this.#device(action)?.room !== undefined) return;
        return this.#device(action)?.focus(action.isOn ? this.#roomOf(action).model.id : null);
      case "look":
        return this.#device(action)?.look(this.#roomOf(action).model.id);
      case "away":
        return this.#away(action);
      case "come":
        return this.#come(action);
      case "reopen":
        this.#away(action);
        return this.#come(action);
      case "evictRoom":
        return evictRunning(env.CONVERSATION.getByName(String(this.#roomOf(action).model.id)), action.cut);
      case "evictInbox":
        return evictRunning(env.INBOX.getByName(String(this.#person(action).user.id)), action.cut);
    }
  }

  #draft(who: SignedIn, room: Room, { answers = null, poll = null }: Partial<Of<"say">> = {}): Draft {
    const text = room.text();
    const { id } = room.model;
    return room.model.wants(who.user.id, {
      ...{ conversationId: id, clientMsgId: `id ${text}`, text },
      thread: answers ? threadFor(room.model, who.user.id, answers) : undefined,
      poll: poll ? { ...poll, ends_at: poll.ends_at && Date.now() + poll.ends_at } : undefined,
    });
  }

  async #say(action: Of<"say">): Promise<void> {
    const [who, room] = [this.#person(action), this.#roomOf(action)];
    const isSlow = action.way === "http" || action.way === "later";
    const count = isSlow ? Math.min(action.count, 4) : action.count;
    // A poll must be open when it is sent.
    const poll =
      action.poll && action.way === "later" ? { ...action.poll, ends_at: 0 as const } : action.poll;
    const drafts = Array.from({ length: count }, (_, i) =>
      // Every other message answers, and the last one is a poll.
      this.#draft(who, room, {
        answers: i % 2 === 0 ? action.answers : null,
        poll: i === count - 1 ? poll : null,
      }),
    );
    await this.#send(action, drafts);
  }

  async #mix(action: Of<"mix">): Promise<void> {
    const who = this.#person(action);
    const drafts = Array.from({ length: action.count }, (_, i) =>
      this.#draft(who, itemAt(this.#rooms, (action.room + i) % this.#rooms.length)),
    );
    const device = this.#device(action);
    if (device && device.room === undefined) device.sendDrafts(drafts, true);
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
    const [who, room, device] = [this.#person(action), this.#roomOf(action), this.#speaker(action)];
    if (action.way === "device" && device) device.sendDrafts(drafts, action.together);
    else if (action.way === "room") {
      for (const draft of await room.sayInRoom(who, drafts)) this.#unanswered.push({ who, draft });
    } else if (action.way === "later") await Promise.all(drafts.map((draft) => room.postLater(who, draft)));
    else for (const draft of drafts) await room.post(who, draft);
  }

  async #read(action: Of<"read">): Promise<void> {
    const [who, room, device] = [this.#person(action), this.#roomOf(action), this.#speaker(action)];
    const seq = room.model.back(action.back);
    if (action.overHttp || !device?.isConnected) {
      const { status } = await room.call(who, "PUT", "/read", { seq });
      // Whether the user was a member is known after the step.
      if (status === 200) room.model.read(who.user.id, seq);
      return;
    }
    device.read(room.model.id, seq);
    room.isTouched = true;
    this.#readings.push({ device, socket: device.sockets, room, seq });
  }

  async #mark(action: Of<"mark">): Promise<void> {
    const [who, room] = [this.#person(action), this.#roomOf(action)];
    const seq = room.model.back(action.back);
    if (seq < 1) return;
    const { status } = await room.call(who, "PUT", "/read", { seq, unread: true });
    // 400: nothing would be unread from it on.
    expect([200, 400, 404], `${who.user.id} marks ${seq} unread`).toContain(status);
    if (status === 200) room.model.markedUnread(who.user.id, seq);
  }

  async #remove(action: Of<"revoke" | "hide">, target: "me" | "everyone"): Promise<void> {
    const [who, room] = [this.#person(action), this.#roomOf(action)];
    const message = room.model.message(room.model.back(action.back));
    if (!message) return;
    room.isChanging = true;
    const { status } = await room.call(who, "DELETE", `/messages/${message.seq}?for=${target}`);
    const isOwn = message.senderId === who.user.id || room.model.ownerId === who.user.id;
    const mayRefuse = target === "everyone" && (!isOwn || message.kind === "tip") ? [403, 404] : [204, 404];
    expect(mayRefuse, `${who.user.id} takes away ${message.seq}`).toContain(status);
    if (status !== 204) return;
    if (target === "me") room.model.hide(who.user.id, message.seq);
    else room.model.revoke(message.seq);
  }

  /** Calls about members. Their results are in the log; here only the answer is checked. */
  async #member(
    action: Of<"leave" | "remove" | "join" | "add">,
    method: string,
    path: (target: SignedIn) => string,
    byOwner = false,
    body: (target: SignedIn) => object | undefined = () => undefined,
  ): Promise<void> {
    const [target, room] = [this.#person(action), this.#roomOf(action)];
    const { ownerId } = room.model;
    // The owner stays, as the model needs a member who sees all.
    if (ownerId === null || ownerId === target.user.id) return;
    if (action.do === "join" || action.do === "add")
      for (const device of itemAt(this.#devices, action.who)) device.rejoined(room.model.id);
    const by = byOwner ? room.person(ownerId) : target;
    const answer = await room.call(by, method, path(target), body(target));
    expect([200, 204, 403, 404], JSON.stringify(answer.body)).toContain(answer.status);
    if (action.do === "join" || action.do === "add") expectBanned(room, target.user.id, answer.status);
  }

  /** What the owner of a group does with another user, who may be no member. */
  async #byOwner(
    action: Of<"ban" | "accept">,
    work: (owner: SignedIn, room: Room, target: SignedIn) => Promise<void>,
  ): Promise<void> {
    const [target, room] = [this.#person(action), this.#roomOf(action)];
    const { ownerId } = room.model;
    if (ownerId !== null && ownerId !== target.user.id) await work(room.person(ownerId), room, target);
  }

  async #block({ who, on }: Of<"block">): Promise<void> {
    const [by, target] = [itemAt(this.#people, who * 3), itemAt(this.#people, 3 - who * 3)];
    this.#mayBeBlocked ||= on;
    const { status } = await call(on ? "PUT" : "DELETE", `/v1/blocks/${target.user.id}`, { token: by.token });
    expect(status).toBe(204);
    if (on) this.#blocks.add(by.user.id);
    else this.#blocks.delete(by.user.id);
  }

  #away(action: Of<"away" | "reopen">): void {
    const device = this.#device(action);
    if (device) this.#leave(device);
  }

  #leave(device: Device): void {
    this.#here.delete(device);
    device.disconnect();
  }

  async #come(action: Of<"come" | "reopen">): Promise<void> {
    const device = this.#device(action);
    if (!device) return;
    await this.#bring(device, action.eager);
  }

  async #bring(device: Device, eager = false): Promise<void> {
    this.#here.add(device);
    await device.connect({ eager });
  }

  #person({ who }: { who: number }): SignedIn {
    return itemAt(this.#people, who);
  }

  #roomOf({ room }: { room: number }): Room {
    return itemAt(this.#rooms, room);
  }

  #room(id: number): Room {
    const found = this.#rooms.find(({ model }) => model.id === id);
    if (!found) throw new Error(`there is no conversation ${id}`);
    return found;
  }

  /** The device, if it may speak in the conversation. */
  #speaker(action: { who: number; device: number; room: number }): Device | undefined {
    const device = this.#device(action);
    return device?.covers(this.#roomOf(action).model.id) ? device : undefined;
  }

  #device({ who, device }: { who: number; device: number }): Device | undefined {
    const own = itemAt(this.#devices, who);
    return own[device % Math.max(1, own.length)];
  }
}

/** What a device shows of a conversation, and what it should show. */
function pictures(device: Device, { model }: Room): [object[], object[]] {
  const from = model.from(device.userId);
  const { threads, changes } = device.mode;
  const { messages, resumedAt } = device.displayed(model.id);
  // Who has resumed since their history began anew shows nothing of what was before.
  const isFresh = changes && resumedAt > (model.message(from + 1)?.createdAt ?? Infinity);
  const has = isFresh ? messages : messages.filter(({ seq }) => seq > from);
  const view = model.view(device.userId, threads);
  return changes ? [has, view] : [has.map(asFixed), view.map(asFixed)];
}

/** Whether a device shows what it should of a conversation. */
function shows(device: Device, room: Room): boolean {
  const { id } = room.model;
  if (!room.model.isIn(device.userId) || !device.covers(id) || device.withholds(id)) return true;
  const [has, expected] = pictures(device, room);
  return JSON.stringify(has, inOrder) === JSON.stringify(expected, inOrder);
}

/** The fields of an object in the order of their names. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
