import { type ConversationFields, EVERYONE_REF } from "../../../domain/data/records.ts";
import type { ConversationId, SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { lookOf } from "../../../domain/spaces/channel.ts";
import { type Override, readersOf } from "../../../domain/spaces/rights.ts";
import { findExportedParts, findExportedSpaces } from "../../../storage/data/exported-spaces.ts";
import { findSpaceById } from "../../../storage/data/imported-spaces.ts";
import { keepOutside, listOverrides } from "../../../storage/spaces/overrides.ts";
import type { Core } from "../../context.ts";
import { spaceIsChanging } from "../../spaces/from-space.ts";
import { tellChannels } from "../../spaces/tell-channels.ts";
import type { ImportRun } from "./run.ts";

/** How often this begins anew where others change the space at the same time. */
const TRIES = 5;

/**
 * Sees to it that nobody reads what comes to a channel who does not where it comes from: once this resolves,
 * whom the record puts outside does not read it, by no right.
 * @returns why its messages are left out; null: they are not
 * @throws `unavailable` if the space goes on changing, or the channel was not told
 */
export async function keepAudience(
  { core, known, by }: ImportRun,
  { id, spaceId }: { id: ConversationId; spaceId: SpaceId },
  { overrides, outside = [] }: Pick<ConversationFields, "overrides" | "outside">,
): Promise<string | null> {
  const isPrivate = overrides.some(({ role, deny }) => role === EVERYONE_REF && deny.includes("read"));
  const users = new Set(outside.flatMap((ref) => known.users.get(ref)?.id ?? []));
  if (!isPrivate && users.size === 0) return null;
  for (let n = 0; n < TRIES; n++) {
    const space = await findSpaceById(core.db, spaceId);
    if (!space || space.dissolvedAt !== null) return null;
    const own = await listOverrides(core.db, id);
    if (isPrivate && lookOf(own).visibility === "open") return OPEN_HERE;
    const isAllowed = own.some(({ userId, allow }) => userId !== null && users.has(userId) && allow !== 0);
    const denied = users.size === 0 ? [] : await readingBesides(core, spaceId, own, users);
    if (!isAllowed && denied.length === 0) return null;
    if (own.length + denied.length > LIMITS.overrides) return TOO_MANY;
    if (!(await keepOutside(core.db, space, id, { users: [...users], denied }))) continue;
    await tellChannels(core, spaceId, [id]);
    core.securityLog.record("rights_changed", {
      ...{ user: null, by: null, space: spaceId, conversation: id, serverKey: by },
    });
    return null;
  }
  throw spaceIsChanging();
}

/** Those of some users who read a channel by what is not allowed to them alone. */
async function readingBesides(
  { db }: Core,
  id: SpaceId,
  overrides: readonly Override[],
  users: ReadonlySet<UserId>,
): Promise<UserId[]> {
  const [[space], parts] = await Promise.all([findExportedSpaces(db, [id]), findExportedParts(db, id)]);
  if (!space) return [];
  const others = overrides.map((one) =>
    one.userId !== null && users.has(one.userId) ? { ...one, allow: 0 } : one,
  );
  const readers = readersOf({ ...space, ...parts, overrides: others }, parts.members);
  return readers.flatMap(({ userId }) => (users.has(userId) && userId !== space.ownerId ? userId : []));
}

const OPEN_HERE =
  "Everybody in the space reads this channel here, and not where it comes from: deny `read` to `everyone` " +
  "in it, allow it to those who may, and import again.";
const TOO_MANY =
  "More users read this channel here than where it comes from, and it takes no more overrides that deny it " +
  "to them: take `read` from them, and import again.";
