import type { Person } from "../../../domain/accounts/person.ts";
import { CoreError, invalid, refusedFor } from "../../../domain/errors.ts";
import type { SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { ServerKeyId } from "../../../domain/server/server-key.ts";
import type { ServerSpace } from "../../../domain/server/server-space.ts";
import type { SpaceRef } from "../../../domain/server/space-ref.ts";
import type { ExternalId } from "../../../domain/server/user-ref.ts";
import { FIRST_RIGHTS } from "../../../domain/spaces/permission.ts";
import { findMemberStates, insertNamedSpace } from "../../../storage/data/imported-spaces.ts";
import {
  findNamedPlaces,
  readServerSpace,
  type SpaceRights,
  storeRights,
} from "../../../storage/server/server-spaces.ts";
import { insertChannel } from "../../../storage/spaces/channels.ts";
import { dissolveSpace as dissolveStored, listChannels } from "../../../storage/spaces/spaces.ts";
import type { Core } from "../../context.ts";
import { requireSpaces } from "../../policies.ts";
import { spaceFull, spaceIsChanging } from "../../spaces/from-space.ts";
import { fromNamedSpace, placeMembers } from "../../spaces/named-members.ts";
import { firstOverrides, newChannel } from "../../spaces/new-channel.ts";
import { tellAll, tellChannels } from "../../spaces/tell-channels.ts";
import { tellOnlineMembers } from "../../spaces/tell-devices.ts";
import { usersByRef } from "../named-users.ts";
import { noSuchUser } from "../server-users.ts";
import { findNamed, isDissolved, noNamedSpace, requireSpace } from "./named-spaces.ts";
import { welcome } from "./space-members.ts";
import { byName, type ChannelInput, requireSound, rightsOf, type SpaceInput } from "./space-plan.ts";

/** What a backend's call made of a space. */
interface Put {
  space: ServerSpace;
  created: boolean;
}

/**
 * Makes a space, or changes what is given of one. The same again changes nothing. External ids of users that
 * nobody has make users. What may be refused comes first. Then come the rights, in one batch, so that no
 * channel is open that is to be private; channels, members, and the owner. A call that breaks off is
 * completed by its repeat.
 * @param by the key
 * @throws `not_found` for an id that no space or user has; `validation_failed`; `conflict` for a dissolved
 *   space, for a channel that is a conversation of elsewhere or dissolved, and for too many of something;
 *   `forbidden` for a banned user; `group_full`; `unavailable` if a channel was not told
 */
export async function putSpace(core: Core, by: ServerKeyId, ref: SpaceRef, given: SpaceInput): Promise<Put> {
  const input = core.fileOrigins.withStoredAvatar(given);
  const found = await findNamed(core, ref);
  if (!found && "id" in ref) throw noNamedSpace();
  const before = found && (await readServerSpace(core.db, found.id));
  if (before && before.dissolvedAt !== null) throw isDissolved();
  requireSound(before, input);
  if (before) rightsOf(before, input);
  await requirePlaces(core, before, input.channels);
  const named = [...(input.owner ? [input.owner] : []), ...input.members];
  const userOf = await usersByRef(core, by, named);
  const people = named.map((one) => userOf(one) ?? raise(noSuchUser(one)));
  await requireRoom(core, before, people);
  const made = before || "id" in ref ? null : await make(core, ref.externalId, input, people);
  const id = before?.id ?? made ?? (await findNamed(core, ref))?.id ?? raise(noNamedSpace());
  await settle(core, by, id, (space) => rightsOf(space, input));
  await putChannels(core, id, input.channels);
  const members = unique(people).map((person) => ({ userId: person.id }));
  const placed = await placeMembers(core, by, id, members, { areFormerKept: false });
  // Others have come, or a ban, since it was looked at: the same again says so.
  if ([...placed.values()].some((result) => result === "full" || result === "banned"))
    throw spaceIsChanging();
  const [owner] = people;
  if (input.owner && owner) await handOver(core, by, id, owner.id);
  const space = await requireSpace(core, { id });
  await welcome(
    core,
    space,
    people.map((person) => person.id),
  );
  tellOnlineMembers(core, id);
  return { space, created: made !== null };
}

/** @throws `conflict` for the external id of a conversation of elsewhere, or of a channel that is over */
async function requirePlaces(
  core: Core,
  space: ServerSpace | null,
  channels: readonly ChannelInput[],
): Promise<void> {
  if (channels.length === 0) return;
  const places = await findNamedPlaces(
    core.db,
    channels.map(({ externalId }) => externalId),
  );
  for (const { externalId, spaceId, isDissolved: isOver } of places)
    if (isOver || spaceId !== space?.id) {
      const what = isOver ? "a channel that is over" : "another conversation";
      throw new CoreError("conflict", `\`${externalId}\` is the external id of ${what}.`);
    }
}

/** @throws `forbidden` for a banned user, `group_full` */
async function requireRoom(core: Core, space: ServerSpace | null, people: readonly Person[]): Promise<void> {
  const most = core.settings.maxSpaceMembers;
  const ids = unique(people).map((person) => person.id);
  const states = space ? await findMemberStates(core.db, space.id, ids) : [];
  const present = new Set(states.flatMap(({ userId, isMember }) => (isMember ? userId : [])));
  const banned = states.find(({ isMember, isBanned }) => isBanned && !isMember);
  if (banned)
    throw refusedFor("banned", `User ${banned.userId} is banned from this space: lift the ban first.`);
  const newcomers = ids.filter((id) => !present.has(id)).length;
  if (newcomers > 0 && (space?.memberCount ?? 0) + newcomers > most) throw spaceFull(most);
}

/**
 * Makes a space without channels.
 * @returns null: another call has made it meanwhile
 * @throws `forbidden` where nobody makes spaces
 */
async function make(
  core: Core,
  externalId: ExternalId,
  { name = "", avatar = "", description = "", everyone = FIRST_RIGHTS }: SpaceInput,
  [owner]: readonly Person[],
): Promise<SpaceId | null> {
  requireSpaces(core);
  if (!owner) throw invalid("body.owner", "must name the owner, or `members` must name somebody");
  const space = { name, avatar, description, everyone, externalId, ownerId: owner.id };
  return insertNamedSpace(core.db, { ...space, createdAt: Date.now(), dissolvedAt: null });
}

/**
 * Changes rights, and has channels read that. Once this resolves, nobody has a right that it takes.
 * @param plan what is to change; null: nothing
 */
async function settle(
  core: Core,
  by: ServerKeyId,
  id: SpaceId,
  plan: (space: ServerSpace) => SpaceRights | null | Promise<SpaceRights | null>,
): Promise<void> {
  const isChanged = await fromNamedSpace(core, id, async () => {
    const space = await requireSpace(core, { id });
    const rights = await plan(space);
    if (!rights) return { is: false };
    return (await storeRights(core.db, space, rights)) ? { is: true } : null;
  });
  // Also in a repeat: the first call may have told none.
  await tellChannels(core, id, isChanged.is ? await listChannels(core.db, id) : []);
  if (isChanged.is)
    core.securityLog.record("rights_changed", { user: null, by: null, space: id, serverKey: by });
}

/** Channels whose objects are called at once. */
const AT_ONCE = 50;

/** Makes the channels that are not there, and names the others as they are wanted. */
async function putChannels(core: Core, id: SpaceId, inputs: readonly ChannelInput[]): Promise<void> {
  if (inputs.length === 0) return;
  const space = await requireSpace(core, { id });
  const channelOf = byName(space.channels);
  const roleOf = byName(space.roles);
  const categoryOf = byName(space.categories);
  const shown = inputs.flatMap(({ externalId, name, topic: introduction }) => {
    const channel = channelOf.get(externalId);
    const isSame =
      !channel ||
      ((name ?? channel.name) === channel.name && (introduction ?? channel.topic) === channel.topic);
    return isSame ? [] : [{ id: channel.id, look: { name, introduction } }];
  });
  for (let i = 0; i < shown.length; i += AT_ONCE)
    await Promise.all(
      shown.slice(i, i + AT_ONCE).map((one) => core.conversations.configure(one.id, one.look)),
    );
  const made = [];
  for (const input of inputs) {
    const { externalId, name = "", topic, isDefault = false, roles = [], category = null } = input;
    if (channelOf.has(externalId)) continue;
    const { visibility = "open", kind = "text" } = input;
    const readers = visibility === "private" ? roles.flatMap((role) => roleOf.get(role)?.id ?? []) : [];
    const row = {
      ...newChannel(space.ownerId, { name, topic }),
      // Nobody follows it yet: its owner does as others do.
      ...{ externalId, members: [], isDefault },
      categoryId: category === null ? null : (categoryOf.get(category)?.id ?? null),
      overrides: firstOverrides(null, { visibility, kind }, { roleIds: readers, userIds: [] }),
    };
    // One after the other: each stands behind the one before.
    made.push((await insertChannel(core.db, id, row, LIMITS.channels)) ?? raise(spaceIsChanging()));
  }
  // Awake, they tell hooks that they are there.
  await tellAll(core, made);
}

/** Makes a member the owner. */
async function handOver(core: Core, by: ServerKeyId, id: SpaceId, ownerId: UserId): Promise<void> {
  const rights = {
    ...{ space: { ownerId }, newRoles: [], roles: [], overrides: [], defaults: [] },
    ...{ newCategories: [], categories: [], places: [] },
  };
  let isNew = false;
  await settle(core, by, id, async (space) => {
    isNew = space.ownerId !== ownerId;
    const [state] = isNew ? await findMemberStates(core.db, id, [ownerId]) : [];
    // They have left since they were made a member.
    if (isNew && !state?.isMember) throw spaceIsChanging();
    return isNew ? rights : null;
  });
  if (isNew)
    core.securityLog.record("ownership_changed", { user: ownerId, by: null, space: id, serverKey: by });
}

/**
 * Dissolves a space with its channels, for everybody. Idempotent: a repeat ends what was cut off.
 * @throws `not_found`; `unavailable` if a channel was not told
 */
export async function dissolveServerSpace(core: Core, by: ServerKeyId, ref: SpaceRef): Promise<void> {
  const { id } = (await findNamed(core, ref)) ?? raise(noNamedSpace());
  if (await dissolveStored(core.db, id, null, Date.now()))
    core.securityLog.record("space_dissolved", { user: null, by: null, space: id, serverKey: by });
  await tellAll(core, await listChannels(core.db, id));
  tellOnlineMembers(core, id);
}

function unique(people: readonly Person[]): Person[] {
  return [...new Map(people.map((person) => [person.id, person])).values()];
}

function raise(error: CoreError): never {
  throw error;
}
