import type { ConversationEntry } from "parley-client";
import { useChat } from "parley-client/react";
import { conversationAddress } from "../conversation/address.ts";
import { Panel } from "../conversation/panels/panel.tsx";
import { t } from "../i18n/i18n.ts";
import { Invitations } from "../invitation/invitations.tsx";
import { rowActions } from "../list/row-menu.tsx";
import { relationActions } from "../people/relations.ts";
import { UserCard } from "../people/user-card.tsx";
import { ChannelAccess } from "../spaces/channel-access.tsx";
import { manages } from "../spaces/state.ts";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { useReload } from "../state/use-reload.ts";
import { Icon } from "../ui/icon.tsx";
import { lazy } from "../ui/lazy.tsx";
import { Placeholder } from "../ui/missing/placeholder.tsx";
import { Bans } from "./bans.tsx";
import { GroupProfile } from "./group-profile.tsx";
import { JoinRequests } from "./join-requests.tsx";
import { Leaving } from "./leaving.tsx";
import { MemberList } from "./member-list.tsx";
import { NotificationLevel } from "./notification-level.tsx";
import type { GroupEntry } from "./rights.ts";
import { isChannel, isManager } from "./rights.ts";

const Hooks = lazy(async () => (await import("./hooks/hooks.tsx")).Hooks);

/** Who is in a conversation, what it is, and what the user can do about it. */
export function InfoPanel({ id }: { id: number }) {
  const { chat } = useAccount();
  const entry = useChat(chat, (state) => state.conversation(id));
  return (
    <Panel title={t("info.title")} id={id}>
      {entry && <Info entry={entry} />}
    </Panel>
  );
}

function Info({ entry }: { entry: ConversationEntry }) {
  if (entry.kind === "direct") return <DirectInfo entry={entry} />;
  return (
    <>
      <GroupInfo entry={entry} />
      <Preferences entry={entry} />
      <Leaving group={entry} />
    </>
  );
}

/** What a conversation has besides its messages in order. */
function Collections({ id }: { id: number }) {
  return (
    <div class="collections">
      <a class="secondary with-icon" href={href(conversationAddress(id, "media"))}>
        <Icon name="image" />
        {t("media.title")}
      </a>
      <a class="secondary with-icon" href={href(conversationAddress(id, "pins"))}>
        <Icon name="pin" />
        {t("pins.title")}
      </a>
    </div>
  );
}

/** What the user can do with the conversation in their list. */
function Preferences({ entry }: { entry: ConversationEntry }) {
  const account = useAccount();
  return (
    <section class="group">
      <h3>{t("info.preferences")}</h3>
      <NotificationLevel id={entry.id} />
      <div class="action-rows">
        {rowActions(account, entry).map(({ label, icon, isDanger, onSelect }) => (
          <button key={label} type="button" data-danger={isDanger} onClick={onSelect}>
            {icon && <Icon name={icon} />}
            {label}
          </button>
        ))}
      </div>
    </section>
  );
}

function GroupInfo({ entry }: { entry: GroupEntry }) {
  const { id, role } = entry;
  // A channel leaves it to its space who comes in.
  const isDoorkeeper = isManager(role) && !isChannel(entry);
  return (
    <>
      <GroupProfile group={entry} />
      <ChannelAccess entry={entry} />
      <Collections id={id} />
      {isDoorkeeper && <JoinRequests id={id} />}
      <MemberList group={entry} />
      {isDoorkeeper && <Invitations id={id} />}
      {manages(entry) && <Hooks id={id} />}
      {isDoorkeeper && <Bans id={id} />}
    </>
  );
}

function DirectInfo({ entry }: { entry: Extract<ConversationEntry, { kind: "direct" }> }) {
  const account = useAccount();
  const { chat } = account;
  const { id } = entry.peer;
  const { value, problem, reload } = useLoaded(`${id}`, () =>
    chat.api.call("get", "/v1/users/{id}", { path: { id } }),
  );
  useReload(reload, (frame) => frame.type === "friend" && frame.user_id === id);
  // What the card gets later would push what is below it from under the pointer.
  if (!value && !problem) return <Placeholder rows={3} />;
  const user = value ?? { ...entry.peer, relation: "none" as const, signature: "" };
  return (
    <>
      <UserCard user={user} problem={problem} actions={value ? relationActions(account, value, reload) : []}>
        <a class="secondary" href={href({ view: "user", id })}>
          {t("people.profile")}
        </a>
      </UserCard>
      <Collections id={entry.id} />
      <Preferences entry={entry} />
    </>
  );
}
