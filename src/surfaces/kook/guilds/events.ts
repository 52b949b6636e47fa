import type { UserId } from "../../../domain/ids.ts";
import type { SpaceChange, SpaceView } from "../../../domain/spaces/view.ts";
import { serializeChannel } from "./channels.ts";
import { serializeGuild } from "./guilds.ts";
import { serializeRole } from "./permissions.ts";

/** An event of a guild. `isOwn`: it is told to the bot as a person. */
interface GuildEvent {
  kind: string;
  body: object;
  isOwn?: true;
}

/**
 * What has become of a guild, in the words of this API.
 * @param self the bot, which learns of itself otherwise
 */
export function guildEvents({ before, after, isOver }: SpaceChange, self: UserId): GuildEvent[] {
  if (before && after) return changesOf(before, after, self);
  if (after) return [{ kind: "self_joined_guild", body: { guild_id: String(after.id) }, isOwn: true }];
  if (!before) return [];
  if (isOver) return [{ kind: "deleted_guild", body: serializeGuild(before) }];
  const body = { guild_id: String(before.id), exited_at: Date.now() };
  return [{ kind: "self_exited_guild", body, isOwn: true }];
}

function changesOf(before: SpaceView, after: SpaceView, self: UserId): GuildEvent[] {
  const now = Date.now();
  const { id } = after;
  const channels = differences(before.channels, after.channels);
  const roles = differences(before.roles, after.roles);
  const placeOf = (list: readonly unknown[], one: unknown) => list.indexOf(one);
  const channelOf = (one: SpaceView["channels"][number]) =>
    serializeChannel(id, one, placeOf(after.channels, one));
  const roleOf = (list: SpaceView["roles"]) => (one: SpaceView["roles"][number]) =>
    serializeRole(one, placeOf(list, one));
  const members = (ids: SpaceView["members"], those: SpaceView["members"]) => {
    if (!ids || !those) return [];
    const others = new Set(those);
    return ids.filter((user) => user !== self && !others.has(user)).map(String);
  };
  const guild = [before, after].map((view) => JSON.stringify(serializeGuild(view)));
  return [
    ...(guild[0] === guild[1] ? [] : [{ kind: "updated_guild", body: serializeGuild(after) }]),
    ...events("added_role", roles.added.map(roleOf(after.roles))),
    ...events("updated_role", roles.changed.map(roleOf(after.roles))),
    ...events("deleted_role", roles.gone.map(roleOf(before.roles))),
    ...events("added_channel", channels.added.map(channelOf)),
    ...events("updated_channel", channels.changed.map(channelOf)),
    ...events(
      "deleted_channel",
      channels.gone.map((channel) => ({ id: String(channel.id), deleted_at: now })),
    ),
    ...events(
      "joined_guild",
      members(after.members, before.members).map((user_id) => ({ user_id, joined_at: now })),
    ),
    ...banEvents(before, after),
    ...nameEvents(before, after),
    ...events(
      "exited_guild",
      members(before.members, after.members).map((user_id) => ({ user_id, exited_at: now })),
    ),
  ];
}

/** Who is banned now, and who is not any more: for a bot that may see it, before and after. */
function banEvents({ bans: before }: SpaceView, { bans: after }: SpaceView): GuildEvent[] {
  if (!before || !after) return [];
  const isIn = (list: typeof before, user: UserId) => list.some(({ userId }) => userId === user);
  const added = after.filter(({ userId }) => !isIn(before, userId));
  const gone = before.filter(({ userId }) => !isIn(after, userId));
  return [
    // `blacklist/list` has the remark.
    ...added.map(({ userId, bannedBy }) => ({
      kind: "added_block_list",
      body: { operator_id: String(bannedBy), remark: "", user_id: [String(userId)] },
    })),
    // Nobody has noted here who has lifted it.
    ...gone.map(({ userId }) => ({
      kind: "deleted_block_list",
      body: { operator_id: "0", user_id: [String(userId)] },
    })),
  ];
}

/** Whose name cards are others: of members whom both views have. */
function nameEvents(before: SpaceView, after: SpaceView): GuildEvent[] {
  if (!before.nameCards || !after.nameCards) return [];
  const [old, now] = [new Map(before.nameCards), new Map(after.nameCards)];
  const named = new Set([...old.keys(), ...now.keys()]);
  const were = new Set(before.members);
  const changed = (after.members ?? []).filter(
    (user) => named.has(user) && were.has(user) && old.get(user) !== now.get(user),
  );
  return events(
    "updated_guild_member",
    changed.map((user) => ({ user_id: String(user), nickname: now.get(user) ?? "" })),
  );
}

function events(kind: string, bodies: readonly object[]): GuildEvent[] {
  return bodies.map((body) => ({ kind, body }));
}

/** What is new in a list, what is there with other fields, and what is gone. */
function differences<Item extends { id: number }>(before: readonly Item[], after: readonly Item[]) {
  const old = new Map(before.map((one) => [one.id, JSON.stringify(one)]));
  return {
    added: after.filter(({ id }) => !old.has(id)),
    changed: after.filter((one) => old.has(one.id) && old.get(one.id) !== JSON.stringify(one)),
    gone: before.filter(({ id }) => !after.some((one) => one.id === id)),
  };
}
