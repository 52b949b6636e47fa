import { afterAll, beforeAll, expect, test } from "vitest";
import { World } from "../bot-libraries/world.ts";
import { Guild } from "./guild.ts";

/** A bot of a library, as the story drives it. */
export interface Client {
  /** Resolves once the bot hears what comes. */
  connect(): Promise<unknown>;
  /** Sends a text. @returns its id */
  say(text: string): Promise<string>;
  edit(id: string, text: string): Promise<unknown>;
  react(id: string, emoji: string): Promise<unknown>;
  remove(id: string): Promise<unknown>;
  /** Uploads a picture. @returns its address; absent: the library fails by itself */
  upload?(picture: Buffer): Promise<string>;
  /** Sends a picture by its address; absent: the library has no call of its own for it */
  show?(url: string): Promise<unknown>;
  /** Sends a card; absent: the library has no event for clicks, which are heard as `!<value>` */
  offer?(cards: string): Promise<unknown>;
  /** the same in the channel */
  there: Pick<Client, "say" | "react" | "offer"> & {
    /** The ids of the members of the guild; absent: the library does not ask for those of one guild. */
    members?(): Promise<string[]>;
  };
  close(): unknown;
}

/** Where a bot is, and what it is. */
export interface Place {
  /** of the API, without a slash at its end */
  api: string;
  token: string;
  /** the person who writes to it, and the code of their conversation */
  person: string;
  code: string;
  /** a guild with the two, and a channel in it */
  guild: string;
  channel: string;
}

interface Story {
  /**
   * what the library does after a cut: it goes on with its session, so that nothing is lost to it, begins
   * anew, ends with its process, or gives up unless the server is back by its one try
   */
  afterCut: "resumes" | "begins anew" | "ends" | "gives up";
  /** after a cut it may open two connections, and takes what each is sent */
  mayRepeat?: boolean;
  /** it hears no KMarkdown, and is told the names of pictures instead */
  hearsPictures?: boolean;
  /**
   * @param heard takes what the bot hears of people: texts, `!` with what became of a message, and of a
   *   channel the roles of the author and `#` before a text
   */
  make(place: Place, heard: string[]): Client | Promise<Client>;
}

const PNG = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

/** A card with a button that gives its bot a value. */
const CARD = JSON.stringify([
  {
    type: "card",
    modules: [
      {
        type: "action-group",
        elements: [
          {
            ...{ type: "button", theme: "primary", click: "return-val", value: "tea" },
            text: { type: "plain-text", content: "Tea" },
          },
        ],
      },
    ],
  },
]);

const LONG_MS = 10_000;

/** Has timers of these lengths take others, in ms: a library waits 90 s after a cut. */
export function changeTimers(lengths: Record<number, number>): void {
  const wait = globalThis.setTimeout;
  Object.assign(globalThis, {
    setTimeout: (work: () => void, ms = 0, ...rest: unknown[]) => wait(work, lengths[ms] ?? ms, ...rest),
  });
}

/** What each library does: it connects, hears, answers, edits, reacts, uploads, and survives a kill. */
export function tell(name: string, { afterCut, mayRepeat, hearsPictures, make }: Story): void {
  let world: World;
  let client: Client;
  let place: Place;
  let guild: Guild;
  const heard: string[] = [];

  beforeAll(async () => {
    world = await World.start();
    const api = `${world.origin}/api/v3`;
    const { token } = world.bot;
    const headers = { Authorization: `Bot ${token}`, "Content-Type": "application/json" };
    const person = String(world.person.user.id);
    const body = JSON.stringify({ target_id: person });
    const answer = await fetch(`${api}/user-chat/create`, { method: "POST", headers, body });
    const { data } = Object(await answer.json());
    guild = await Guild.make(world);
    const there = { guild: String(guild.id), channel: String(guild.channel) };
    place = { api, token, person, code: String(Object(data).code), ...there };
    client = await make(place, heard);
    await client.connect();
  });
  afterAll(async () => {
    await client.close();
    await world[Symbol.asyncDispose]();
  });

  /** The person writes. */
  const say = (text: string) => (hearsPictures ? world.show(text) : world.say(text));

  test(`${name}: hears, answers, edits, reacts, shows a picture and removes`, async () => {
    await say("hello");
    await expect.poll(() => heard, { timeout: LONG_MS }).toEqual(["hello"]);
    const id = await client.say("an answer");
    await world.answered("an answer");
    await client.edit(id, "another answer");
    await world.answered("another answer");
    await client.react(id, "👍");
    await world.seen(({ reactions }) => reactions?.some(({ key }) => key === "👍") === true);
    if (client.upload) {
      const url = await client.upload(PNG);
      expect(Buffer.from(await (await fetch(url)).arrayBuffer())).toEqual(PNG);
      if (client.show) {
        await client.show(url);
        await world.seen(({ kind }) => kind === "image");
      }
    }
    await client.remove(id);
    await world.seen(({ revoked }) => revoked);
    const clicks: string[] = [];
    if (client.offer) {
      await client.offer(CARD);
      const { seq } = await world.seen(({ buttons }) => buttons?.[0]?.[0]?.data === "tea");
      await world.tap(seq, "tea");
      clicks.push("!tea");
    }
    // Nothing of its own has come back.
    await say("is that all?");
    await expect.poll(() => heard, { timeout: LONG_MS }).toEqual(["hello", ...clicks, "is that all?"]);
  });

  test(`${name}: hears, answers, reacts, shows a card and knows the members in a channel`, async () => {
    const before = heard.length;
    const { there } = client;
    await guild.say("hello there", hearsPictures);
    const roles = hearsPictures ? "" : guild.role;
    await expect.poll(() => heard.slice(before), { timeout: LONG_MS }).toEqual([`${roles}#hello there`]);
    const id = await there.say("an answer");
    await guild.seen(({ body, sender }) => body.text === "an answer" && sender.id === world.bot.id);
    await there.react(id, "👍");
    await guild.seen(({ reactions }) => reactions?.some(({ key }) => key === "👍") === true);
    if (there.offer) {
      await there.offer(CARD);
      await guild.seen(({ buttons }) => buttons !== undefined);
    }
    if (there.members)
      expect((await there.members()).toSorted()).toEqual([place.person, String(world.bot.id)].toSorted());
    expect(heard.slice(before)).toHaveLength(1);
  });

  if (afterCut === "gives up") return;
  test(`${name}: no message is lost or told twice while the server is killed and starts again`, async () => {
    const before = heard.length;
    const texts: string[] = [];
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 5; i++) {
        const text = `message ${round}.${i}`;
        await say(text);
        texts.push(text);
      }
      // What a library that begins anew has not heard by now is lost to it, as with KOOK.
      if (afterCut !== "resumes") await expect.poll(() => heard.slice(before)).toEqual(texts);
      if (afterCut === "ends") await client.close();
      await world.server.kill();
      await world.server.restart();
      if (afterCut === "ends") client = await make(place, heard);
      if (afterCut !== "resumes") await client.connect();
    }
    await say("the end");
    texts.push("the end");
    await expect.poll(() => heard.at(-1)).toBe("the end");
    const since = heard.slice(before);
    expect(mayRepeat ? [...new Set(since)] : since).toEqual(texts);
  });
}
