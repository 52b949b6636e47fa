import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const USERS = 40;
const CHANNELS = 10;
const DAYS = 100;
const DAY_S = 86_400;
const BEGIN_S = 1_650_000_000;
const WORDS =
  "pine oak elm ash birch walks over the hill and sees a river with *bold* fish in it :fish:".split(" ");

/**
 * Writes an export of Slack with made-up messages: channels with a file a day, threads, mentions,
 * reactions and edits. The same count gives the same export.
 */
export function writeSlackExport(folder: string, messages: number): void {
  mkdirSync(folder, { recursive: true });
  const write = (path: string, value: unknown) => writeFileSync(join(folder, path), JSON.stringify(value));
  const users = Array.from({ length: USERS }, (_, i) => ({
    ...{
      id: `U${i}`,
      team_id: "TBENCH",
      name: `walker${i}`,
      real_name: `Walker ${i}`,
      deleted: false,
      is_bot: false,
    },
    profile: { display_name: `Walker ${i}`, email: `walker${i}@pine.example` },
  }));
  const members = users.map(({ id }) => id);
  write("users.json", users);
  const channels = Array.from({ length: CHANNELS }, (_, i) => ({
    ...{ id: `C${i}`, name: `path-${i}`, created: BEGIN_S, creator: "U0", is_archived: false, members },
    ...{ topic: { value: "" }, purpose: { value: "" } },
  }));
  write("channels.json", channels);
  const aDay = Math.ceil(messages / CHANNELS / DAYS);
  let left = messages;
  for (const { name } of channels) {
    mkdirSync(join(folder, name), { recursive: true });
    for (let day = 0; day < DAYS && left > 0; day++) {
      const begin = BEGIN_S + day * DAY_S;
      const count = Math.min(aDay, left);
      write(
        `${name}/${new Date(begin * 1000).toISOString().slice(0, 10)}.json`,
        Array.from({ length: count }, (_, i) => messageOf(begin, i)),
      );
      left -= count;
    }
  }
}

function messageOf(begin: number, i: number) {
  const ts = (at: number) => `${begin + at}.000100`;
  const text = Array.from({ length: 5 + (i % 12) }, (_, k) => WORDS[(i * 7 + k) % WORDS.length]).join(" ");
  return {
    ...{
      type: "message",
      user: `U${i % USERS}`,
      ts: ts(i),
      text: i % 5 === 0 ? `<@U${(i + 1) % USERS}> ${text}` : text,
    },
    ...(i % 4 === 3 && { thread_ts: ts(i - 1) }),
    ...(i % 4 === 2 && { thread_ts: ts(i), reply_count: 1 }),
    ...(i % 6 === 0 && { reactions: [{ name: "evergreen_tree", users: [`U${(i + 2) % USERS}`], count: 1 }] }),
    ...(i % 20 === 0 && { edited: { user: `U${i % USERS}`, ts: ts(i + 5) } }),
  };
}
