import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { addFollowerRows, addSpaceRows } from "../crowd/member-rows.ts";
import type { ServerCalls } from "../crowd/server-calls.ts";
import type { Server } from "../targets/process.ts";

const CHANNELS = 500;
/** The most channels of one call. */
const CHANNELS_OF_CALL = 100;
/** Those who follow a channel: one of many, and each of some. */
const [FOLLOWERS, FEWER_FOLLOWERS] = [100, 20];
/** How many channels some follow. */
const FOLLOWED = 5;
/** Users beside the members: they come in. */
const NEWCOMERS = 20;
/**
 * The runtime unloads an object that was idle for 10 s; an alarm may load it some 30 s after a change. A new
 * channel relies on what it has read of its space for 65 s.
 */
const ALL_FORGOTTEN_MS = 70_000;

const Space = z.object({
  id: z.int(),
  channels: z.array(z.object({ id: z.int() })),
});
const Role = z.object({ id: z.int() });
const Invitation = z.object({ code: z.string() });

/** A space with members, and who does what in it. */
export interface Community {
  /** the path of its calls */
  path: string;
  owner: number;
  /** members who follow nothing, newest last */
  members: number[];
  /** no members */
  newcomers: number[];
  invitation: string;
  role: number;
  /** followed by 100, who are the first of all members */
  followed: number;
  follower: number;
  /** followed by as many as were asked for; null: there is none */
  huge: number | null;
  /** followed by 20 each, who follow all of them */
  lesser: number[];
  reader: number;
  /** that nobody has looked at */
  others: number[];
}

/** Makes a space of so many members, with 500 channels, of which one has so many followers (0: none). */
export async function makeCommunity(
  server: Server,
  calls: ServerCalls,
  { size, hugeFollowers }: { size: number; hugeFollowers: number },
): Promise<Community> {
  const [owner = 0] = await calls.makeUsers(1);
  const sref = "/v1/server/spaces/ext:community";
  let space = { id: 0, channels: [{ id: 0 }] };
  for (let at = 0; at < CHANNELS; at += CHANNELS_OF_CALL) {
    const channels = Array.from({ length: CHANNELS_OF_CALL }, (_, index) => ({
      ...{ external_id: `channel-${at + index}`, name: `channel-${at + index}`, default: at + index === 0 },
    }));
    const body = { name: "Community", owner: String(owner), channels };
    space = Space.parse((await calls.call(null, sref, body, "PUT")).json);
  }
  const path = `/v1/spaces/${space.id}`;
  const [first, ...others] = space.channels.map(({ id }) => id);
  const start = performance.now();
  // The owner is a member already.
  const users = addSpaceRows(server, space.id, {
    users: size - 1 + NEWCOMERS,
    members: size - 1 - NEWCOMERS,
  });
  process.stderr.write(`${size} members in ${Math.round(performance.now() - start)} ms\n`);
  const members = users.slice(0, size - 1 - NEWCOMERS);
  const newcomers = users.slice(size - 1 - NEWCOMERS);
  const role = Role.parse(
    (await calls.call(owner, `${path}/roles`, { name: "Hosts", permissions: ["pin"] })).json,
  );
  const invitation = Invitation.parse((await calls.call(owner, `${path}/invitations`, {})).json);
  const follow = async (channel: number, who: readonly number[]) => {
    for (const user of who) await calls.call(user, `/v1/conversations/${channel}/follow`, undefined, "PUT");
  };
  const [followed = 0, huge = 0, ...further] = others;
  const lesser = further.slice(0, FOLLOWED);
  await follow(followed, members.slice(0, FOLLOWERS));
  for (const channel of lesser) await follow(channel, members.slice(0, FEWER_FOLLOWERS));
  const [of = 0] = members.slice(FOLLOWERS);
  if (hugeFollowers > 0) await follow(huge, [of]);
  await sleep(ALL_FORGOTTEN_MS);
  if (hugeFollowers > 0) addFollowerRows(server, huge, of, { from: of + 1, count: hugeFollowers - 1 });
  return {
    ...{ path, owner, newcomers, invitation: invitation.code, role: role.id, followed, lesser },
    members: members.slice(FOLLOWERS + Math.max(1, hugeFollowers)),
    follower: members[1] ?? 0,
    reader: members[0] ?? 0,
    huge: hugeFollowers > 0 ? huge : null,
    others: [...(first === undefined ? [] : [first]), ...further.slice(FOLLOWED)],
  };
}
