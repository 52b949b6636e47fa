import { z } from "zod";
import { type Page, type PageQuery, pageOf, readCursor } from "../../domain/conversations/pagination.ts";
import { CoreError, refusedFor } from "../../domain/errors.ts";
import { ClientSpaceId, type SpaceId, type UserId } from "../../domain/ids.ts";
import { type Metadata, readMetadata, writeMetadata } from "../../domain/server/metadata.ts";
import { type AuditFields, changedFields } from "../../domain/spaces/audit.ts";
import { has, type Permission, type PermissionBits } from "../../domain/spaces/permission.ts";
import { permissionsOf } from "../../domain/spaces/rights.ts";
import type { MemberSpace } from "../../domain/spaces/space.ts";
import { randomHex } from "../../lib/random.ts";
import { noteOf } from "../../storage/spaces/audit-notes.ts";
import {
  dissolveSpace as dissolveStored,
  findCreatedSpace,
  findSpace,
  insertSpace,
  listChannels,
  listSpaces as listStored,
  updateSpace,
  wasOwner,
} from "../../storage/spaces/spaces.ts";
import type { Core } from "../context.ts";
import { requireAllowed, requireOutOfShadow } from "../moderation/shown-texts.ts";
import { requireMayMakeSpaces } from "../policies.ts";
import { counted, limitOf } from "../quotas.ts";
import { newChannel } from "./new-channel.ts";
import { requireRoomForSpace } from "./own/room.ts";
import { tellAll, tellChannels } from "./tell-channels.ts";
import { tellDevices, tellOnlineMembers } from "./tell-devices.ts";

/** A space as one member sees it. */
export interface OwnSpace extends MemberSpace {
  permissions: PermissionBits;
}

/** How a space is shown. */
interface SpaceFields {
  name: string;
  avatar?: string | undefined;
  description?: string | undefined;
  discoverable?: boolean | undefined;
  metadata?: Metadata | undefined;
}

/** A change of that; absent fields are unchanged. */
type SpaceChange = { [Field in keyof SpaceFields]?: SpaceFields[Field] | undefined } & {
  slowModeS?: number | undefined;
};

/** What each space begins with. */
const FIRST_CHANNEL = "general";

/**
 * Makes a space with the channel `general`; the caller is its owner. A repeat with the same client space id
 * gives the space of the first call, and its content is not compared.
 * @throws `forbidden` as `requireMayMakeSpaces`, `refused` for a text that rules refuse, `quota` for one
 *   space or group more than the user may make today, or one space more than they may be in, `conflict` for
 *   the id of a space that is dissolved
 */
export async function createSpace(
  core: Core,
  caller: UserId,
  {
    clientSpaceId = ClientSpaceId.parse(randomHex()),
    ...fields
  }: SpaceFields & {
    clientSpaceId?: ClientSpaceId | undefined;
  },
): Promise<{ space: OwnSpace; created: boolean }> {
  requireMayMakeSpaces(core);
  await requireAllowedFields(core, fields);
  const shown = core.fileOrigins.withStoredAvatar(fields);
  const { name, avatar = "", description = "", discoverable = false } = shown;
  const metadata = writeMetadata(shown.metadata ?? {});
  const looks = { name, avatar, description, discoverable, metadata };
  const space = { ...looks, ownerId: caller, createdAt: Date.now(), clientSpaceId };
  return counted(core, caller, { groups: [clientSpaceId], spaces: [clientSpaceId] }, async () => {
    const most = await limitOf(core, caller, "in_spaces");
    const created = await insertSpace(core.db, space, newChannel(caller, { name: FIRST_CHANNEL }), most);
    const found = await findCreatedSpace(core.db, caller, clientSpaceId);
    if (!found) await requireRoomForSpace(core, caller, most);
    if (!found) throw new CoreError("conflict", "The space that you made with this client_space_id is over.");
    if (found.channelId !== null) await core.conversations.init(found.channelId, { userId: caller });
    if (created) tellDevices(core, found.id, caller);
    return { space: await getSpace(core, caller, found.id), created };
  });
}

/** A space of the caller. @throws `not_found` for who is no member */
export async function getSpace(core: Core, caller: UserId, id: SpaceId): Promise<OwnSpace> {
  const space = await findSpace(core.db, caller, id);
  if (!space) throw noSpace();
  return ownSpace(space, caller);
}

function ownSpace(space: MemberSpace, userId: UserId): OwnSpace {
  return { ...space, permissions: permissionsOf(userId, space) };
}

/**
 * A space of the caller, who may do something in it.
 * @param action the permission in words, for the error text
 * @throws `not_found` for who is no member, `forbidden`
 */
export async function requirePermission(
  core: Core,
  caller: UserId,
  id: SpaceId,
  permission: Permission,
  action: string,
): Promise<OwnSpace> {
  const space = await getSpace(core, caller, id);
  requireIn(space, permission, action);
  return space;
}

/** The same of a space that was read. @throws `forbidden` */
export function requireIn(
  space: Pick<OwnSpace, "permissions">,
  permission: Permission,
  action: string,
): void {
  if (has(space.permissions, permission)) return;
  const detail = `You lack the permission \`${permission}\`: you cannot ${action}.`;
  throw new CoreError("forbidden", detail, { refusal: "rank", permission });
}

const SpacePosition = z.tuple([z.int().min(-1), z.int().positive(), z.literal("space")]);

/**
 * A page of the caller's spaces, in the order in which they have put them.
 * @throws `validation_failed` for another list's cursor
 */
export async function listSpaces(
  core: Core,
  caller: UserId,
  { limit, cursor }: PageQuery,
): Promise<Page<OwnSpace>> {
  const [position, id] = cursor === undefined ? [] : readCursor(SpacePosition, cursor);
  const after = position === undefined || id === undefined ? undefined : { position, id };
  const found = await listStored(core.db, caller, { after, limit: limit + 1 });
  const { items, nextCursor } = pageOf(found, limit, (space) => [space.position, space.id, "space"]);
  return { items: items.map((space) => ownSpace(space, caller)), nextCursor };
}

/** Changes how a space is shown. @throws `not_found`, `forbidden`, `refused` */
export async function editSpace(
  core: Core,
  caller: UserId,
  id: SpaceId,
  change: SpaceChange,
): Promise<OwnSpace> {
  const former = await requirePermission(core, caller, id, "manage_space", "change it");
  await requireOutOfShadow(core, caller);
  await requireAllowedFields(core, change);
  const { name, avatar, description, discoverable, metadata, slowModeS } =
    core.fileOrigins.withStoredAvatar(change);
  const fields = {
    ...(name !== undefined && { name }),
    ...(avatar !== undefined && { avatar }),
    ...(description !== undefined && { description }),
    ...(discoverable !== undefined && { discoverable }),
    ...(metadata !== undefined && { metadata: writeMetadata(metadata) }),
    ...(slowModeS !== undefined && { slowModeS }),
  };
  const changed = changedFields(pickShown(former), pickShown({ ...former, ...fields }));
  if (changed) await updateSpace(core.db, id, fields, noteOf(caller, "space_changed", changed));
  // Also in a repeat: the first call may have told none.
  if (slowModeS !== undefined) await tellChannels(core, id, []);
  if (!changed) return former;
  tellOnlineMembers(core, id);
  return getSpace(core, caller, id);
}

/** What of a space its audit log notes. */
function pickShown(space: MemberSpace): AuditFields {
  const { name, avatar, description, discoverable, metadata, slowModeS } = space;
  const fields = { name, avatar, description, discoverable };
  return { ...fields, metadata: readMetadata(metadata), slow_mode_s: slowModeS };
}

/**
 * Dissolves a space with its channels, for everybody: a channel ends once it hears that its space is over. A
 * repeat ends what a call that was cut off has left.
 * @throws `not_found`, `forbidden` unless the caller owns it; `unavailable` if a channel was not told
 */
export async function dissolveSpace(core: Core, caller: UserId, id: SpaceId): Promise<void> {
  if (await dissolveStored(core.db, id, caller, Date.now()))
    core.securityLog.record("space_dissolved", { user: null, by: caller, space: id });
  else if (!(await wasOwner(core.db, id, caller))) {
    await getSpace(core, caller, id);
    throw refusedFor("rank", "Only the owner may dissolve a space.");
  }
  await tellAll(core, await listChannels(core.db, id));
  tellOnlineMembers(core, id);
}

/** The `not_found` for whoever is not in a space. */
export function noSpace(): CoreError {
  return new CoreError("not_found", "There is no such space, or you are not in it.");
}

function requireAllowedFields(core: Core, { name, description }: SpaceChange): Promise<void> {
  return requireAllowed(core, { group_name: name, group_text: [description] });
}
