import { expect } from "vitest";
import { accept, invite } from "../../features/invitations/client.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { MINUTE, pass } from "../../support/clients/scheduled.ts";
import { aside, reply } from "../../support/clients/threads.ts";
import { type Place, showsEarlier, type World } from "./world.ts";

/** What somebody does with a feature. */
export interface Act {
  /** the feature, as in docs/where-features-meet.md */
  feature: string;
  /** the only places where it can be done */
  places?: readonly Place[];
  /** @returns the statuses of its calls */
  do(world: World): Promise<number[]>;
}

const GROUPS: Place[] = ["group", "crowded group", "crowd", "audience room"];

const of = (seq: number) => `/messages/${seq}`;
const named = (text: string, mentions: number[] | "all") => ({ kind: "text", body: { text }, mentions });

/** Each feature, as it is used on one message, one poll or one member. */
export const ACTS = {
  edit: {
    feature: "edits",
    do: async (world) => {
      const body = { body: { text: "word edited" }, base_version: 1, mentions: [world.bob.user.id] };
      return [await world.tell(world.ann, "PATCH", of(world.text), body)];
    },
  },
  react: {
    feature: "reactions",
    do: async (world) => {
      const react = (who: SignedIn, key: string) =>
        world.tell(who, "PUT", `${of(world.text)}/reactions/${encodeURIComponent(key)}`);
      return [await react(world.friend, "👍"), await react(world.bob, "❤")];
    },
  },
  pin: {
    feature: "pins",
    do: async (world) => [await world.tell(world.ann, "PUT", `${of(world.text)}/pin`)],
  },
  "reply beside": {
    feature: "threads",
    do: async (world) => {
      const fields = { ...aside(world.text, "word beside"), mentions: [world.bob.user.id] };
      return [await world.tell(world.friend, "POST", "/messages", fields)];
    },
  },
  "own reply": {
    feature: "threads",
    do: async (world) => [await world.tell(world.bob, "POST", "/messages", reply(world.text, "word reply"))],
  },
  vote: {
    feature: "polls",
    do: async (world) => {
      const vote = (who: SignedIn, option: number) =>
        world.tell(who, "PUT", `${of(world.poll)}/votes`, { options: [option] });
      return [await vote(world.friend, 0), await vote(world.bob, 1)];
    },
  },
  close: {
    feature: "polls",
    do: async (world) => [await world.tell(world.ann, "POST", `${of(world.poll)}/close`)],
  },
  schedule: {
    feature: "scheduled",
    do: async (world) => {
      const fields = { ...named("word scheduled", [world.bob.user.id]), quote_seq: world.text };
      world.later.push(() => pass(world.ann, MINUTE));
      const message = { ...fields, send_at: Date.now() + MINUTE };
      return [await world.tell(world.ann, "POST", "/messages", message)];
    },
  },
  save: {
    feature: "saved",
    do: async (world) => {
      const status = await world.tell(world.bob, "PUT", `${of(world.text)}/saved`, { note: "a note" });
      if (status === 200) world.saved.add(world.text);
      return [status];
    },
  },
  draft: {
    feature: "drafts",
    do: async (world) => {
      const text = "being written";
      const status = await world.tell(world.bob, "PUT", "/draft", { text, reply_to: world.text });
      if (status === 200) world.draft = text;
      return [status];
    },
  },
  mention: {
    feature: "mentions",
    do: async (world) => [await world.tell(world.ann, "POST", "/messages", named("word named", "all"))],
  },
  "mark unread": {
    feature: "marks",
    do: async (world) => [await world.tell(world.bob, "PUT", "/read", { seq: world.text, unread: true })],
  },
  read: {
    feature: "marks",
    do: async (world) => [await world.tell(world.bob, "PUT", "/read", { seq: await world.last() })],
  },
  archive: {
    feature: "archive",
    do: async (world) => [await world.tell(world.bob, "PUT", "/preferences", { archived: true })],
  },
  "archive and mute": {
    feature: "archive",
    do: async (world) => [
      await world.tell(world.bob, "PUT", "/preferences", { archived: true, silent: true }),
    ],
  },
  invite: {
    feature: "invitations",
    places: GROUPS,
    do: async (world) => {
      const { code } = await invite(world.ann, world.id);
      return [(await accept(world.dan, code)).status];
    },
  },
  "write first": {
    feature: "audience rooms",
    places: ["audience room"],
    do: async (world) => [await world.tell(world.dan, "POST", "/messages", named("word first", []))],
  },
  ban: {
    feature: "bans",
    places: GROUPS,
    do: async (world) => {
      const status = await world.tell(world.ann, "PUT", `/bans/${world.cas.user.id}`, {});
      await world.casIsBanned();
      return [status];
    },
  },
  rejoin: {
    feature: "removals",
    places: GROUPS,
    do: async (world) => {
      const remove = () => world.tell(world.ann, "DELETE", `/members/${world.bob.user.id}`);
      const add = () => world.tell(world.ann, "POST", "/members", { user_ids: [world.bob.user.id] });
      return world.rejoin(async () => [await remove(), await add()]);
    },
  },
  focus: {
    feature: "focus",
    do: async (world) => {
      for (const { device } of world.devices) {
        device.focus(world.id);
        await device.until(() => device.withholds(world.id));
      }
      return [];
    },
  },
  revoke: {
    feature: "revokes",
    do: async (world) => [await world.tell(world.ann, "DELETE", `${of(world.text)}?for=everyone`)],
  },
  hide: {
    feature: "hides",
    do: async (world) => {
      const status = await world.tell(world.bob, "DELETE", `${of(world.text)}?for=me`);
      if (status === 204) world.saved.delete(world.text);
      return [status];
    },
  },
  clear: {
    feature: "hides",
    places: ["direct"],
    do: async (world) => {
      const status = await world.tell(world.bob, "DELETE", "");
      world.saved.clear();
      world.draft = null;
      for (const { device } of world.devices) {
        // A client with the focus is told on its room socket. Without changes no `sync` tells it afterwards.
        if (device.mode.changes || !device.withholds(world.id)) continue;
        device.displayed(world.id).drop(Number.MAX_SAFE_INTEGER);
      }
      return [status];
    },
  },
} satisfies Record<string, Act>;

export type ActName = keyof typeof ACTS;

/** A second act of which the first leaves nothing: the statuses of its calls. */
const REFUSED: Partial<Record<`${ActName} – ${ActName}`, number[]>> = {
  "revoke – edit": [400],
  "revoke – react": [400, 400],
  "revoke – pin": [400],
  "revoke – reply beside": [400],
  "revoke – own reply": [400],
  "hide – react": [200, 404],
  "hide – own reply": [404],
  "hide – save": [404],
  "hide – mark unread": [404],
  "close – vote": [409, 409],
  ...unseenAfter("clear"),
};

/** The same where who comes back sees nothing from before. */
const REFUSED_ANEW: typeof REFUSED = { ...REFUSED, ...unseenAfter("rejoin") };

/** Bob does not see any message from before. */
function unseenAfter<First extends ActName>(first: First) {
  return {
    [`${first} – react`]: [200, 404],
    [`${first} – own reply`]: [404],
    [`${first} – vote`]: [200, 404],
    [`${first} – save`]: [404],
    [`${first} – mark unread`]: [404],
    [`${first} – hide`]: [404],
  };
}

/** Whether the calls of a second act succeed. */
export function expectOutcome(place: Place, first: ActName, second: ActName, statuses: number[]): void {
  const refused = (showsEarlier(place) ? REFUSED : REFUSED_ANEW)[`${first} – ${second}`];
  const outcome = `${second} after ${first}`;
  if (refused) expect(statuses, outcome).toEqual(refused);
  else expect(Math.max(0, ...statuses), outcome).toBeLessThan(300);
}
