import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { href, route } from "../state/router.ts";
import { useLive } from "../state/use-live.ts";
import { Icon } from "../ui/icon.tsx";
import { LATER } from "../ui/later/icons.ts";

/** What waits for the user, above their conversations: reminders that are due, and message requests. */
export function Waiting() {
  return (
    <>
      <Reminders />
      <Requests />
    </>
  );
}

/** Leads to the saved messages whose reminders are due, if there are any. */
function Reminders() {
  const { chat } = useAccount();
  const due = useLive(
    () => chat.api.call("get", "/v1/saved", { query: { due: true, limit: 100 } }),
    ({ type }) => type === "reminder" || type === "reminder_seen",
  );
  const n = due?.items.length ?? 0;
  if (n === 0) return null;
  return (
    <a class="due" href={href({ view: "saved" })}>
      <Icon name={LATER.bookmark} />
      {t("saved.dueNow", { n })}
    </a>
  );
}

/** Leads to the message requests that are open, if there are any. */
function Requests() {
  const { chat } = useAccount();
  const open = useLive(
    () => chat.api.call("get", "/v1/requests", { query: { limit: 100 } }),
    ({ type }) => type === "message_request",
  );
  const n = open?.items.length ?? 0;
  if (n === 0) return null;
  return (
    <a
      class="asking"
      href={href({ view: "requests", id: 0 })}
      aria-current={route.value.view === "requests" ? "page" : undefined}
    >
      <Icon name="message" />
      {t("requests.open", { n, more: open?.next_cursor ? "+" : "" })}
    </a>
  );
}
