import type { Conversation, ConversationEntry } from "parley-client";
import { useChat } from "parley-client/react";
import { useMemo } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { usePages } from "../state/use-pages.ts";
import { LATER } from "../ui/later/icons.ts";
import { More } from "../ui/more.tsx";
import { Page } from "../ui/page.tsx";
import { Rows } from "./rows.tsx";

/** The conversations that the user has put aside. */
export function ArchivePage() {
  const { chat } = useAccount();
  const pages = usePages((query) =>
    chat.api.call("get", "/v1/conversations", { query: { ...query, archived: "true" } }),
  );
  const loaded = useMemo(() => (pages.items ?? []).map(listed), [pages.items]);
  const entries = useChat(chat, (state) =>
    loaded.map((one) => state.conversation(one.id) ?? one).filter(({ archived }) => archived),
  );
  return (
    <Page title={t("archive.title")} back={href({ view: "home" })}>
      {entries.length > 0 && <Rows selected={0} entries={entries} />}
      <More
        pages={{ ...pages, items: pages.items && entries }}
        icon={LATER.archive}
        empty={t("archive.empty")}
      >
        <a class="primary" href={href({ view: "home" })}>
          {t("app.toList")}
        </a>
      </More>
    </Page>
  );
}

/** An entry for the archive, which no socket keeps current. */
function listed(conversation: Conversation): ConversationEntry {
  const { unread_from: unreadFrom, draft, ...rest } = conversation;
  return { ...rest, unread_from: unreadFrom, draft, typing: [], mentions: [] };
}
