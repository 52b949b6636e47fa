import type { ImportOutcome } from "../../../domain/data/portable-message.ts";
import { type ConversationFields, EVERYONE_REF, type OverrideRecord } from "../../../domain/data/records.ts";
import {
  ConversationCode,
  type ConversationId,
  Handle,
  type SpaceId,
  type UserId,
} from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { GroupName } from "../../../domain/names/names.ts";
import { writeMetadata } from "../../../domain/server/metadata.ts";
import type { ExternalId } from "../../../domain/server/user-ref.ts";
import { bitsOf } from "../../../domain/spaces/permission.ts";
import type { Override } from "../../../domain/spaces/rights.ts";
import { EVERYONE_ROLE } from "../../../domain/spaces/role.ts";
import { randomHex } from "../../../lib/random.ts";
import {
  insertImportedChannel,
  insertImportedGroup,
  openNamedDirect,
} from "../../../storage/data/imported-conversations.ts";
import { findNamedCategories, findNamedRoles } from "../../../storage/data/imported-spaces.ts";
import type { Core } from "../../context.ts";
import { newChannel } from "../../spaces/new-channel.ts";
import { keepAudience } from "./channel-audience.ts";
import { fileRef } from "./known.ts";
import { type ImportRun, type Line, leftOut } from "./run.ts";

/** Makes conversations. Of one that is there, what an import has not come to is made up for. */
export async function importConversations(run: ImportRun, lines: Line<ConversationFields>[]): Promise<void> {
  const { known, report } = run;
  await known.learnFiles(lines.flatMap(({ record }) => fileRef(record.avatar) ?? []));
  await known.learnConversations(lines.map(({ record }) => record.external_id));
  await known.learnSpaces(lines.flatMap(({ record }) => record.space ?? []));
  await known.learnUsers(
    lines.flatMap(({ record }) => [...(record.users ?? []), ...ownerOf(record), ...(record.outside ?? [])]),
  );
  for (const { line, record } of lines) {
    const at = { line, externalId: record.external_id };
    const outcome = await importConversation(run, record).catch(leftOut);
    report.note("conversation", at, outcome);
  }
}

async function importConversation(run: ImportRun, record: ConversationFields): Promise<ImportOutcome> {
  const { external_id: externalId } = record;
  const there = run.known.conversations.get(externalId);
  if (!there && record.kind === "direct") return makeDirect(run, record);
  if (!there) return record.space === null ? makeGroup(run, record) : makeChannel(run, record, record.space);
  // No import moves a conversation: its messages would be seen by others.
  if (there.spaceId !== spaceOf(run, record))
    return { result: "left_out", reason: "There is a conversation with this external id in another place." };
  if (there.kind !== record.kind)
    return { result: "left_out", reason: `There is a ${there.kind} conversation with this external id.` };
  if (there.spaceId !== null) {
    const { id, spaceId } = there;
    const reason = await closing(run, externalId, () => keepAudience(run, { id, spaceId }, record));
    if (reason !== null) return { result: "left_out", reason };
  }
  await setProfile(run.core, there.id, record);
  return { result: "unchanged" };
}

/** Closes a channel to messages, unless it is known who reads them. */
async function closing(
  { closed }: ImportRun,
  ref: ExternalId,
  work: () => Promise<string | null>,
): Promise<string | null> {
  closed.set(ref, "It is not known who reads them: import them again.");
  const reason = await work();
  if (reason === null) closed.delete(ref);
  else closed.set(ref, reason);
  return reason;
}

async function makeDirect({ core, known }: ImportRun, record: ConversationFields): Promise<ImportOutcome> {
  const { external_id: externalId, users = [] } = record;
  const [one, other] = users.map((ref) => known.users.get(ref));
  if (!one || !other || one.id === other.id)
    return { result: "left_out", reason: "A direct conversation needs two `users` with a record." };
  const pair: [UserId, UserId] = one.id < other.id ? [one.id, other.id] : [other.id, one.id];
  const createdAt = record.created_at ?? Date.now();
  const found = await openNamedDirect(core.db, pair, externalId, createdAt);
  if (found?.externalId !== externalId)
    return {
      result: "left_out",
      reason: `These two have a direct conversation with another external id: ${found?.externalId}.`,
    };
  known.conversations.set(externalId, { id: found.id, kind: "direct", spaceId: null });
  await setProfile(core, found.id, record);
  return { result: "imported" };
}

async function makeGroup({ core, known }: ImportRun, record: ConversationFields): Promise<ImportOutcome> {
  const { db } = core;
  const { external_id: externalId, dissolved_at: dissolvedAt } = record;
  const notes: string[] = [];
  const owner = record.owner === null ? undefined : known.users.get(record.owner);
  if (record.owner !== null && !owner?.person && dissolvedAt === null)
    return {
      result: "left_out",
      reason: "A group needs an `owner` with a record, who is no deleted user.",
    };
  if (record.owner === null && dissolvedAt === null)
    return { result: "left_out", reason: "A group that is not dissolved needs an `owner`." };
  const handle = record.handle === null ? null : Handle.safeParse(record.handle);
  const name = GroupName.safeParse(record.name);
  if (!name.success && record.name !== "") notes.push("its name cannot be had here");
  const avatar = known.avatarOf(record.avatar);
  if (avatar === "" && record.avatar !== "") notes.push("its avatar cannot be had here");
  const { custom_fields: customFields, introduction, announcement, policy, discoverable } = record;
  const profile = {
    ...{ introduction, announcement, policy, discoverable, customFields },
    name: name.success ? name.data : "",
    avatar,
    joinPolicy: record.join_policy,
    threads: record.threads,
    linkPreviews: record.link_previews,
    ownerId: owner?.id ?? null,
    createdAt: record.created_at ?? Date.now(),
    muteAll: record.mute_all,
    viewers: record.viewers,
    slowModeS: record.slow_mode_s,
    maxMembers: record.max_members,
    metadata: writeMetadata(record.metadata),
    history: record.history === null ? null : record.history === "all",
    mayLeave: record.leave,
    retentionDays: record.retention_days,
    legalHold: record.legal_hold,
    spaceId: null,
  };
  const insert = (given: Handle | null) => {
    const code = ConversationCode.parse(randomHex());
    return insertImportedGroup(db, externalId, code, { ...profile, handle: given });
  };
  let id = await insert(handle?.success ? handle.data : null);
  if (id === null && handle !== null) {
    id = await insert(null);
    notes.push("its handle was given before");
  }
  if (id === null) {
    await known.learnConversations([externalId]);
    return { result: "unchanged" };
  }
  known.conversations.set(externalId, { id, kind: "group", spaceId: null });
  await setProfile(core, id, record);
  return { result: "imported", note: notes.length > 0 ? notes.join("; ") : undefined };
}

/** The space that a record names; null: none that is here. */
function spaceOf({ known }: ImportRun, { space }: ConversationFields): SpaceId | null {
  return space === null ? null : (known.spaces.get(space)?.id ?? null);
}

async function makeChannel(
  run: ImportRun,
  record: ConversationFields,
  ref: ExternalId,
): Promise<ImportOutcome> {
  const { core, known } = run;
  const { external_id: externalId, introduction, announcement } = record;
  const space = known.spaces.get(ref);
  if (!space) return { result: "left_out", reason: `Its space has no record: ${ref}.` };
  if (space.dissolvedAt !== null) return { result: "left_out", reason: "Its space is dissolved." };
  const name = GroupName.safeParse(record.name);
  const { overrides, notes, refusal } = await overridesOf(run, space.id, record.overrides);
  if (refusal !== undefined) return { result: "left_out", reason: refusal };
  const category =
    record.category === null
      ? undefined
      : (await findNamedCategories(core.db, space.id)).get(record.category);
  if (record.category !== null && category === undefined)
    notes.push("without its category, which has no record");
  const owner = record.owner === null ? undefined : known.users.get(record.owner);
  const channel = newChannel(owner?.person ? owner.id : space.ownerId, { name: "", topic: introduction });
  const code = ConversationCode.parse(randomHex());
  const id = await insertImportedChannel(
    core.db,
    { space: space.id, externalId, code },
    {
      ...{
        introduction,
        announcement,
        ownerId: channel.ownerId,
        viewers: channel.viewers,
        policy: "channel",
      },
      ...{ joinPolicy: channel.joinPolicy, mayLeave: channel.mayLeave, history: null, discoverable: null },
      ...{ handle: null, maxMembers: null, customFields: record.custom_fields, muteAll: record.mute_all },
      name: name.success ? name.data : "channel",
      avatar: known.avatarOf(record.avatar),
      threads: record.threads,
      linkPreviews: record.link_previews,
      createdAt: record.created_at ?? Date.now(),
      slowModeS: record.slow_mode_s,
      metadata: writeMetadata(record.metadata),
      retentionDays: record.retention_days,
      legalHold: record.legal_hold,
    },
    { overrides, categoryId: category ?? null, position: record.position, isDefault: record.default },
    LIMITS.channels,
  );
  await known.learnConversations([externalId]);
  const there = known.conversations.get(externalId);
  if (!there) return { result: "left_out", reason: `A space has at most ${LIMITS.channels} channels.` };
  if (id === null) return { result: "unchanged" };
  await setProfile(core, id, record);
  if (!name.success) notes.push("its name cannot be had here");
  return { result: "imported", note: notes.length > 0 ? notes.join("; ") : undefined };
}

/**
 * The overrides of a new channel.
 * @returns `refusal`: one denies something to somebody who is not here; they may come, and would see more
 */
async function overridesOf(
  { core, known }: ImportRun,
  space: SpaceId,
  records: readonly OverrideRecord[],
): Promise<{ overrides: Override[]; notes: string[]; refusal?: string }> {
  const roles = await findNamedRoles(core.db, space);
  await known.learnUsers(records.flatMap(({ user }) => user ?? []));
  const overrides: Override[] = [];
  const notes: string[] = [];
  for (const { role, user, allow, deny } of records) {
    const rights = { allow: bitsOf(allow), deny: bitsOf(deny) };
    const roleId =
      role === EVERYONE_REF ? EVERYONE_ROLE : role === undefined ? null : (roles.get(role)?.id ?? null);
    const userId = user === undefined ? null : (known.users.get(user)?.id ?? null);
    const isKnown = overrides.some((one) => one.roleId === roleId && one.userId === userId);
    if ((roleId !== null || userId !== null) && !isKnown) overrides.push({ roleId, userId, ...rights });
    else if (isKnown) return { overrides, notes, refusal: "Its overrides name somebody twice." };
    else if (deny.length > 0)
      return { overrides, notes, refusal: `Its overrides name ${role ?? user}, without a record.` };
    else notes.push(`without what it allows to ${role ?? user}, who has no record`);
  }
  return { overrides, notes };
}

/** What the creation leaves out, also after an import that broke off behind it. */
async function setProfile(core: Core, id: ConversationId, record: ConversationFields): Promise<void> {
  const change = {
    ...(record.mute_all && { muteAll: true }),
    ...(record.slow_mode_s > 0 && { slowModeS: record.slow_mode_s }),
    ...(!record.threads && { threads: false }),
    ...(!record.link_previews && { linkPreviews: false }),
    ...(record.retention_days !== null && { retentionDays: record.retention_days }),
    ...(record.legal_hold && { legalHold: true }),
  };
  if (Object.keys(change).length > 0 || record.dissolved_at !== null)
    await core.conversations.importProfile(id, { change, dissolvedAt: record.dissolved_at });
}

function ownerOf({ owner }: ConversationFields): ExternalId[] {
  return owner === null ? [] : [owner];
}
