import { type Signal, signal } from "@preact/signals";
import { when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import type { Account } from "../../state/account.ts";
import { useAccount } from "../../state/context.ts";
import { href } from "../../state/router.ts";
import { allPages } from "../../state/use-pages.ts";
import { Icon } from "../../ui/icon.tsx";
import type { Scheduled } from "./scheduled.ts";

/** What each account has scheduled: it is loaded once, and anew with each change. */
const known = new WeakMap<Account, Signal<readonly Scheduled[]>>();

/** Says above the field how many messages are sent to a conversation later, and leads to them. */
export function ScheduledLine({ id }: { id: number }) {
  const waiting = scheduledOf(useAccount()).value.filter(
    ({ conversation_id: conversation, failed }) => conversation === id && !failed,
  );
  if (waiting.length === 0) return null;
  const time = when(Math.min(...waiting.map(({ send_at: at }) => at)));
  return (
    <a class="scheduled-line" href={href({ view: "scheduled" })}>
      <Icon name="clock" />
      {t("scheduled.waiting", { n: waiting.length, time })}
    </a>
  );
}

function scheduledOf(account: Account): Signal<readonly Scheduled[]> {
  const held = known.get(account);
  if (held) return held;
  const all = signal<readonly Scheduled[]>([]);
  known.set(account, all);
  const { chat } = account;
  let loads = 0;
  const load = async () => {
    const count = ++loads;
    // Without an answer, what is known stays.
    const items = await allPages((query) => chat.api.call("get", "/v1/scheduled", { query })).catch(
      () => null,
    );
    if (items && count === loads) all.value = items;
  };
  void load();
  chat.onFrame((frame) => {
    const isBack = frame.type === "ready" && !("conversation_id" in frame);
    if (isBack || frame.type === "scheduled") void load();
  });
  return all;
}
