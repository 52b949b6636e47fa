import type { Context } from "hono";
import { listRoles } from "../../../core/spaces/roles.ts";
import { noConversation } from "../../../domain/errors.ts";
import { type ConversationId, UserId } from "../../../domain/ids.ts";
import { EVERYONE_ROLE } from "../../../domain/spaces/role.ts";
import type { ConversationContext } from "../../../domain/sync/message-context.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked } from "../../../http/fields.ts";
import { ChannelPlace, DirectPlace } from "../schemas.ts";
import { findReaders, spaceOf } from "../use-cases/guilds.ts";
import { conversationAt } from "../use-cases/messages.ts";
import { mentionedIn, type Named, NOBODY_NAMED } from "./mentions.ts";

export type Call = Context<CallerEnv>;

/** Which conversations calls about messages are for. */
export interface Target {
  /**
   * The conversation that a call names.
   * @param opens whether one is made that is not there yet: by a send
   * @throws `validation_failed`, `not_found`
   */
  find(c: Call, fields: unknown, opens?: boolean): Promise<ConversationId>;
  /** Requires that the conversation of a message is one of them. @throws `not_found` */
  require(c: Call, id: ConversationId): Promise<void>;
  /** The same of one that is read. */
  has(context: ConversationContext): boolean;
  /** The users and the roles that a text mentions there, of those which can be. */
  mentioned(c: Call, id: ConversationId, content: string): Promise<Named>;
}

/**
 * Direct conversations, where nobody is mentioned. What is done to a message by its id is the same anywhere.
 */
export const DIRECT: Target = {
  find: ({ var: { core, caller } }, fields, opens) =>
    conversationAt(core, caller.userId, checked(DirectPlace, fields), opens),
  require: () => Promise.resolve(),
  has: ({ kind }) => kind === "direct",
  mentioned: () => Promise.resolve(NOBODY_NAMED),
};

/** Channels of guilds. Whether the caller can read one is asked by what is done there. */
export const CHANNEL: Target = {
  async find({ var: { core } }, fields) {
    const { target_id } = checked(ChannelPlace, fields);
    await requireChannel(core, target_id);
    return target_id;
  },
  require: ({ var: { core } }, id) => requireChannel(core, id),
  has: ({ spaceId }) => spaceId !== undefined,
  async mentioned({ var: { core, caller } }, id, content) {
    const { users, roles } = mentionedIn(content);
    const ids = users.flatMap((number) => UserId.safeParse(number).data ?? []);
    const spaceId = roles.length === 0 ? null : await spaceOf(core, id);
    const [people, known] = await Promise.all([
      ids.length === 0 ? [] : findReaders(core, caller.userId, id, ids),
      spaceId === null ? [] : listRoles(core, caller.userId, spaceId),
    ]);
    return { people, roles: known.filter((role) => role.id !== EVERYONE_ROLE && roles.includes(role.id)) };
  },
};

/** @throws `not_found` where it is no channel */
async function requireChannel(core: CallerEnv["Variables"]["core"], id: ConversationId): Promise<void> {
  if ((await spaceOf(core, id)) === null) throw noConversation();
}
