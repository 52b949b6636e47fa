import { z } from "zod";
import { Person } from "../support/person.ts";
import { Message, User } from "../support/shapes.ts";
import { picture, type Scene } from "./world/picture.ts";
import { recording, type Tune } from "./world/sound.ts";
import { type Line, type Name, PEOPLE, type Talk } from "./world/talk.ts";
import { TALKS } from "./world/talks.ts";
import { momentOf } from "./world/when.ts";

/** The username of the bot, and what it does behind a slash. */
export const BOT = "trail";
export const COMMAND = "plan";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** What an upload answers. */
const Uploaded = z.object({ url: z.string(), name: z.string(), size: z.int(), content_type: z.string() });

const Bot = z.object({ ...User.shape, token: z.string() });

type People = Record<Name, Person>;
/** Something that happens in the sample world, at a time in ms since 1970. */
type Step = { at: number; happens: () => Promise<unknown> };

/**
 * Fills a server with people who talk, over its own API.
 * @param setClock sets the clock of the server, if it can be set, before each thing that happens: ms since
 *   1970, never less than before. Without it all is said now, since a server alone decides when something was
 *   said
 * @param now when the last lines are some minutes old
 * @throws an Error if the server has users of these names
 */
export async function fill(
  origin: string,
  setClock: (at: number) => Promise<void> = async () => {},
  now = Date.now(),
): Promise<People> {
  const moments = TALKS.flatMap(({ lines }) => lines.map(({ at }) => momentOf(at, now)));
  await setClock(Math.min(...moments) - DAY_MS);
  const people = await register(origin);
  const bot = await makeBot(people.ann, origin);
  const steps = TALKS.flatMap((talk) => new Told(talk, people, bot, origin, now).steps());
  for (const { at, happens } of steps.toSorted((a, b) => a.at - b.at)) {
    await setClock(Math.min(at, now));
    await happens();
  }
  await setClock(now);
  return people;
}

async function register(origin: string): Promise<People> {
  const one = async (name: Name): Promise<Person> => {
    const person = await Person.register(origin, name);
    const { picture: scene, ...profile } = PEOPLE[name];
    const { url: avatar } = await upload(origin, person, "avatar.png", "image/png", picture(scene));
    await person.call("PATCH", "/v1/me", { ...profile, avatar });
    return person;
  };
  return {
    ann: await one("ann"),
    lin: await one("lin"),
    ben: await one("ben"),
    zhou: await one("zhou"),
    sara: await one("sara"),
  };
}

/** A bot of a person's, which plans walks. */
async function makeBot(maker: Person, origin: string): Promise<Person> {
  const scene = picture({ of: "hills", hue: 90 });
  const { url: avatar } = await upload(origin, maker, "avatar.png", "image/png", scene);
  const made = { username: BOT, nickname: "Trail bot 小路", avatar };
  const { token, ...user } = Bot.parse(await maker.call("POST", "/v1/bots", made));
  const bot = Person.of(origin, token, user);
  const commands = [{ command: COMMAND, description: "Plans the next walk · 计划下一次徒步" }];
  await bot.call("PUT", "/v1/bots/me/commands", { commands });
  return bot;
}

async function upload(
  origin: string,
  from: Person,
  name: string,
  type: string,
  body: Uint8Array<ArrayBuffer>,
) {
  const answer = await fetch(`${origin}/v1/files?name=${encodeURIComponent(name)}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${from.token}`, "Content-Type": type },
    body,
  });
  if (!answer.ok) throw new Error(`${name} is refused: ${answer.status} ${await answer.text()}`);
  return Uploaded.parse(await answer.json());
}

/** A talk as it happens on a server. */
class Told {
  readonly #talk: Talk;
  readonly #people: People;
  readonly #bot: Person;
  readonly #origin: string;
  readonly #now: number;
  #id = 0;
  /** the newest message */
  #last = 0;
  /** who wrote it */
  #writer: Name | undefined;
  /** the message of each line so far */
  readonly #seqs: number[] = [];

  constructor(talk: Talk, people: People, bot: Person, origin: string, now: number) {
    this.#talk = talk;
    this.#people = people;
    this.#bot = bot;
    this.#origin = origin;
    this.#now = now;
  }

  /** All that happens in the talk, each line after the one before. */
  steps(): Step[] {
    const times = this.#talk.lines.map(({ at }) => momentOf(at, this.#now));
    const [first = 0] = times;
    return [
      { at: first - 5 * MINUTE_MS, happens: () => this.#open() },
      ...this.#talk.lines.flatMap((line, i) => this.#line(line, i, times[i] ?? first)),
      ...this.#reads(times),
    ];
  }

  async #open(): Promise<void> {
    const { group, people: names, hasBot } = this.#talk;
    const [first, second, ...others] = names.map((name) => this.#people[name]);
    if (hasBot) others.push(this.#bot);
    if (!first || !second) throw new Error("a talk needs two people");
    const opened = group ? first.openGroup(group.name, [second, ...others]) : first.openDirect(second);
    this.#id = (await opened).id;
    if (group?.announcement) await first.call("PATCH", this.#path(), { announcement: group.announcement });
  }

  /** A line, and in the minutes after it what others make of it. */
  #line(line: Line, i: number, at: number): Step[] {
    const after = (minutes: number, happens: () => Promise<unknown>) => ({
      at: at + minutes * MINUTE_MS,
      happens,
    });
    const seq = () => this.#seqs[i] ?? 0;
    const message = () => this.#path(`/messages/${seq()}`);
    const answers = line.answers ?? [];
    const followers = [...new Set([line.from, ...answers.map(({ from }) => from)])];
    return [
      after(0, async () => {
        // A person reads the conversation before they write in it.
        if (this.#last > 0 && this.#writer !== line.from)
          await this.#people[line.from].read(this.#id, this.#last);
        this.#seqs[i] = await this.#post(line.from, await this.#content(line));
        if (line.isPinned) await this.#people[line.from].call("PUT", `${message()}/pin`);
      }),
      ...entries(line.reactions).map(([name, key], k) =>
        after(1 + k, () =>
          this.#people[name].call("PUT", `${message()}/reactions/${encodeURIComponent(key)}`),
        ),
      ),
      ...entries(line.poll?.votes).map(([name, option], k) =>
        after(1 + 3 * k, () => this.#people[name].call("PUT", `${message()}/votes`, { options: [option] })),
      ),
      ...answers.map(({ from, text }, k) =>
        after(4 + 6 * k, () =>
          this.#post(from, { kind: "text", body: { text }, thread: { root: seq(), also_in_main: false } }),
        ),
      ),
      ...(answers.length > 0 ? followers : []).map((name, k) =>
        after(6 * answers.length + 1 + k, () =>
          this.#people[name].call("PUT", this.#path(`/threads/${seq()}/read`), { seq: this.#last }),
        ),
      ),
    ];
  }

  /** Each person reads some minutes later, up to the messages that stay unread. @param times of the lines */
  #reads(times: number[]): Step[] {
    const { people: names, unread = {}, lines } = this.#talk;
    return names.flatMap((name, k) => {
      const i = lines.length - 1 - (unread[name] ?? 0);
      // The author of a line has read the lines before it.
      if (lines[i]?.from === name) return [];
      const happens = () => this.#people[name].read(this.#id, this.#seqs[i] ?? 0);
      return [{ at: (times[i] ?? 0) + (2 + 3 * k) * MINUTE_MS, happens }];
    });
  }

  async #post(from: Name, message: object): Promise<number> {
    const body = { client_msg_id: crypto.randomUUID(), ...message };
    const { seq } = Message.parse(await this.#people[from].call("POST", this.#path("/messages"), body));
    this.#last = seq;
    this.#writer = from;
    return seq;
  }

  async #content({
    from,
    text = "",
    picture: scene,
    voice,
    file,
    poll,
    mentions = [],
  }: Line): Promise<object> {
    if (poll) {
      const { question, options } = poll;
      return { kind: "poll", body: { question, options, multiple: false, anonymous: false, ends_at: 0 } };
    }
    if (scene) return this.#image(this.#people[from], scene, text);
    if (voice) return this.#voice(this.#people[from], voice);
    if (file) {
      const bytes = new TextEncoder().encode(file.text);
      return {
        kind: "file",
        body: await upload(this.#origin, this.#people[from], file.name, "text/plain", bytes),
      };
    }
    return { kind: "text", body: { text }, mentions: mentions.map((name) => this.#people[name].user.id) };
  }

  async #image(from: Person, scene: Scene, caption: string): Promise<object> {
    const body = await upload(this.#origin, from, "picture.png", "image/png", picture(scene));
    return { kind: "image", body: { ...body, width: 480, height: 320, caption } };
  }

  async #voice(from: Person, tune: Tune): Promise<object> {
    const { wav, waveform } = recording(tune);
    const body = await upload(this.#origin, from, "voice.wav", "audio/wav", wav);
    const { seconds, transcript } = tune;
    return { kind: "audio", body: { ...body, duration_ms: seconds * 1_000, waveform, transcript } };
  }

  #path(rest = ""): string {
    return `/v1/conversations/${this.#id}${rest}`;
  }
}

function entries<T>(record: Partial<Record<Name, T>> = {}): [Name, T][] {
  const names = Object.keys(PEOPLE).filter((name): name is Name => name in PEOPLE);
  return names.flatMap((name) => {
    const value = record[name];
    return value === undefined ? [] : [[name, value] satisfies [Name, T]];
  });
}
