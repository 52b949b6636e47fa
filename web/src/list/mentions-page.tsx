import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { usePages } from "../state/use-pages.ts";
import { LATER } from "../ui/later/icons.ts";
import { More } from "../ui/more.tsx";
import { Page } from "../ui/page.tsx";
import { MessageLink } from "./message-link.tsx";

/** The messages that mention the user, unread ones first. */
export function MentionsPage() {
  const { chat } = useAccount();
  const pages = usePages((query) => chat.api.call("get", "/v1/mentions", { query }));
  return (
    <Page title={t("mentions.title")} back={href({ view: "home" })}>
      <ul class="found-list">
        {pages.items?.map(({ message, unread }) => (
          <li key={`${message.conversation_id}:${message.seq}`}>
            <MessageLink message={message} isUnread={unread} />
          </li>
        ))}
      </ul>
      <More pages={pages} icon={LATER.at} empty={t("mentions.empty")}>
        <a class="primary" href={href({ view: "settings", place: "notifications" })}>
          {t("mentions.notify")}
        </a>
      </More>
    </Page>
  );
}
