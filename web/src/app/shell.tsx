import { useChat } from "parley-client/react";
import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { HomePage } from "../account/home-page.tsx";
import { Notifier } from "../attention/notifier.ts";
import { ConversationPage } from "../conversation/conversation-page.tsx";
import { t } from "../i18n/i18n.ts";
import { isOnline } from "../lib/system/online.ts";
import { Sidebar } from "../list/sidebar.tsx";
import { useAccount } from "../state/context.ts";
import { route } from "../state/router.ts";
import { Dialogs } from "../ui/dialogs.tsx";
import { lazy } from "../ui/lazy.tsx";
import { Boundary } from "../ui/missing/boundary.tsx";
import { Toasts } from "../ui/toasts.tsx";
import { pressed } from "./shortcuts.ts";

const AdminPage = lazy(async () => (await import("../moderation/admin-page.tsx")).AdminPage);
const NothingPage = lazy(async () => (await import("./nothing-page.tsx")).NothingPage);
const InvitationPage = lazy(async () => (await import("../invitation/invitation-page.tsx")).InvitationPage);
const NewPage = lazy(async () => (await import("../list/new-page.tsx")).NewPage);
const MentionsPage = lazy(async () => (await import("../list/mentions-page.tsx")).MentionsPage);
const ThreadsPage = lazy(async () => (await import("../conversation/thread/threads-page.tsx")).ThreadsPage);
const SavedPage = lazy(async () => (await import("../list/saved-page.tsx")).SavedPage);
const ArchivePage = lazy(async () => (await import("../list/archive-page.tsx")).ArchivePage);
const RequestsPage = lazy(async () => (await import("../list/requests/requests-page.tsx")).RequestsPage);
const PeoplePage = lazy(async () => (await import("../people/people-page.tsx")).PeoplePage);
const UserPage = lazy(async () => (await import("../people/user-page.tsx")).UserPage);
const SettingsPage = lazy(async () => (await import("../settings/settings-page.tsx")).SettingsPage);
const ScheduledPage = lazy(
  async () => (await import("../conversation/scheduled/scheduled-page.tsx")).ScheduledPage,
);

/** A page that is connected again within this time, in ms, says nothing of it. */
const PATIENCE = 1_000;

/** The list on one side, and what was chosen on the other. A narrow screen shows one of both. */
export function Shell() {
  const { chat } = useAccount();
  const now = route.value;
  useLayoutEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (pressed(event, chat)) event.preventDefault();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [chat]);
  return (
    <div class="shell" data-view={now.view === "home" || now.view === "search" ? "list" : "content"}>
      <ConnectionBar />
      <Boundary of={now}>
        <Sidebar />
      </Boundary>
      <main class="content">
        <Boundary of={now}>
          <Content />
        </Boundary>
      </main>
      <Toasts />
      <Dialogs />
      <Notifier />
    </div>
  );
}

function Content() {
  const now = route.value;
  switch (now.view) {
    case "conversation":
      return <ConversationPage key={now.id} id={now.id} />;
    case "invitation":
      return <InvitationPage key={now.code} code={now.code} />;
    case "new":
      return <NewPage />;
    case "mentions":
      return <MentionsPage />;
    case "threads":
      return <ThreadsPage />;
    case "saved":
      return <SavedPage />;
    case "archive":
      return <ArchivePage />;
    case "requests":
      return <RequestsPage key={now.id} id={now.id} />;
    case "people":
      return <PeoplePage />;
    case "user":
      return <UserPage key={now.id} id={now.id} />;
    case "scheduled":
      return <ScheduledPage />;
    case "admin":
      return <AdminPage place={now.place} />;
    case "settings":
      return <SettingsPage place={now.place} />;
    case "home":
    case "search":
      return <HomePage />;
    default:
      return <NothingPage />;
  }
}

/** Says calmly that the page is not connected: at once if the browser knows it, else when that has lasted. */
function ConnectionBar() {
  const { chat } = useAccount();
  const connection = useChat(chat, (state) => state.connection);
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    if (connection === "live") return setShown(false);
    const wait = setTimeout(() => setShown(true), PATIENCE);
    return () => clearTimeout(wait);
  }, [connection]);
  const lost = connection === "forbidden" ? "connection.forbidden" : "connection.connecting";
  return (
    <p class="connection" role="status" data-connection={connection}>
      {isOnline.value ? isShown && t(lost) : t("connection.offline")}
    </p>
  );
}
