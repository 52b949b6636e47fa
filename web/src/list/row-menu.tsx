import type { ConversationEntry } from "parley-client";
import { attentionOf } from "parley-client/attention";
import { isChannel } from "../group/rights.ts";
import { t } from "../i18n/i18n.ts";
import { followChannel } from "../spaces/state.ts";
import type { Account } from "../state/account.ts";
import { useAccount } from "../state/context.ts";
import { reason } from "../state/problem.ts";
import { LATER } from "../ui/later/icons.ts";
import type { Opened } from "../ui/opener.tsx";
import { type MenuItem, MenuItems } from "../ui/overlay/menu.tsx";
import { toast } from "../ui/toasts.tsx";
import { deleteDirect } from "./deletion.ts";
import { readAll } from "./reading.ts";

const HOUR = 3_600_000;

type Preferences = { sticky?: boolean; archived?: boolean; muted_until?: number };

/** What a user can do with a conversation of their list. */
export function rowActions({ chat, me }: Account, entry: ConversationEntry): MenuItem[] {
  const { id, name, sticky, archived, last_message: newest } = entry;
  const { unread, isMentioned, isMuted } = attentionOf(entry, Date.now());
  const isUnread = unread > 0 || isMentioned;
  // The server refuses to mark a message from which on nothing would be unread.
  const isMarkable = newest && newest.sender.id !== me && newest.kind !== "tip" && !newest.revoked;
  const attempt = (call: () => Promise<unknown>) => () => {
    call().catch((error) => toast(reason(error)));
  };
  const put = (body: Preferences) =>
    chat.api.call("put", "/v1/conversations/{id}/preferences", { path: { id }, body });
  const prefer = (body: Preferences) => attempt(() => put(body));
  const mute = (ms: number) => prefer({ muted_until: Date.now() + ms });
  return [
    ...(isUnread
      ? [
          {
            ...({ label: t("list.markRead"), icon: "check" } as const),
            onSelect: attempt(() => readAll(chat, entry)),
          },
        ]
      : isMarkable
        ? [
            {
              ...({ label: t("list.markUnread"), icon: LATER.dot } as const),
              onSelect: attempt(() => {
                const body = { seq: newest.seq, unread: true } as const;
                return chat.api.call("put", "/v1/conversations/{id}/read", { path: { id }, body });
              }),
            },
          ]
        : []),
    // A space lists its channels in their order.
    ...(isChannel(entry)
      ? []
      : [
          {
            ...({ label: t(sticky ? "list.unstick" : "list.stick"), icon: "pin" } as const),
            onSelect: prefer({ sticky: !sticky }),
          },
        ]),
    ...(isMuted
      ? [{ label: t("list.unmute"), icon: LATER.bell, onSelect: prefer({ muted_until: 0 }) } as const]
      : ([
          { label: t("list.mute1"), icon: "muted", onSelect: mute(HOUR) },
          { label: t("list.mute8"), icon: "muted", onSelect: mute(8 * HOUR) },
          { label: t("list.mute"), icon: "muted", onSelect: prefer({ muted_until: -1 }) },
        ] as const)),
    ...(archived
      ? [{ label: t("list.unarchive"), icon: LATER.archive, onSelect: prefer({ archived: false }) } as const]
      : isChannel(entry)
        ? []
        : [
            {
              ...({ label: t("list.archive"), icon: LATER.archive } as const),
              onSelect: attempt(async () => {
                await put({ archived: true });
                toast(t("list.archived", { name }), {
                  label: t("action.undo"),
                  run: prefer({ archived: false }),
                });
              }),
            },
          ]),
    ...(entry.kind === "group" && isChannel(entry) && entry.role !== "owner"
      ? [
          {
            ...({ label: t("spaces.unfollow"), icon: "close" } as const),
            onSelect: attempt(() => followChannel(chat, id, false)),
          },
        ]
      : []),
    ...(entry.kind === "direct"
      ? [
          {
            ...({ label: t("list.delete"), icon: LATER.trash, isDanger: true } as const),
            onSelect: attempt(() => deleteDirect(chat, entry)),
          } as const,
        ]
      : []),
  ];
}

interface Props extends Opened {
  entry: ConversationEntry;
}

/** The menu of a conversation in the list. */
export function RowMenu({ entry, ...opened }: Props) {
  return <MenuItems {...opened} items={rowActions(useAccount(), entry)} />;
}
