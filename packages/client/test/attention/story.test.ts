import { expect, inject, test } from "vitest";
import type { Person } from "../../../../scripts/support/person.ts";
import { Message } from "../../../../scripts/support/shapes.ts";
import { runOptions } from "../../../../test/support/property-runs.ts";
import { attentionOf, badgeOf } from "../../src/attention/index.ts";
import type { Chat } from "../../src/index.ts";
import { messageOf, watchNews } from "../../src/news/index.ts";
import { Random } from "../properties/story/random.ts";
import { startChat, until } from "../support/chats.ts";
import { Server } from "../support/server.ts";
import { Model, type Said, type Sight } from "./model.ts";

const server = Server.shared();
const NAMES = ["ann", "bob", "cat", "dan", "eve"];
const MINUTE = 60_000;
/** The steps of a story. With more messages than by default (`CHAT_MESSAGES`) there are more. */
const STEPS = Math.max(40, Number(inject("chatMessages") || 0));
const { numRuns: STORIES, seed: SEED } = runOptions(1);

/** A device of a user, and what it has told. */
class Device {
  readonly #chat: Chat;
  readonly #id: number;
  readonly #now: () => number;
  readonly #told: number[] = [];
  #standing: number | undefined;

  constructor(chat: Chat, id: number, now: () => number) {
    this.#chat = chat;
    this.#id = id;
    this.#now = now;
    const listener = {
      onNews: async (news: Parameters<typeof messageOf>[1]) => {
        const message = await messageOf(chat, news);
        if (!message) return;
        this.#told.push(message.seq);
        this.#standing = message.seq;
      },
      onOver: () => {
        this.#standing = undefined;
      },
    };
    watchNews(chat, listener, now);
  }

  get sight(): Sight | undefined {
    const { conversations } = this.#chat.state;
    const entry = this.#chat.state.conversation(this.#id);
    if (!entry) return undefined;
    const { unread, isMentioned } = attentionOf(entry, this.#now());
    const badge = badgeOf(conversations, this.#now());
    return { unread, isMentioned, badge, notification: this.#standing, told: [...this.#told] };
  }

  /** Reads all messages of the conversation, as a user does who opens it. */
  async readAll(seq: number): Promise<void> {
    const window = this.#chat.open(this.#id);
    await until(this.#chat, () => !window.view.isLoading);
    window.read(seq);
    window.close();
  }
}

/** Five people with two devices each, in one group, and the clock of their devices. */
class World {
  readonly people: Person[];
  readonly devices: ReadonlyMap<number, readonly Device[]>;
  readonly model: Model;
  readonly id: number;
  readonly #random: Random;
  readonly #clock: { ahead: number };

  private constructor(
    people: Person[],
    devices: Map<number, Device[]>,
    id: number,
    random: Random,
    clock: { ahead: number },
  ) {
    this.people = people;
    this.devices = devices;
    this.id = id;
    this.model = new Model(people.map(({ user }) => user.id));
    this.#random = random;
    this.#clock = clock;
  }

  static async begin(seed: number): Promise<World> {
    const people = await Promise.all(NAMES.map((name) => server.person(name)));
    const [owner, ...others] = people;
    if (!owner) throw new Error("five people");
    const { id } = await owner.openGroup("Ours", others);
    const clock = { ahead: 0 };
    const now = () => Date.now() + clock.ahead;
    const devices = new Map<number, Device[]>();
    for (const person of people) {
      const chats = await Promise.all(
        [person, await person.signIn()].map((one) => startChat(server.origin, one)),
      );
      for (const chat of chats) await until(chat, ({ isListed }) => isListed);
      devices.set(
        person.user.id,
        chats.map((chat) => new Device(chat, id, now)),
      );
    }
    return new World(people, devices, id, new Random(seed), clock);
  }

  /** Somebody does something. @returns what, for a failure to tell */
  async step(): Promise<string> {
    const random = this.#random;
    const { model } = this;
    this.model.now = Date.now() + this.#clock.ahead;
    const person = this.#of(this.people);
    const me = person.user.id;
    const last = model.messages.at(-1)?.seq ?? 0;
    const others = this.people.map(({ user }) => user.id).filter((one) => one !== me);
    const named = random.chance(0.3) ? [this.#of(others)] : [];
    const own = model.messages.filter((one) => one.by === me && !one.isRevoked && !one.isTip);
    const roots = model.messages.filter(({ root, isTip, isRevoked }) => !root && !isTip && !isRevoked);
    const path = `/v1/conversations/${this.id}`;
    const act = random.whole(0, 99);
    if (act < 25 || roots.length === 0) return this.#say(person, named, {});
    if (act < 50) {
      const root = this.#of(roots).seq;
      return this.#say(person, named, { root, also_in_main: random.chance(0.2) });
    }
    if (act < 56 && own.length > 0) {
      const message = this.#of(own);
      const mentions = message.mentions.length > 0 ? [] : [this.#of(others)];
      const body = { text: `${message.seq} edited ${message.version}` };
      await person.call("PATCH", `${path}/messages/${message.seq}`, {
        base_version: message.version,
        body,
        mentions,
      });
      model.mention(message, mentions);
      return `${me} edits ${message.seq} to mention ${mentions}`;
    }
    if (act < 60 && own.length > 0) {
      const { seq } = this.#of(own);
      await person.revoke(this.id, seq);
      for (const message of model.messages) if (message.seq === seq) model.revoke(message);
      return `${me} revokes ${seq}`;
    }
    if (act < 64) {
      const [owner] = this.people;
      await owner?.call("PATCH", path, { introduction: `It is ${model.now}` });
      model.say({ ...this.#message(last + 1, owner?.user.id ?? 0), isTip: true });
      return "the owner changes the introduction";
    }
    if (act < 70) {
      const muted = random.chance(0.2)
        ? -1
        : model.reader(me).muted
          ? 0
          : model.now + random.whole(5, 30) * MINUTE;
      await person.call("PUT", `${path}/preferences`, { muted_until: muted });
      model.reader(me).muted = muted;
      return `${me} mutes until ${muted}`;
    }
    if (act < 78) {
      this.#clock.ahead += random.whole(1, 15) * MINUTE;
      model.now = Date.now() + this.#clock.ahead;
      return "the clock goes on";
    }
    if (act < 90) {
      if (random.chance(0.5)) await person.read(this.id, last);
      else await this.#of(this.devices.get(me) ?? []).readAll(last);
      model.read(me, last);
      return `${me} reads all`;
    }
    if (act < 96) {
      const followed = [...model.reader(me).threads.keys()];
      if (followed.length === 0) return "";
      const root = this.#of(followed);
      await person.call("PUT", `${path}/threads/${root}/read`, { seq: last });
      model.reader(me).threads.set(root, last);
      return `${me} reads the thread ${root}`;
    }
    const { read } = model.reader(me);
    const markable = model.messages.filter(
      ({ by, seq, isMain, isTip, isRevoked }) => by !== me && isMain && !isTip && !isRevoked && seq <= read,
    );
    if (markable.length === 0) return "";
    const { seq } = this.#of(markable);
    await person.call("PUT", `${path}/read`, { seq, unread: true });
    model.reader(me).mark = seq;
    return `${me} marks ${seq} as unread`;
  }

  /** What each device shows, and what it should show. */
  sights(): [shown: unknown[], wanted: unknown[]] {
    const users = [...this.devices];
    return [
      users.map(([, devices]) => devices.map(({ sight }) => sight)),
      users.map(([user, devices]) => devices.map(() => this.model.sight(user))),
    ];
  }

  async #say(
    by: Person,
    mentions: number[],
    { root, also_in_main }: { root?: number; also_in_main?: boolean },
  ) {
    const thread = root && { root, also_in_main };
    const body = { kind: "text", body: { text: "Hi" }, mentions, ...(thread && { thread }) };
    const { seq } = Message.parse(await by.call("POST", `/v1/conversations/${this.id}/messages`, body));
    this.model.say({
      ...this.#message(seq, by.user.id),
      root,
      isMain: !root || also_in_main === true,
      mentions,
    });
    return `${by.user.id} says ${seq} in ${root}, ${also_in_main} to ${mentions}`;
  }

  #message(seq: number, by: number): Said {
    return {
      seq,
      by,
      root: undefined,
      isMain: true,
      isTip: false,
      mentions: [],
      version: 1,
      isRevoked: false,
    };
  }

  #of<T>(some: readonly T[]): T {
    const one = this.#random.pick(some);
    if (one === undefined) throw new Error("there is none");
    return one;
  }
}

test.each(Array.from({ length: STORIES }, (_, i) => SEED + i))(
  "after each step all devices of five people show and tell what the table says (PROPERTY_SEED=%i)",
  async (seed) => {
    const world = await World.begin(seed);
    const done: string[] = [];
    for (let i = 0; i < STEPS; i++) {
      done.push(await world.step());
      const [, wanted] = world.sights();
      await expect.poll(() => world.sights()[0], { message: done.join("\n") }).toEqual(wanted);
    }
  },
);
