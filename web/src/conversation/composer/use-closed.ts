import { isMuted } from "parley-client/attention";
import { useChat } from "parley-client/react";
import { useEffect, useState } from "preact/hooks";
import { isManager, mayWrite } from "../../group/rights.ts";
import { when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { nowUntil } from "../../lib/time/until.ts";
import { closing } from "../../list/shown.ts";
import { useAccount } from "../../state/context.ts";
import { useNames } from "../../state/use-names.ts";
import { useMembers, useUser } from "../../state/use-people.ts";

/** The members of a group up to this size are loaded to learn whether the user is muted. */
const SMALL = 100;

/** That the user may not write, and why. */
interface Closed {
  readonly text: string;
  /** the peer, if the user has blocked them */
  readonly blocked?: number;
}

/**
 * Why the user may not write in a conversation.
 * @param thread the root of a thread to write in; 0: the conversation itself
 * @returns undefined: they may, as far as is known
 */
export function useClosed(id: number, thread: number): Closed | undefined {
  const { chat, me } = useAccount();
  const entry = useChat(chat, (state) => state.conversation(id));
  // The connection is there before the list: what is not known yet is not left.
  const isListed = useChat(chat, (state) => state.isListed);
  const peer = useUser(entry?.kind === "direct" && entry.disabled ? entry.peer.id : 0);
  const mayBeMuted = entry?.kind === "group" && !isManager(entry.role) && entry.member_count <= SMALL;
  const remover = useRemover(id);
  const own = useMembers(mayBeMuted ? id : undefined)?.find(({ user }) => user.id === me);
  if (!entry && remover) return { text: t("composer.closed.removed", { name: remover }) };
  if (!entry) return isListed ? { text: t("composer.closed.left") } : undefined;
  if (entry.kind === "direct") {
    if (!entry.disabled) return undefined;
    const { name } = entry;
    // The profile of the peer says who has blocked whom, and is on its way.
    if (!peer) return { text: t("composer.closed.either", { name }) };
    return peer.relation === "blocked"
      ? { text: t("composer.closed.blocked", { name }), blocked: peer.id }
      : { text: t("composer.closed.direct", { name }) };
  }
  const until = own?.muted_until ?? 0;
  const text =
    (mayWrite(entry) ? closing.value(entry, thread) : t("composer.closed.admins")) ||
    (until === -1
      ? t("composer.closed.mutedForEver")
      : isMuted({ muted_until: until }, nowUntil(until)) &&
        t("composer.closed.muted", { time: when(until) }));
  return text ? { text } : undefined;
}

/** The name of who has removed the user from a group meanwhile; absent: nobody, or it is not known. */
function useRemover(id: number): string | undefined {
  const { chat, me } = useAccount();
  const [remover, setRemover] = useState(0);
  const names = useNames(remover ? [remover] : []);
  useEffect(
    () =>
      chat.onFrame((frame) => {
        if (frame.type !== "member" || frame.conversation_id !== id || !frame.user_ids.includes(me)) return;
        setRemover((frame.event === "removed" && frame.actor_id) || 0);
      }),
    [chat, id, me],
  );
  return names.get(remover);
}
