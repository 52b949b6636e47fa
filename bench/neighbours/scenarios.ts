import type { WebSocket } from "ws";
import { type Person, repeat, type Site, text, type World } from "./world.ts";

/** What a member does to a group, and how the group is made. */
export interface Scenario {
  name: string;
  /** makes the group, and what is in it */
  prepare(site: Site): Promise<World>;
  /** disturbs until a time of `performance.now()` @returns what became of it, in a few words */
  disturb(site: Site, world: World, until: number): Promise<string>;
}

/** The longest text, in code points. */
const LONGEST = 8_000;
/** A text of equal characters. */
const equal = "x".repeat(LONGEST);
/** A character that NFKC makes 18 of. */
const expanding = "\uFDFA".repeat(LONGEST);

/** A text whose neighbouring characters are all different pairs. */
function different(index: number): string {
  const first = 0x4e00;
  let point = index * 7_919;
  let made = "";
  for (let i = 0; i < LONGEST; i++) {
    point += 1 + (i % 97);
    made += String.fromCodePoint(first + (point % 20_000));
  }
  return made;
}

const words = (index: number) => `some words, and then the word number ${index}`;

/** A group with messages of the member. */
function filled(count: number, textOf: (index: number) => string) {
  return async (site: Site): Promise<World> => {
    const world = await site.group();
    await site.fill(world, count, textOf);
    // The index starts once nothing has come for a second.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    return world;
  };
}

const empty = (site: Site) => site.group();

const path = ({ id }: World) => `/v1/conversations/${id}`;

/** How many calls were served and refused. */
function summary(counts: Map<number, number>): string {
  return [...counts].map(([status, count]) => `${count} × ${status === 0 ? "lost" : status}`).join(", ");
}

/** Edits one message after the other. */
async function edits(site: Site, world: World, until: number, textOf: (index: number) => string) {
  let seq = 0;
  let round = 0;
  return summary(
    await repeat(until, {}, () => {
      seq++;
      if (seq > 300) {
        seq = 1;
        round++;
      }
      const edit = { base_version: 1 + round, body: { text: textOf(100_000 + seq + 300 * round) } };
      return site.call("PATCH", `${path(world)}/messages/${seq}`, world.member.token, edit);
    }),
  );
}

/** Sends frames over several sockets at once, without waiting for answers, some at a time. */
async function flood(
  sockets: (WebSocket | undefined)[],
  until: number,
  { frames, pauseMs }: { frames: () => string; pauseMs: number },
): Promise<string> {
  const open = sockets.filter((socket) => socket !== undefined);
  const closed = new Map<number, number>();
  let sent = 0;
  let received = 0;
  for (const socket of open) {
    socket.on("message", () => received++);
    socket.on("error", () => undefined);
    socket.on("close", (code) => closed.set(code, (closed.get(code) ?? 0) + 1));
  }
  while (performance.now() < until && open.some((socket) => socket.readyState === socket.OPEN)) {
    for (const socket of open) {
      if (socket.readyState !== socket.OPEN) continue;
      socket.send(frames());
      sent++;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  for (const socket of open) socket.terminate();
  const ends = [...closed].map(([code, count]) => `, ${count} closed with ${code}`).join("");
  return `${sockets.length - open.length} of ${sockets.length} sockets refused, ${sent} frames, ${received} answers${ends}`;
}

function several(count: number, site: Site, at: string, person: Person) {
  return Promise.all(Array.from({ length: count }, () => site.open(at, person)));
}

function sends(): string {
  const items = Array.from({ length: 50 }, () => ({ ...text("spam"), client_msg_id: crypto.randomUUID() }));
  return JSON.stringify({ type: "sends", items });
}

/** What a reader that tries each beginning again holds an isolate with. */
const HOSTILE_POSTS: Record<string, { shape: string; body: object; headers?: Record<string, string> }> = {
  "45,000 blanks": { shape: "slack", body: { text: `${" ".repeat(45_000)}x` } },
  "half a million marks of pictures": {
    shape: "github",
    body: { action: "opened", issue: { title: "x", body: "![".repeat(440_000) } },
    headers: { "X-GitHub-Event": "issues" },
  },
  "marks of underlined texts": { shape: "discord", body: { content: "__# ".repeat(98_000) } },
};

export const SCENARIOS: Scenario[] = [
  {
    // For comparison: Worker and objects share one core here.
    name: "asks for a page that is not there, 20 at once, which calls no object",
    prepare: empty,
    disturb: async (site, world, until) => {
      const ask = () => site.call("GET", "/v1/nothing", world.member.token);
      return summary(await repeat(until, { atOnce: 20 }, ask));
    },
  },
  {
    name: "reads 6 whole histories of 18,000 messages at once, again and again",
    prepare: filled(18_000, words),
    disturb: async (site, world, until) => {
      const { token } = world.member;
      const read = () =>
        site.call("POST", "/user/query_all_records/", token, { token, conversation: world.id });
      return summary(await repeat(until, { atOnce: 6 }, read));
    },
  },
  {
    name: "searches 18,000 messages, 20 at once",
    prepare: filled(18_000, words),
    disturb: async (site, world, until) => {
      const search = () =>
        site.call("GET", `${path(world)}/messages/search?q=word&kind=text`, world.member.token);
      return summary(await repeat(until, { atOnce: 20 }, search));
    },
  },
  {
    name: "tries to open room sockets, 20 at once",
    prepare: empty,
    disturb: async (site, world, until) => {
      const counts = await repeat(until, { atOnce: 20 }, async () => {
        const socket = await site.open(`${path(world)}/socket`, world.member);
        return socket && { status: 101, text: "" };
      });
      return summary(counts);
    },
  },
  {
    name: "searches 100 equal characters in 1,200 texts of them, with a filter that nothing passes",
    prepare: filled(1_200, () => equal),
    disturb: async (site, world, until) => {
      const query = `q=${"x".repeat(100)}&kind=image`;
      const search = () => site.call("GET", `${path(world)}/messages/search?${query}`, world.member.token);
      return summary(await repeat(until, {}, search));
    },
  },
  {
    name: "searches all conversations for the same",
    prepare: filled(1_200, () => equal),
    disturb: async (site, world, until) => {
      const query = `q=${"x".repeat(100)}&kind=image`;
      const search = () => site.call("GET", `/v1/messages/search?${query}`, world.member.token);
      return summary(await repeat(until, {}, search));
    },
  },
  {
    name: "edits one message after the other, in 18,000",
    prepare: filled(18_000, words),
    disturb: (site, world, until) => edits(site, world, until, words),
  },
  {
    name: "edits texts of 8,000 different pairs",
    prepare: filled(300, different),
    disturb: (site, world, until) => edits(site, world, until, different),
  },
  {
    name: "revokes one message after the other, in 18,000",
    prepare: filled(18_000, words),
    disturb: async (site, world, until) => {
      let seq = 0;
      const revoke = () =>
        site.call("DELETE", `${path(world)}/messages/${++seq}?for=everyone`, world.member.token);
      return summary(await repeat(until, {}, revoke));
    },
  },
  {
    name: "sends texts of 8,000 different pairs",
    prepare: filled(300, different),
    disturb: async (site, world, until) => {
      let index = 0;
      const send = () =>
        site.call("POST", `${path(world)}/messages`, world.member.token, text(different(index++)));
      return summary(await repeat(until, { atOnce: 2 }, send));
    },
  },
  {
    name: "sends texts of 8,000 characters that become 18 each",
    prepare: filled(300, () => expanding),
    disturb: async (site, world, until) => {
      const send = () => site.call("POST", `${path(world)}/messages`, world.member.token, text(expanding));
      return summary(await repeat(until, { atOnce: 2 }, send));
    },
  },
  {
    name: "marks as unread, in 18,000 messages",
    prepare: filled(18_000, words),
    disturb: async (site, world, until) => {
      const mark = () =>
        site.call("PUT", `${path(world)}/read`, world.member.token, { seq: 1, unread: true });
      return summary(await repeat(until, { atOnce: 2 }, mark));
    },
  },
  {
    name: "names 100 of 1,000 members in each message",
    prepare: (site) => site.crowd(998),
    disturb: async (site, world, until) => {
      const { text: page } = await site.call("GET", `${path(world)}/members?limit=100`, world.owner.token);
      const mentions = [...page.matchAll(/"id":(\d+)/g)].map(([, id]) => Number(id)).slice(0, 100);
      const send = () =>
        site.call("POST", `${path(world)}/messages`, world.member.token, { ...text("you!"), mentions });
      return summary(await repeat(until, { atOnce: 2 }, send));
    },
  },
  {
    name: "reacts 16 times a second to 20 merged messages of 220 KB, beside a device that pings",
    prepare: async (site) => {
      const world = await site.group();
      await site.fill(world, 50, () => equal.slice(0, 4_200));
      const items = Array.from({ length: 50 }, (_, i) => ({ conversation_id: world.id, seq: i + 1 }));
      for (let i = 0; i < 20; i++)
        await site.send(world, world.member, { kind: "merged", body: { title: "much", items } });
      return world;
    },
    disturb: async (site, world, until) => {
      const device = await site.open("/v1/socket", world.owner);
      let bytes = 0;
      let closed = "open";
      let sincePing = 0;
      device?.on("message", (data) => {
        const length = Buffer.byteLength(String(data));
        bytes += length;
        sincePing += length;
        if (sincePing < 2 ** 20) return;
        sincePing = 0;
        device.send("ping");
      });
      device?.on("close", (code) => {
        closed = `closed with ${code}`;
      });
      let turn = 0;
      const counts = await repeat(until, { pauseMs: 60 }, () => {
        const seq = 51 + (turn++ % 20);
        const method = turn % 40 < 20 ? "PUT" : "DELETE";
        return site.call(method, `${path(world)}/messages/${seq}/reactions/%F0%9F%91%8D`, world.member.token);
      });
      const state = closed;
      device?.terminate();
      return `${summary(counts)}; the device is ${state} after ${Math.round(bytes / 1024)} KiB`;
    },
  },
  ...[3, 10].map(
    (count): Scenario => ({
      name: `sends without pause over ${count} room sockets`,
      prepare: empty,
      disturb: async (site, world, until) =>
        flood(await several(count, site, `${path(world)}/socket`, world.member), until, {
          frames: sends,
          pauseMs: 50,
        }),
    }),
  ),
  {
    name: "types and reads over 10 room sockets",
    prepare: empty,
    disturb: async (site, world, until) => {
      let turn = 0;
      const frames = () =>
        JSON.stringify(turn++ % 2 === 0 ? { type: "typing" } : { type: "read", seq: turn % 10 });
      return flood(await several(10, site, `${path(world)}/socket`, world.member), until, {
        frames,
        pauseMs: 3,
      });
    },
  },
  {
    name: "syncs, reads and types in a conversation of others, over 10 device sockets",
    prepare: async (site) => {
      const world = await site.group();
      return { ...world, member: await site.register() };
    },
    disturb: async (site, world, until) => {
      let turn = 0;
      const about = { conversation_id: world.id };
      const kinds = [
        { type: "sync", ...about, after: 0 },
        { type: "read", ...about, seq: 1 },
        { type: "typing", ...about },
      ];
      const frames = () => JSON.stringify(kinds[turn++ % kinds.length]);
      return flood(await several(10, site, "/v1/socket", world.member), until, { frames, pauseMs: 3 });
    },
  },
  {
    name: "sends frames of 31 MiB, compressed to 31 KB, over 6 room sockets",
    prepare: empty,
    disturb: async (site, world, until) => {
      const frame = " ".repeat(31 * 2 ** 20);
      const rounds: string[] = [];
      while (performance.now() < until) {
        const sockets = await several(6, site, `${path(world)}/socket`, world.member);
        if (sockets.every((socket) => socket === undefined)) {
          await new Promise((resolve) => setTimeout(resolve, 200));
          rounds.push("refused");
          continue;
        }
        await flood(sockets, until, { frames: () => frame, pauseMs: 500 });
        rounds.push("accepted");
      }
      const accepted = rounds.filter((round) => round === "accepted").length;
      return `${accepted} rounds of 6 sockets accepted, ${rounds.length - accepted} refused`;
    },
  },
  {
    name: "sends the longest text over HTTP, 20 at once",
    prepare: empty,
    disturb: async (site, world, until) => {
      const send = () => site.call("POST", `${path(world)}/messages`, world.member.token, text(equal));
      return summary(await repeat(until, { atOnce: 20 }, send));
    },
  },
  ...Object.entries(HOSTILE_POSTS).map(([name, { shape, body, headers }]) => ({
    name: `posts ${name} to an incoming hook that is not there`,
    prepare: empty,
    disturb: async (site: Site, world: World, until: number) => {
      const to = `/hooks/${world.id.toString(36)}-0123456789abcdef/x/${shape}`;
      return summary(await repeat(until, {}, () => site.post(to, JSON.stringify(body), headers)));
    },
  })),
  {
    name: "uploads forms of 40 parts with the longest headers",
    prepare: empty,
    disturb: async (site, world, until) => {
      const end = "\r\n\r\n1\r\n";
      const parts = Array.from({ length: 40 }, (_, i) => {
        const name = `name="f${i}"; y="; filename=${"@".repeat(15_900)}"`;
        return `--b\r\nContent-Disposition: form-data; ${name}${end}`;
      });
      const headers = {
        Authorization: `Bearer ${world.member.token}`,
        "Content-Type": "multipart/form-data; boundary=b",
      };
      return summary(
        await repeat(until, {}, () => site.post("/v1/files", `${parts.join("")}--b--`, headers)),
      );
    },
  },
];
