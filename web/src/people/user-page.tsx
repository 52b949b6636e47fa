import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { useAccount } from "../state/context.ts";
import { go, href } from "../state/router.ts";
import { useAction } from "../state/use-action.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { Page } from "../ui/page.tsx";
import { relationActions, relationText } from "./relations.ts";

/** The profile of a user, and what the user who is signed in can do about them. */
export function UserPage({ id }: { id: number }) {
  const account = useAccount();
  const { chat, me } = account;
  const {
    value: user,
    problem,
    reload,
  } = useLoaded(`${id}`, () => chat.api.call("get", "/v1/users/{id}", { path: { id } }));
  const begin = useAction(async () => {
    const body = { kind: "direct", user_id: id } as const;
    const conversation = await chat.api.call("post", "/v1/conversations", { body });
    go({ view: "conversation", id: conversation.id });
  });
  return (
    <Page title={t("people.profile")} back={href({ view: "people" })}>
      {problem && <p class="problem">{problem}</p>}
      {user && (
        <div class="profile">
          <Avatar id={id} name={nameOf(user)} picture={user.avatar} size="large" />
          <h3>
            <bdi>{nameOf(user)}</bdi>
          </h3>
          <small>
            @{user.username}
            {user.online && ` · ${t("people.online")}`}
          </small>
          <p>{id === me ? t("people.me") : relationText(user.relation)}</p>
          {id !== me && (
            <div class="actions">
              <button type="button" class="primary" disabled={begin.isBusy} onClick={() => void begin.run()}>
                {t("people.message")}
              </button>
              {relationActions(account, user, reload).map(({ label, icon, isDanger, onSelect }) => (
                <button key={label} type="button" class="secondary" data-danger={isDanger} onClick={onSelect}>
                  {icon && <Icon name={icon} />}
                  {label}
                </button>
              ))}
            </div>
          )}
          {begin.problem && <p class="problem">{begin.problem}</p>}
        </div>
      )}
    </Page>
  );
}
