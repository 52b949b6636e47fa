import type { ImportOutcome } from "../../../domain/data/portable-message.ts";
import type {
  CategoryRecord,
  RoleRecord,
  SpaceMemberRecord,
  SpaceRecord,
} from "../../../domain/data/records.ts";
import type { SpaceId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { writeMetadata } from "../../../domain/server/metadata.ts";
import type { ExternalId } from "../../../domain/server/user-ref.ts";
import { bitsOf } from "../../../domain/spaces/permission.ts";
import {
  findNamedCategories,
  findNamedRoles,
  insertNamedCategory,
  insertNamedRole,
  insertNamedSpace,
} from "../../../storage/data/imported-spaces.ts";
import { placeMembers } from "../../spaces/named-members.ts";
import { tellOnlineMembers } from "../../spaces/tell-devices.ts";
import { fileRef } from "./known.ts";
import { type ImportRun, type Line, leftOut } from "./run.ts";

/** Makes spaces, without channels. One that is there stays as it is. */
export async function importSpaces(run: ImportRun, lines: Line<SpaceRecord>[]): Promise<void> {
  const { known, report } = run;
  if (lines.length === 0) return;
  await known.learnFiles(lines.flatMap(({ record }) => fileRef(record.avatar) ?? []));
  await known.learnUsers(lines.map(({ record }) => record.owner));
  await known.learnSpaces(lines.map(({ record }) => record.external_id));
  for (const { line, record } of lines) {
    const at = { line, externalId: record.external_id };
    report.note("space", at, await importSpace(run, record).catch(leftOut));
  }
}

async function importSpace({ core, known }: ImportRun, record: SpaceRecord): Promise<ImportOutcome> {
  const { external_id: externalId, name, description } = record;
  if (known.spaces.has(externalId)) return { result: "unchanged" };
  const owner = known.users.get(record.owner);
  if (!owner || (!owner.person && record.dissolved_at === null))
    return { result: "left_out", reason: "A space needs an `owner` with a record, who is no deleted user." };
  const avatar = known.avatarOf(record.avatar);
  const made = await insertNamedSpace(core.db, {
    ...{ externalId, name, description, avatar, ownerId: owner.id },
    everyone: bitsOf(record.everyone),
    ...{ discoverable: record.discoverable, slowModeS: record.slow_mode_s },
    metadata: writeMetadata(record.metadata),
    createdAt: record.created_at ?? Date.now(),
    dissolvedAt: record.dissolved_at,
  });
  await known.learnSpaces([externalId]);
  if (made === null) return { result: "unchanged" };
  const isLost = avatar === "" && record.avatar !== "";
  return { result: "imported", note: isLost ? "its avatar cannot be had here" : undefined };
}

/** Makes roles. One that is there stays as it is. */
export async function importRoles(run: ImportRun, lines: Line<RoleRecord>[]): Promise<void> {
  await run.known.learnSpaces(lines.map(({ record }) => record.space));
  for (const [ref, some] of Map.groupBy(lines, ({ record }) => record.space))
    run.roles.set(ref, new Set(some.map(({ record }) => record.external_id)));
  for (const { line, record } of lines) {
    const at = { line, externalId: record.external_id };
    run.report.note("role", at, await importRole(run, record).catch(leftOut));
  }
}

async function importRole({ core, known }: ImportRun, record: RoleRecord): Promise<ImportOutcome> {
  const { external_id: externalId, name, color, position, mentionable, hoist } = record;
  const space = known.spaces.get(record.space);
  if (!space) return noSpace(record.space);
  const permissions = bitsOf(record.permissions);
  const role = { externalId, name, color, position, permissions, mentionable, hoist };
  const made = await insertNamedRole(core.db, space.id, role, LIMITS.roles);
  if (made !== null) return { result: "imported" };
  if (space.dissolvedAt !== null || (await findNamedRoles(core.db, space.id)).has(externalId))
    return { result: "unchanged" };
  return { result: "left_out", reason: `A space has at most ${LIMITS.roles} roles besides \`everyone\`.` };
}

/** Makes categories. One that is there stays as it is. */
export async function importCategories(run: ImportRun, lines: Line<CategoryRecord>[]): Promise<void> {
  await run.known.learnSpaces(lines.map(({ record }) => record.space));
  for (const { line, record } of lines) {
    const at = { line, externalId: record.external_id };
    run.report.note("category", at, await importCategory(run, record).catch(leftOut));
  }
}

async function importCategory({ core, known }: ImportRun, record: CategoryRecord): Promise<ImportOutcome> {
  const { external_id: externalId, name, position } = record;
  const space = known.spaces.get(record.space);
  if (!space) return noSpace(record.space);
  const category = { externalId, name, position };
  if (await insertNamedCategory(core.db, space.id, category, LIMITS.categories))
    return { result: "imported" };
  if (space.dissolvedAt !== null || (await findNamedCategories(core.db, space.id)).has(externalId))
    return { result: "unchanged" };
  return { result: "left_out", reason: `A space has at most ${LIMITS.categories} categories.` };
}

/** Users of one call. */
const MAX_MEMBERS = 500;

/**
 * Makes users members of spaces, and gives them the roles of their records. Roles that this call has no
 * record of are not taken: other channels here may count on them. Who has left a space here, or was removed,
 * stays out.
 */
export async function importSpaceMembers(run: ImportRun, lines: Line<SpaceMemberRecord>[]): Promise<void> {
  const { known, report } = run;
  await known.learnSpaces(lines.map(({ record }) => record.space));
  await known.learnUsers(lines.map(({ record }) => record.user));
  for (const [ref, all] of Map.groupBy(lines, ({ record }) => record.space)) {
    const space = known.spaces.get(ref);
    for (let i = 0; i < all.length; i += MAX_MEMBERS) {
      const some = all.slice(i, i + MAX_MEMBERS);
      const outcomes = space
        ? await membersOf(run, { ref, id: space.id }, some).catch((error: unknown) =>
            some.map(() => leftOut(error)),
          )
        : some.map(() => noSpace(ref));
      for (const [at, { line, record }] of some.entries()) {
        const outcome = outcomes[at];
        if (outcome) report.note("space_member", { line, externalId: record.user }, outcome);
      }
    }
  }
}

async function membersOf(
  { core, known, by, roles: ruled }: ImportRun,
  { ref, id }: { ref: ExternalId; id: SpaceId },
  lines: Line<SpaceMemberRecord>[],
): Promise<ImportOutcome[]> {
  const roles = await findNamedRoles(core.db, id);
  const decided = new Set([...(ruled.get(ref) ?? [])].flatMap((name) => roles.get(name)?.id ?? []));
  const people = lines.flatMap(({ record }) => {
    const user = known.users.get(record.user);
    if (!user) return [];
    const { roles: names, joined_at: joinedAt, muted_until: mutedUntil, name_card: nameCard } = record;
    const roleIds = names?.flatMap((name) => roles.get(name)?.id ?? []);
    return [{ userId: user.id, roleIds, decided, joinedAt, mutedUntil, nameCard }];
  });
  const results = await placeMembers(core, by, id, people, { areFormerKept: true });
  if ([...results.values()].some((result) => result !== "unchanged")) tellOnlineMembers(core, id);
  return lines.map(({ record }): ImportOutcome => {
    const user = known.users.get(record.user);
    const result = user && results.get(user.id);
    if (!result) return { result: "left_out", reason: `The user has no record: ${record.user}.` };
    if (result === "former" || result === "banned") return { result: "left_out", reason: GONE_HERE };
    if (result === "full") return { result: "left_out", reason: "The space takes no more members." };
    const lost = (record.roles ?? []).filter((name) => !roles.has(name));
    const note =
      lost.length === 0 ? undefined : `without roles that the space does not have: ${lost.join(", ")}`;
    return { result: result === "unchanged" ? "unchanged" : "imported", note };
  });
}

const GONE_HERE = "They have left this space here, or were removed: invite them here.";

function noSpace(ref: ExternalId): ImportOutcome {
  return { result: "left_out", reason: `Its space has no record: ${ref}.` };
}
