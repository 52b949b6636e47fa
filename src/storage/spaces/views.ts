import { and, eq, isNotNull } from "drizzle-orm";
import type { ConversationId, SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { has } from "../../domain/spaces/permission.ts";
import { permissionsOf } from "../../domain/spaces/rights.ts";
import type { MemberSpace } from "../../domain/spaces/space.ts";
import { MAX_VIEWED_BANS, MAX_VIEWED_CARDS, MAX_VIEWS, SpaceView } from "../../domain/spaces/view.ts";
import { queryD1 } from "../d1-errors.ts";
import type { Database } from "../database.ts";
import { spaces } from "../schema.ts";
import { listSpaceBans } from "./bans.ts";
import { findChannels } from "./channels.ts";
import { listMemberCards } from "./members.ts";
import { findOverridesOf } from "./overrides.ts";
import { listRoles } from "./roles.ts";
import { findSpace, listNewestSpaces } from "./spaces.ts";

/** Spaces that are read at once. */
const PAGE = 20;

/** What a member sees of a space, and which channels of it they can read and do not follow. */
export interface OwnView {
  view: SpaceView;
  unfollowed: ConversationId[];
}

/**
 * What a user sees of their spaces, the newest `MAX_VIEWS` of them, or of one alone. Five queries for each
 * space.
 * @param id of the one; null: all
 */
export async function findSpaceViews(db: Database, userId: UserId, id: SpaceId | null): Promise<OwnView[]> {
  if (id !== null) {
    const space = await findSpace(db, userId, id);
    return space ? [await viewOf(db, userId, space)] : [];
  }
  const found: OwnView[] = [];
  for (let before: number | undefined; ; ) {
    const page = await listNewestSpaces(db, userId, { before, limit: PAGE });
    found.push(...(await Promise.all(page.map((space) => viewOf(db, userId, space)))));
    if (page.length < PAGE || found.length >= MAX_VIEWS) return found;
    before = page.at(-1)?.id;
  }
}

async function viewOf(db: Database, userId: UserId, space: MemberSpace): Promise<OwnView> {
  const roleIds = space.roles.map((role) => role.id);
  // First: a channel that is made from here on is not among them, whatever its overrides are by then.
  const channels = await findChannels(db, space.id, userId);
  const seesBans = has(permissionsOf(userId, space), "ban");
  const [overrides, roles, members, bans] = await Promise.all([
    findOverridesOf(db, space.id, { userId, roleIds }),
    listRoles(db, space.id),
    space.memberCount > LIMITS.viewedMembers ? null : listMemberCards(db, space.id, LIMITS.viewedMembers),
    seesBans ? listSpaceBans(db, space.id, { after: 0, limit: MAX_VIEWED_BANS + 1 }) : undefined,
  ]);
  const byChannel = Map.groupBy(overrides, ({ conversationId }) => conversationId);
  const readable = channels.filter(({ id }) => has(permissionsOf(userId, space, byChannel.get(id)), "read"));
  const cards = members?.flatMap(({ userId: id, nameCard }) => (nameCard === "" ? [] : [[id, nameCard]]));
  const isWhole = bans !== undefined && bans.length <= MAX_VIEWED_BANS;
  return {
    view: SpaceView.parse({
      ...{ ...space, channels: readable, roles, members: members?.map((member) => member.userId) ?? null },
      nameCards: cards && cards.length <= MAX_VIEWED_CARDS ? cards : undefined,
      bans: isWhole ? bans : undefined,
    }),
    unfollowed: readable.filter(({ isFollowed }) => !isFollowed).map(({ id }) => id),
  };
}

/** Whether a space is over. */
export async function isSpaceOver(db: Database, id: SpaceId): Promise<boolean> {
  const isOver = and(eq(spaces.id, id), isNotNull(spaces.dissolvedAt));
  return (await queryD1(db.select({ id: spaces.id }).from(spaces).where(isOver))).length > 0;
}
