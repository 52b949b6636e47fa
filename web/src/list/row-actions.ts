import type { ConversationEntry } from "parley-client";
import { t } from "../i18n/i18n.ts";
import type { Account } from "../state/account.ts";
import { reason } from "../state/problem.ts";
import type { MenuItem } from "../ui/menu.tsx";
import { toast } from "../ui/toasts.tsx";

const HOUR = 3_600_000;

type Preferences = { sticky?: boolean; archived?: boolean; muted_until?: number };

/** What a user can do with a conversation of their list. */
export function rowActions({ chat, me }: Account, entry: ConversationEntry): MenuItem[] {
  const { id, sticky, silent, archived, unread_count: unread, last_seq: last, last_message: newest } = entry;
  // The server refuses to mark a message from which on nothing would be unread.
  const isMarkable = newest && newest.sender.id !== me && newest.kind !== "tip" && !newest.revoked;
  const mark = { seq: (!unread && newest?.seq) || last, ...(!unread && { unread: true as const }) };
  const attempt = (call: () => Promise<unknown>) => () => {
    call().catch((error) => toast(reason(error)));
  };
  const prefer = (body: Preferences) =>
    attempt(() => chat.api.call("put", "/v1/conversations/{id}/preferences", { path: { id }, body }));
  const mute = (ms: number) => prefer({ muted_until: Date.now() + ms });
  return [
    ...(unread || isMarkable
      ? [
          {
            ...({
              label: t(unread ? "list.markRead" : "list.markUnread"),
              icon: unread ? "check" : "dot",
            } as const),
            onSelect: attempt(() =>
              chat.api.call("put", "/v1/conversations/{id}/read", { path: { id }, body: mark }),
            ),
          },
        ]
      : []),
    { label: t(sticky ? "list.unstick" : "list.stick"), icon: "pin", onSelect: prefer({ sticky: !sticky }) },
    ...(silent
      ? [{ label: t("list.unmute"), icon: "bell", onSelect: prefer({ muted_until: 0 }) } as const]
      : ([
          { label: t("list.mute1"), icon: "muted", onSelect: mute(HOUR) },
          { label: t("list.mute8"), icon: "muted", onSelect: mute(8 * HOUR) },
          { label: t("list.mute"), icon: "muted", onSelect: prefer({ muted_until: -1 }) },
        ] as const)),
    {
      label: t(archived ? "list.unarchive" : "list.archive"),
      icon: "archive",
      onSelect: prefer({ archived: !archived }),
    },
    ...(entry.kind === "direct"
      ? [
          {
            ...({ label: t("list.delete"), icon: "trash", isDanger: true } as const),
            onSelect: attempt(async () => (await import("./deletion.ts")).deleteDirect(chat, entry)),
          } as const,
        ]
      : []),
  ];
}
