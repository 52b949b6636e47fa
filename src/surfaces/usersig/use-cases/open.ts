import { getUsersByNames } from "../../../core/accounts/users.ts";
import type { Core } from "../../../core/context.ts";
import { openDirect } from "../../../core/conversations/conversations.ts";
import { createGroup } from "../../../core/groups/create-group.ts";
import type { Conversation } from "../../../domain/conversations/conversation.ts";
import { invalid } from "../../../domain/errors.ts";
import type { UserId } from "../../../domain/ids.ts";

/** A conversation to open among users, by username. */
interface OpenRequest {
  kind: Conversation["kind"];
  name: string;
  usernames: string[];
  /** the name of the list of usernames in errors */
  field: string;
}

/**
 * Opens a conversation among users who include the caller, for all of them: a new group of the caller, or the
 * direct conversation of two, which may exist already.
 * @throws `not_found`, naming the unknown usernames; `validation_failed` unless the caller is among them, and
 *   for a direct conversation unless they are two; `blocked` for a group across a block
 */
export async function openDirectOrGroup(
  core: Core,
  caller: UserId,
  { kind, name, usernames, field }: OpenRequest,
): Promise<Conversation> {
  const max = core.settings.maxGroupMembers;
  if (usernames.length > max) throw invalid(field, `must be at most ${max} users`);
  // Whom one may write to is asked when the conversation is begun.
  const users = await getUsersByNames(core, kind === "group" ? caller : null, usernames);
  const others = users.map(({ id }) => id).filter((id) => id !== caller);
  if (others.length === users.length) throw invalid(field, "must have your own user_id in it too");
  if (kind === "group") {
    const group = { name, memberIds: others, joinPolicy: "closed", policy: "group" } as const;
    return (await createGroup(core, caller, group)).conversation;
  }
  const [peer, surplus] = others;
  if (peer === undefined || surplus !== undefined) throw invalid(field, "must be two different users");
  const { conversation } = await openDirect(core, caller, peer, { name, forBoth: true });
  return conversation;
}
