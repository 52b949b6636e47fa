import { useChat } from "parley-client/react";
import { ConversationPage } from "../conversation/conversation-page.tsx";
import { t } from "../i18n/i18n.ts";
import { Sidebar } from "../list/sidebar.tsx";
import { SettingsPage } from "../settings/settings-page.tsx";
import { useAccount } from "../state/context.ts";
import { route } from "../state/router.ts";
import { Toasts } from "../ui/toasts.tsx";

/** The list on one side, and what was chosen on the other. A narrow screen shows one of both. */
export function Shell() {
  const now = route.value;
  return (
    <div class="shell" data-view={now.view === "home" ? "list" : "content"}>
      <ConnectionBar />
      <Sidebar />
      <main class="content">
        <Content />
      </main>
      <Toasts />
    </div>
  );
}

function Content() {
  const now = route.value;
  switch (now.view) {
    case "conversation":
      return <ConversationPage key={now.id} id={now.id} at={now.at} />;
    case "settings":
      return <SettingsPage />;
    case "home":
      return <p class="blank">{t("app.empty")}</p>;
    default:
      return <p class="blank">{t("app.notFound")}</p>;
  }
}

/** Says calmly that the page is not connected. */
function ConnectionBar() {
  const { chat } = useAccount();
  const connection = useChat(chat, (state) => state.connection);
  const text =
    connection === "offline"
      ? t("connection.offline")
      : connection === "connecting"
        ? t("connection.connecting")
        : "";
  return (
    <p class="connection" role="status" data-connection={connection}>
      {text}
    </p>
  );
}
