import type { ExportRecordInput } from "../../../src/domain/data/records.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { fitting } from "../ids.ts";
import type { Collected, Collection, ConversationInput } from "./collection.ts";
import { first } from "./names.ts";
import type { CollectedSpace, SpaceRole } from "./space.ts";

type Override = NonNullable<ConversationInput["overrides"]>[number];
/** What a channel has beside its record. */
type ChannelFields = Pick<
  ConversationInput,
  "join_policy" | "overrides" | "outside" | "introduction" | "announcement" | "mute_all"
>;

/** Members who are named in the overrides of a channel: more of them get a role. Leaves room for others. */
const NAMED = LIMITS.overrides - 10;
/** The role of all members but guests, where guests do not see all open channels. */
const FULL = "parley-import:full-members";

/**
 * Sees to it that all members of channels are in their space, and gives a role to the many of a private
 * one.
 */
function settle(collection: Collection): Map<string, ChannelFields> {
  const channels = new Map<string, ChannelFields>();
  for (const collected of collection.conversations.values()) {
    const space = collection.spaces.get(collected.record.space ?? "");
    if (!space) continue;
    for (const [user, { state }] of collected.members)
      if (state === "active" && !space.members.has(user))
        space.members.set(user, { isGuest: !isClosed(collection, user), roles: new Set() });
  }
  for (const [id, collected] of collection.conversations) {
    const space = collection.spaces.get(collected.record.space ?? "");
    if (space) channels.set(id, channelOf(collection, space, id, collected));
  }
  return channels;
}

/** Whether an account was closed at the origin. */
function isClosed({ users }: Collection, user: string): boolean {
  return users.get(user)?.metadata?.deactivated === true;
}

function channelOf(
  collection: Collection,
  space: CollectedSpace,
  id: string,
  collected: Collected,
): ChannelFields {
  const { record, members } = collected;
  const active = [...members].filter(([, { state }]) => state === "active");
  const inside = new Set(active.map(([user]) => user));
  const guests = [...space.members].flatMap(([user, { isGuest }]) => (isGuest ? user : []));
  const isForAll = record.join_policy === "free" && guests.every((user) => inside.has(user));
  const overrides: Override[] = [];
  const deny = [...(isForAll ? [] : (["read"] as const)), ...(record.mute_all ? (["write"] as const) : [])];
  if (deny.length > 0) overrides.push({ role: "everyone", deny });
  if (!isForAll) {
    const full = record.join_policy === "free" ? FULL : undefined;
    if (full) overrides.push({ role: full, allow: ["read"] });
    const named = full ? guests.filter((user) => inside.has(user)) : [...inside];
    overrides.push(...readers(collection, space, { id, name: record.name ?? id }, named));
  }
  for (const [user, { role }] of active)
    if (role === "admin" && overrides.length < LIMITS.overrides) manage(overrides, user);
  const mayRead = (user: string) =>
    isForAll || (record.join_policy === "free" && space.members.get(user)?.isGuest === false);
  const everybody = new Set([...members.keys(), ...space.members.keys()]);
  const outside = space.namesMembers
    ? [...everybody].filter((user) => !inside.has(user) && !mayRead(user))
    : [];
  const topic = [record.announcement, record.introduction].filter(Boolean).join("\n");
  return {
    join_policy: "closed",
    overrides,
    ...(outside.length > 0 && { outside }),
    introduction: first(topic, LIMITS.description),
    announcement: "",
    mute_all: false,
  };
}

/** The overrides by which members read a private channel. */
function readers(
  { leftOut }: Collection,
  space: CollectedSpace,
  { id, name }: { id: string; name: string },
  users: readonly string[],
): Override[] {
  if (users.length <= NAMED) return users.map((user) => ({ user, allow: ["read" as const] }));
  if (space.roles.size >= LIMITS.roles - 1) {
    leftOut.add(
      { reason: "a member of a large private channel, as the space has too many roles", where: name },
      users.length,
    );
    return [];
  }
  const role = fitting(`${id}/readers`);
  space.roles.set(role, { name: first(name, 100) || "Channel" });
  for (const user of users) space.members.get(user)?.roles.add(role);
  return [{ role, allow: ["read"] }];
}

function manage(overrides: Override[], user: string): void {
  const own = overrides.find((override) => override.user === user);
  const allow = [
    ...(own?.allow ?? []),
    "manage_channel" as const,
    "manage_messages" as const,
    "pin" as const,
  ];
  if (own) own.allow = allow;
  else overrides.push({ user, allow });
}

/**
 * Whether all members of a space but guests get a role, also where no guest is: channels of an earlier export
 * may count on it.
 */
function hasFullMembers({ conversations }: Collection, space: string): boolean {
  return [...conversations.values()].some(
    ({ record }) => record.space === space && record.join_policy === "free",
  );
}

/**
 * The records of spaces, with their roles and members.
 * @returns what channels have beside their records
 */
export function spacesOf(collection: Collection): {
  records: ExportRecordInput[];
  channels: ReadonlyMap<string, ChannelFields>;
} {
  const channels = settle(collection);
  const records = [...collection.spaces].flatMap(([id, space]): ExportRecordInput[] => {
    const { name, members, owner, categories } = space;
    const full = hasFullMembers(collection, id) ? FULL : undefined;
    const first: [string, SpaceRole][] = full ? [[full, { name: "Members" }]] : [];
    const roles = [...first, ...space.roles];
    const kept = roles.slice(0, LIMITS.roles);
    collection.leftOut.add(
      { reason: "a role beyond 100 of a space", where: name },
      roles.length - kept.length,
    );
    return [
      { type: "space", space: { external_id: id, name, owner: owner ?? "" } },
      ...kept.map(
        ([role, { name: shown, color }], i): ExportRecordInput => ({
          type: "role",
          role: {
            ...{ space: id, external_id: role, name: shown, position: kept.length - i },
            ...(color !== undefined && { color }),
          },
        }),
      ),
      ...[...categories].map(
        ([category, shown], position): ExportRecordInput => ({
          type: "category",
          category: { space: id, external_id: category, name: shown, position },
        }),
      ),
      ...[...members].map(([user, member]): ExportRecordInput => {
        const own = [...member.roles, ...(full && !member.isGuest ? [full] : [])];
        return { type: "space_member", space_member: { space: id, user, roles: own } };
      }),
    ];
  });
  return { records, channels };
}

/**
 * Makes an owner for each space without one. The owner reads every channel: nobody becomes it of whom the
 * export does not say so.
 */
export function makeOwners(collection: Collection): void {
  for (const [id, space] of collection.spaces) {
    const made = fitting(`${id}/owner`);
    space.owner ??= collection.person({
      ...{ originId: made, id: made, names: [`Owner of ${space.name}`], isBot: true },
    });
  }
}
