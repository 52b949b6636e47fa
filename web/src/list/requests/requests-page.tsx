import type { components } from "parley-client";
import { short } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { Time } from "../../i18n/time.tsx";
import { nameOf } from "../../lib/names.ts";
import { preview } from "../../message/preview.ts";
import { useAccount } from "../../state/context.ts";
import { href } from "../../state/router.ts";
import { usePages } from "../../state/use-pages.ts";
import { useReload } from "../../state/use-reload.ts";
import { Avatar } from "../../ui/avatar.tsx";
import { More } from "../../ui/more.tsx";
import { Page } from "../../ui/page.tsx";
import { RequestPage } from "./request-page.tsx";

type ListedRequest = components["schemas"]["ListedMessageRequest"];

/** The message requests of the user, or one of them. @param id of its conversation; 0: all */
export function RequestsPage({ id }: { id: number }) {
  return id ? <RequestPage id={id} /> : <AllRequests />;
}

/** The message requests that are open, the newest first. */
function AllRequests() {
  const { chat } = useAccount();
  const pages = usePages((query) =>
    chat.api.call("get", "/v1/requests", { query: { ...query, previews: true } }),
  );
  useReload(pages.reload, ({ type }) => type === "message_request");
  return (
    <Page title={t("requests.title")} back={href({ view: "home" })}>
      <ul class="found-list">
        {pages.items?.map((request) => (
          <li key={request.conversation_id}>
            <RequestLink request={request} />
          </li>
        ))}
      </ul>
      <More pages={pages} icon="message" empty={t("requests.none")}>
        <a class="primary" href={href({ view: "settings", place: "privacy" })}>
          {t("requests.who")}
        </a>
      </More>
    </Page>
  );
}

/** Leads to a request: a group with who wants to add the user, or who writes, with their newest words. */
function RequestLink({ request }: { request: ListedRequest }) {
  const { conversation_id: id, user, group, created_at: at, last_message: last } = request;
  const name = group?.name ?? nameOf(user);
  return (
    <a class="found" href={href({ view: "requests", id })}>
      <Avatar id={group ? id : user.id} name={name} picture={(group ?? user).avatar} size="small" />
      <span class="row-name">
        <bdi data-bot={group ? undefined : user.bot}>{name}</bdi>
      </span>
      <Time at={at} as={short} />
      <span class="found-text" dir="auto">
        {group ? t("requests.group", { name: nameOf(user) }) : last ? preview(last) : t("requests.direct")}
      </span>
    </a>
  );
}
