import { z } from "zod";
import { CoreError, MediaKind } from "../../domain/errors.ts";
import type { BodyJson } from "../../domain/messages/content.ts";
import type { Draft } from "../../domain/messages/message.ts";
import type { Permission } from "../../domain/spaces/permission.ts";
import { shownTime } from "../../lib/stored-time.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomStores } from "../room/context.ts";

/**
 * Checks from memory whether a member may write now. The send queue calls it in the turn that gives a message
 * its seq, so no send overtakes a mute or a block.
 * @param permission what it needs in a channel
 * @returns undefined if the member may write; else `muted`, `blocked` or `forbidden`, not thrown
 */
export function checkWritePermission(
  { state: { profile, directPermission }, members, rights }: Pick<RoomStores, "state" | "members" | "rights">,
  sender: MemberRow,
  permission: Permission = "write",
): CoreError | undefined {
  const mutedUntil = rights.mutedUntil(sender);
  if (mutedUntil > Date.now()) {
    const remainingS = Math.ceil((mutedUntil - Date.now()) / 1_000);
    return new CoreError("muted", `You are muted in this group for ${remainingS} more seconds.`, {
      mutedUntil: shownTime(mutedUntil),
    });
  }
  const lacks = rights.refusal(sender, permission);
  if (lacks) return lacks;
  if (profile.muteAll && !rights.leads(sender, "manage_channel")) {
    const detail = "Only the owner and the admins may write in this group now.";
    return new CoreError("muted", detail, { deniedBy: "may_write" });
  }
  if (profile.kind !== "direct") return undefined;
  if (members.activeCount < 2) {
    return new CoreError("forbidden", "The other one does not exist any more: nobody can write here.");
  }
  if (directPermission.blocked) {
    return new CoreError("blocked", "One of you has blocked the other: nobody can write here.");
  }
  if (directPermission.friendsOnly && !directPermission.friends) {
    return new CoreError("forbidden", "Only friends may write here: ask for friendship first.");
  }
  return undefined;
}

/** Why a member may not send this draft: as `checkWritePermission`, or as it has files. */
export function checkDraftPermission(
  room: Pick<RoomStores, "state" | "members" | "rights">,
  sender: MemberRow,
  { thread, kind, body }: Pick<Draft, "thread" | "kind" | "body">,
): CoreError | undefined {
  const permission = thread && !thread.alsoInMain ? "threads" : "write";
  const refusal = checkWritePermission(room, sender, permission) ?? room.rights.refusal(sender, "files");
  return refusal?.data?.permission === "files" && !hasFiles(kind, body) ? undefined : refusal;
}

const isMedia = (kind: string) => MediaKind.safeParse(kind).success;

const Merged = z.object({ items: z.array(z.looseObject({ kind: z.string() })) });

/** Whether a message has files: itself, or in a message that it shows. What is merged twice may have some. */
function hasFiles(kind: string, body: BodyJson): boolean {
  if (isMedia(kind)) return true;
  if (kind !== "merged") return false;
  const merged = Merged.safeParse(JSON.parse(body));
  return !merged.success || merged.data.items.some((item) => item.kind === "merged" || isMedia(item.kind));
}
