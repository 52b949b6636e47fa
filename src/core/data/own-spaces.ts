import type { ExportRecord } from "../../domain/data/records.ts";
import type { CategoryId, ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import { ExternalId } from "../../domain/server/user-ref.ts";
import { has } from "../../domain/spaces/permission.ts";
import { permissionsOf } from "../../domain/spaces/rights.ts";
import type { RoleId } from "../../domain/spaces/role.ts";
import {
  findExportedCategories,
  findExportedParts,
  findExportedSpaces,
} from "../../storage/data/exported-spaces.ts";
import { findChannels } from "../../storage/spaces/channels.ts";
import { findOverridesOf } from "../../storage/spaces/overrides.ts";
import { findSpace } from "../../storage/spaces/spaces.ts";
import type { Core } from "../context.ts";
import { OWN_REFS } from "./refs.ts";
import {
  type ChannelPart,
  categoryRecord,
  overrideRecord,
  placeOf,
  ranked,
  roleRecord,
  spaceMemberRecord,
  spaceRecord,
} from "./space-records.ts";

/** A space in the export of a member. */
interface OwnSpace {
  /** the space, with the roles and the membership of the member alone */
  records: ExportRecord[];
  /** the channels that they can read, with the overrides that concern them alone */
  channels: ReadonlyMap<ConversationId, ChannelPart>;
}

const NOTHING: OwnSpace = { records: [], channels: new Map() };

/** The spaces of a user for the export of their account. Each is read once. */
export class OwnSpaces {
  readonly #core: Core;
  readonly #userId: UserId;
  readonly #known = new Map<SpaceId, OwnSpace>();

  constructor(core: Core, userId: UserId) {
    this.#core = core;
    this.#userId = userId;
  }

  /** A space; without anything, where the user is no member. */
  async of(id: SpaceId): Promise<OwnSpace> {
    const known = this.#known.get(id);
    if (known) return known;
    const read = await this.#read(id);
    this.#known.set(id, read);
    return read;
  }

  async #read(id: SpaceId): Promise<OwnSpace> {
    const [{ db }, userId] = [this.#core, this.#userId];
    const member = await findSpace(db, userId, id);
    const [space] = await findExportedSpaces(db, [id]);
    if (!member || !space) return NOTHING;
    const roleIds = member.roles.map((role) => role.id);
    const [{ roles, members }, categories, channels, overrides] = await Promise.all([
      findExportedParts(db, id),
      findExportedCategories(db, id),
      findChannels(db, id, userId),
      findOverridesOf(db, id, { userId, roleIds }),
    ]);
    const name = OWN_REFS.space(space);
    const nameOf = (roleId: RoleId) => ExternalId.parse(`parley:r${roleId}`);
    const categoryName = (category: CategoryId) => ExternalId.parse(`parley:g${category}`);
    const seen = new Set<CategoryId>();
    const byChannel = Map.groupBy(overrides, ({ conversationId }) => conversationId);
    const readable = channels.flatMap((channel, position): [ConversationId, ChannelPart][] => {
      const own = byChannel.get(channel.id) ?? [];
      if (!has(permissionsOf(userId, member, own), "read")) return [];
      const records = own.flatMap((one) =>
        overrideRecord(one, one.roleId === null ? null : nameOf(one.roleId), OWN_REFS),
      );
      const { categoryId } = channel;
      if (categoryId !== null) seen.add(categoryId);
      const place = placeOf({ ...channel, position }, categoryId === null ? null : categoryName(categoryId));
      return [[channel.id, { space: name, overrides: records, place }]];
    });
    return {
      records: [
        spaceRecord(space, OWN_REFS),
        ...ranked(roles)
          .filter((role) => roleIds.includes(role.id))
          .map((role) => roleRecord(name, nameOf(role.id), role)),
        ...categories
          .filter((category) => seen.has(category.id))
          .map((category) => categoryRecord(name, categoryName(category.id), category)),
        ...members
          .filter((one) => one.userId === userId)
          .map((one) => spaceMemberRecord(name, one, OWN_REFS, nameOf)),
      ],
      channels: new Map(readable),
    };
  }
}
