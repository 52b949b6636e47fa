import { useChat } from "parley-client/react";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { lazy } from "../ui/lazy.tsx";
import { Empty } from "../ui/missing/empty.tsx";

const FirstSteps = lazy(async () => (await import("./first-steps.tsx")).FirstSteps);

/** What stands beside the list when nothing was chosen: without any conversation, how to get to one. */
export function HomePage() {
  const { chat } = useAccount();
  const isEmpty = useChat(chat, ({ isListed, conversations }) => isListed && conversations.length === 0);
  if (isEmpty) return <FirstSteps />;
  return (
    <Empty icon="message" text={t("app.empty")}>
      <a class="primary" href={href({ view: "new" })}>
        {t("new.title")}
      </a>
    </Empty>
  );
}
