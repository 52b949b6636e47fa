import type { ConversationEntry } from "parley-client";
import { attentionOf } from "parley-client/attention";
import { useChat } from "parley-client/react";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { chosen, spaceOf, spaces } from "./state.ts";
import { UnreadBadge } from "./unread-badge.tsx";

/** What calls for the user in the conversations without a space, and in each space, by its id. */
function unreadBySpace(entries: readonly ConversationEntry[]): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  for (const entry of entries) {
    const space = spaceOf(entry)?.id ?? 0;
    sums.set(space, (sums.get(space) ?? 0) + attentionOf(entry, Date.now()).badge);
  }
  return sums;
}

/** Leads to the list of conversations, and to each space. */
export function SpaceTabs() {
  const { chat } = useAccount();
  const sums = unreadBySpace(useChat(chat, (state) => state.conversations));
  const row = useRef<HTMLFieldSetElement>(null);
  useEffect(() => {
    const now = row.current?.querySelector("[aria-pressed=true]");
    now?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen.value]);
  const isAll = !spaces.value.some(({ id }) => id === chosen.value);
  return (
    <fieldset ref={row} class="space-tabs" aria-label={t("spaces.title")}>
      <button
        type="button"
        aria-pressed={isAll}
        onClick={() => {
          chosen.value = 0;
        }}
      >
        <Icon name="message" />
        {t("spaces.all")}
        <UnreadBadge n={sums.get(0)} />
      </button>
      {spaces.value.map(({ id, name, avatar }) => (
        <button
          key={id}
          type="button"
          aria-pressed={id === chosen.value}
          title={name}
          onClick={() => {
            chosen.value = id;
          }}
        >
          <Avatar id={id} name={name} picture={avatar} size="small" />
          <bdi>{name}</bdi>
          <UnreadBadge n={sums.get(id)} />
        </button>
      ))}
    </fieldset>
  );
}
