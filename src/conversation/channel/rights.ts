import { type Capability, may, POLICIES } from "../../domain/conversations/group-policies.ts";
import { CoreError } from "../../domain/errors.ts";
import { NOBODY } from "../../domain/ids.ts";
import type { Permission } from "../../domain/spaces/permission.ts";
import { CHANNEL_CAPABILITIES } from "../../domain/spaces/rights.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import type { ChannelReaders } from "./readers.ts";

/** Who does something. */
type Actor = Pick<MemberRow, "user_id" | "role">;

/**
 * What users may do in a conversation: by their role, as the kind of the group says; in a channel by the
 * permissions that its space gives them, and no role counts.
 */
export class Rights {
  readonly #state: Pick<ConversationState, "profile">;
  readonly #readers: Pick<ChannelReaders, "permits" | "mutedUntil" | "refusal" | "slowModeS"> | null;

  constructor(
    state: Pick<ConversationState, "profile">,
    readers: Pick<ChannelReaders, "permits" | "mutedUntil" | "refusal" | "slowModeS"> | null,
  ) {
    this.#state = state;
    this.#readers = readers;
  }

  /** Whether a capability is of a user. Hooks have those of members. */
  may({ user_id, role }: Actor, capability: Capability): boolean {
    const audience = POLICIES[this.#state.profile.policy][capability];
    if (!this.#readers || user_id === NOBODY) return may(role, audience);
    const permission = CHANNEL_CAPABILITIES[capability];
    return permission !== undefined && this.#readers.permits(user_id, permission);
  }

  /** Whether a user does what only the owner and the admins of a group do. @param permission in a channel */
  leads({ user_id, role }: Actor, permission: Permission): boolean {
    return this.#readers ? this.#readers.permits(user_id, permission) : role !== "member";
  }

  /** Why a user lacks a permission of a channel; undefined: they have it, or it is no channel. Not thrown. */
  refusal({ user_id }: Actor, permission: Permission): CoreError | undefined {
    if (!this.#readers || user_id === NOBODY || this.#readers.permits(user_id, permission)) return undefined;
    return this.#readers.refusal() ?? lacking(permission);
  }

  /** Seconds between two messages of a member, in a channel without its own those of its space; 0: none. */
  slowModeS(): number {
    return this.#state.profile.slowModeS || (this.#readers?.slowModeS ?? 0);
  }

  /** Until when a user may not write (ms since 1970). */
  mutedUntil({ user_id, muted_until }: Pick<MemberRow, "user_id" | "muted_until">): number {
    return Math.max(muted_until, this.#readers?.mutedUntil(user_id) ?? 0);
  }
}

/** The `forbidden` for who lacks a permission of a channel. */
export function lacking(permission: Permission): CoreError {
  const detail = `You lack the permission \`${permission}\` in this channel.`;
  return new CoreError("forbidden", detail, {
    ...{ refusal: "rank", permission },
    ...(permission === "write" && { deniedBy: "may_write" }),
    ...(permission === "mention_all" && { deniedBy: "mention_all" }),
  });
}
