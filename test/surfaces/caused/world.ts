import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";
import { z } from "zod";
import type { ExportPage } from "../../../src/domain/data/portable-message.ts";
import { ConversationId, UserId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  expectAsked,
  getConversation,
  list,
  page,
  send,
} from "../../support/clients/chat.ts";
import type { StrictConversation } from "../../support/clients/shapes.ts";
import { openDevice, openRoom, type TestSocket } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { HookReceiver } from "../../support/hooks/receiver.ts";
import { conversationObject, inboxObject } from "../../support/objects/room.ts";
import { pushJobs, runPushes } from "../../support/push/jobs.ts";
import { PushReceiver } from "../../support/push/receiver.ts";
import { updates } from "../telegram/client.ts";
import { data } from "../tim/client.ts";
import { NOTICED_ON, type NoticedOn, type Outcome } from "./document.ts";

/** Longer than the clock of a test moves. */
const LIFETIME_S = 7 * 86_400;

export const POLL = (question: string) => ({
  kind: "poll",
  body: { question, options: ["yes", "no"], multiple: false, anonymous: false, ends_at: 0 },
});

/** A bot, and who has made it. */
export interface Bot {
  token: string;
  user: { id: number };
}

const MadeBot = z.looseObject({ id: z.int(), token: z.string() });
const Items = z.looseObject({ items: z.array(z.looseObject({})) });
const Fields = z.object({
  memberList: z.array(z.object({ userID: z.string(), memberCustomField: z.array(z.unknown()) })),
});
const Url = z.looseObject({ url: z.string() });

/** What a way is played on, and named by: its texts have its mark, so that it is known what it has caused. */
export interface Place {
  /** in all texts of the way */
  mark: string;
  /** the message that it changes; 0: none */
  seq: number;
}

/** One thing that somebody was told, as JSON. */
type Told = string;

/** What frames say, message by message. */
function toldBy(socket: TestSocket, from = 0): Told[] {
  return socket.frames
    .slice(from)
    .flatMap((frame) => (Array.isArray(frame.items) ? frame.items : [frame]))
    .map((item) => JSON.stringify(item));
}

/** A conversation of a list, but for the positions to which clients read on: a hidden message moves them. */
function listedAs({ last_seq: _, ...shown }: StrictConversation): object {
  return shown;
}

/**
 * A group with its owner, an admin who acts, a reader with sockets, a member who is away and has a push
 * device, a bot that others have made, and a hook of the backend. Beside it a group that anybody may join.
 */
export class World {
  readonly id: number;
  readonly club: number;
  readonly owner: SignedIn;
  readonly person: SignedIn;
  readonly reader: SignedIn;
  readonly away: SignedIn;
  readonly strangers: readonly SignedIn[];
  /** of the person */
  readonly device: TestSocket;
  readonly bot: Bot;
  readonly botDevice: TestSocket;
  readonly hookUrl: string;
  readonly #sockets: readonly [device: TestSocket, room: TestSocket];
  #from: Record<"hooks" | "bots", Told[]> & { sockets: number[] } = { hooks: [], bots: [], sockets: [] };
  readonly #updates: Told[] = [];
  #nextUpdate = 0;
  readonly #hook: HookReceiver;
  readonly #push: PushReceiver;
  readonly #listener: Bot;
  #before: Record<"loads" | "exports", Told[]> = { loads: [], exports: [] };
  #listed = "";
  #pushes = 0;
  /** that of a tap of the reader on a button of the bot */
  tapId = "";

  private constructor(made: {
    ids: [number, number];
    users: readonly SignedIn[];
    sockets: readonly [TestSocket, TestSocket, TestSocket, TestSocket];
    bots: readonly [Bot, Bot];
    hookUrl: string;
    hook: HookReceiver;
    push: PushReceiver;
  }) {
    const [owner, person, reader, away, ...strangers] = made.users;
    if (!owner || !person || !reader || !away) throw new Error("there are users");
    [this.owner, this.person, this.reader, this.away] = [owner, person, reader, away];
    this.strangers = strangers;
    [this.id, this.club] = made.ids;
    const [device, botDevice, ...sockets] = made.sockets;
    [this.device, this.botDevice, this.#sockets] = [device, botDevice, sockets];
    [this.bot, this.#listener] = made.bots;
    [this.hookUrl, this.#hook, this.#push] = [made.hookUrl, made.hook, made.push];
  }

  /** @param key with the scope `hooks` */
  static async make(key: string): Promise<World> {
    const users = await signedInUsers(6, LIFETIME_S);
    const [owner, person, reader, away] = users;
    const [bot, listener, push] = await Promise.all([botOf(person), botOf(owner), PushReceiver.of(away)]);
    const [{ id }, { id: club }] = await Promise.all([
      createGroup(owner, [person, reader, away, bot, listener]),
      createGroup(owner, [reader, listener]),
    ]);
    const admin = expectAsked(owner, id, "PATCH", `/members/${person.user.id}`, { role: "admin" });
    const [made, hook, sockets] = await Promise.all([
      admin.then(() => expectAsked(person, id, "POST", "/hooks", { name: "Builds" })),
      HookReceiver.start(key, { events: ["*"], conversations: [id, club] }),
      Promise.all([
        ...([openDevice(person.token), openDevice(bot.token), openDevice(reader.token)] as const),
        openRoom(id, reader.token, "?threads=all"),
      ]),
      expectAsked(owner, club, "PATCH", "", { join_policy: "free" }),
      updates(listener),
    ]);
    const hookUrl = Url.parse(made.body).url;
    return new World({ ids: [id, club], users, sockets, bots: [bot, listener], hookUrl, hook, push });
  }

  /** What is told, or found, from now on is caused by what follows. */
  async begin(): Promise<void> {
    await this.#mark("the beginning");
    const told = await this.#told("the beginning");
    this.#from = { ...told, sockets: this.#sockets.map(({ frames }) => frames.length) };
    this.#before = await this.#found();
    await this.look();
  }

  /** The owner says something in both groups. Everybody is told of it behind all that was before. */
  async #mark(text: string): Promise<void> {
    const { owner, id, club } = this;
    await send(owner, club, `${text} of the club`);
    const { seq } = await send(owner, id, "unchanged");
    const edit = { body: { text: `${text} of the group` }, base_version: 1 };
    await expectAsked(owner, id, "PATCH", `/messages/${seq}`, edit);
  }

  /** What others find in a load of all, and in an export, item by item. */
  async #found(): Promise<Record<"loads" | "exports", Told[]>> {
    const { reader, id } = this;
    const [messages, about, members, fields] = await Promise.all([
      page(reader, id, "?limit=100&threads=all"),
      getConversation(reader, id),
      ask(reader, id, "GET", "/members?limit=100"),
      data(Fields, reader, "/member/getGroupMemberList", { groupID: String(id), count: 100 }),
    ]);
    const records = await exportedOf(id);
    const loads = [
      ...messages.items.map(({ sender, ...message }) => ({ type: "message", ...message, by: sender.id })),
      { type: "group", name: about.name, avatar: about.avatar },
      ...Items.parse(members.body).items.map((item) => ({ type: "member", ...item })),
      ...fields.memberList.map((item) => ({ type: "member", ...item })),
    ];
    return {
      loads: loads.map((one) => JSON.stringify(one)),
      exports: records.map((one) => JSON.stringify(one)),
    };
  }

  /** What the list of a member says once it is what the conversation says: nothing is under way then. */
  async #settled(): Promise<string> {
    const { away, id } = this;
    return eventually(async () => {
      const [{ items }, fresh] = await Promise.all([list(away, "?limit=100"), getConversation(away, id)]);
      const listed = items.find((item) => item.id === id);
      const of = (one: typeof fresh | undefined) => [
        one?.last_message,
        one?.unread_count,
        one?.name,
        one?.avatar,
      ];
      expect(of(listed)).toEqual(of(fresh));
      // The alarm of the platform may come a little later.
      if ((await pushJobs(away)) > 0) {
        await runPushes(away, 0);
        expect(await pushJobs(away)).toBe(0);
      }
      return JSON.stringify(items.map(listedAs));
    });
  }

  /** Where something is found now that was not there at the last look. */
  async look(): Promise<Set<NoticedOn>> {
    const [listed, pushes] = [await this.#settled(), (await this.#push.all()).length];
    const places = new Set<NoticedOn>();
    if (listed !== this.#listed) places.add("list");
    if (pushes > this.#pushes) places.add("pushes");
    [this.#listed, this.#pushes] = [listed, pushes];
    return places;
  }

  /** What others were told, and find, in all, once they know of everything. */
  async told(): Promise<Record<"sockets" | "loads" | "hooks" | "bots" | "exports", Told[]>> {
    const found = await this.#found();
    const news = (place: "loads" | "exports") =>
      found[place].filter((one) => !this.#before[place].includes(one));
    await this.#mark("the end");
    const { hooks, bots } = await this.#told("the end");
    return {
      sockets: this.#sockets.flatMap((socket, i) => toldBy(socket, this.#from.sockets[i])),
      hooks: hooks.slice(this.#from.hooks.length),
      bots: bots.slice(this.#from.bots.length),
      ...{ loads: news("loads"), exports: news("exports") },
    };
  }

  /** What hooks and bots were told up to a mark, and sockets were told of it. */
  async #told(text: string): Promise<Record<"hooks" | "bots", Told[]>> {
    const ends = [`${text} of the group`, `${text} of the club`];
    const isEnd = (told: readonly Told[], all = ends) =>
      all.every((end) => told.some((one) => one.includes(end)));
    const [device, room] = this.#sockets;
    await device.until(() => isEnd(toldBy(device)));
    await room.until(() => isEnd(toldBy(room), ends.slice(0, 1)));
    const hooks = await eventually(async () => {
      await this.#runAlarms();
      await this.#hook.calls();
      const told = (await this.#hook.until(0)).map((event) => JSON.stringify(event));
      expect(isEnd(told)).toBe(true);
      return told;
    });
    await eventually(async () => {
      await this.#runAlarms();
      const told = await updates(this.#listener, { offset: this.#nextUpdate, limit: 100 });
      this.#nextUpdate = (told.at(-1)?.update_id ?? this.#nextUpdate - 1) + 1;
      this.#updates.push(...told.map((one) => JSON.stringify(one)));
      expect(isEnd(this.#updates)).toBe(true);
    });
    return { hooks, bots: [...this.#updates] };
  }

  /** The alarms of the platform come by the machine's clock, which a way may be ahead of. */
  async #runAlarms(): Promise<void> {
    for (const group of [this.id, this.club])
      await runDurableObjectAlarm(conversationObject(ConversationId.parse(group)));
    await runDurableObjectAlarm(inboxObject(UserId.parse(this.#listener.user.id)));
  }

  close(): void {
    for (const socket of [...this.#sockets, this.device, this.botDevice]) if (socket.isOpen) socket.close();
  }
}

/** Makes a bot. */
async function botOf(maker: SignedIn): Promise<Bot> {
  const answer = await call("POST", "/v1/bots", { token: maker.token, body: { nickname: "Weather" } });
  const { id, token } = MadeBot.parse(answer.body);
  return { token, user: { id } };
}

/** All records of an export: members come behind the messages. */
async function exportedOf(id: number): Promise<object[]> {
  const records: object[] = [];
  let after: ExportPage["next"] = null;
  do {
    const exported = await conversationObject(ConversationId.parse(id)).exportPage(after ? { after } : {});
    if (!exported.ok) throw new Error("the export is refused");
    const { messages, members, reads, next }: ExportPage = exported.value;
    records.push(...messages, ...members, ...reads);
    after = next;
  } while (after);
  return records;
}

/** Whether the last scheduled message of a user was kept, with the reason why it was not sent. */
export async function hasFailed(who: SignedIn): Promise<boolean> {
  const rows = await runInDurableObject(inboxObject(who.user.id), (_, { storage }) =>
    storage.sql.exec("SELECT failed FROM scheduled").toArray(),
  );
  return rows.length > 0;
}

/** What a way came to. */
export interface Seen {
  outcome: Outcome;
  noticedOn: NoticedOn[];
}

export function seenOf(isRefused: boolean, places: ReadonlySet<NoticedOn>): Seen {
  const noticedOn = NOTICED_ON.filter((place) => places.has(place));
  if (noticedOn.length > 0) return { outcome: isRefused ? "refused" : "seen", noticedOn };
  return { outcome: isRefused ? "refused" : "nobody", noticedOn };
}
