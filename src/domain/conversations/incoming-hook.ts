import { z } from "zod";
import { randomHex } from "../../lib/random.ts";
import type { Person } from "../accounts/person.ts";
import { ProfileFields } from "../accounts/user.ts";
import { CoreError } from "../errors.ts";
import type { HttpUrl } from "../http-url.ts";
import { ConversationId, IncomingHookId, NOBODY, type UserId } from "../ids.ts";
import { displayName } from "../names/names.ts";

const RADIX = 36;

/** The name of an incoming hook, which its messages show. */
export const IncomingHookName = displayName(100).min(1, "must not be empty");

/** A new id for a hook of a group. */
export function newIncomingHookId(id: ConversationId): IncomingHookId {
  return IncomingHookId.parse(`${id.toString(RADIX)}-${randomHex().slice(0, 16)}`);
}

/** The id and the group that a text names; null: no id looks like that. */
export function readIncomingHookId(text: string): { hook: IncomingHookId; id: ConversationId } | null {
  const hook = IncomingHookId.safeParse(text);
  const id = ConversationId.safeParse(Number.parseInt(text, RADIX));
  return hook.success && id.success ? { hook: hook.data, id: id.data } : null;
}

/** A URL to which another service posts messages for a group. */
export interface IncomingHook {
  id: IncomingHookId;
  name: string;
  avatar: "" | HttpUrl;
  /** who answers for it: its maker, or the one who has given it its newest URL */
  createdBy: UserId;
  /** ms since 1970 */
  createdAt: number;
  /** that user may have no hooks here any more: it takes no posts until another admin gives it a new URL */
  waiting: boolean;
}

/** A hook with its secret, which is shown once. */
export interface IncomingHookWithSecret extends IncomingHook {
  secret: string;
}

/** The hook that has brought a message, as the message keeps it. */
export const HookOrigin = z.object({
  id: IncomingHookId,
  /** the name of the hook at that time */
  name: z.string(),
  /** the name that the message is shown under */
  nickname: z.string(),
  /** a release before has stored any text of an import */
  avatar: ProfileFields.shape.avatar.catch(""),
});
export type HookOrigin = z.infer<typeof HookOrigin>;

/**
 * The sender of a message that a hook has brought: no account. No account can have the username, as usernames
 * hold no `/`.
 */
export function hookPerson({ id, name, nickname, avatar }: HookOrigin): Person {
  return { id: NOBODY, username: `hook/${id}`, nickname, avatar, bot: true, hook: { id, name } };
}

/** The `not_found` of a URL that no hook has: it never was, has ended, or its secret is another one. */
export function noIncomingHook(): CoreError {
  return new CoreError("not_found", "There is no such hook. The group may have replaced its URL.");
}
