import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { isGone } from "../state/problem.ts";
import { go, href } from "../state/router.ts";
import { useAction } from "../state/use-action.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { useReload } from "../state/use-reload.ts";
import { Gone } from "../ui/missing/gone.tsx";
import { Page } from "../ui/page.tsx";
import { relationActions } from "./relations.ts";
import { UserCard } from "./user-card.tsx";

/** The profile of a user, and what the user who is signed in can do about them. */
export function UserPage({ id }: { id: number }) {
  const account = useAccount();
  const { chat, me } = account;
  const {
    value: user,
    problem,
    error,
    reload,
  } = useLoaded(`${id}`, () => chat.api.call("get", "/v1/users/{id}", { path: { id } }));
  useReload(reload, (frame) => frame.type === "friend" && frame.user_id === id);
  const begin = useAction(async () => {
    const body = { kind: "direct", user_id: id } as const;
    const conversation = await chat.api.call("post", "/v1/conversations", { body });
    go({ view: "conversation", id: conversation.id });
  });
  return (
    <Page title={t("people.profile")} back={href({ view: "people" })}>
      {isGone(error) ? (
        <Gone text={t("gone.user")} back={href({ view: "people" })} label={t("people.title")} />
      ) : (
        problem && <p class="problem">{problem}</p>
      )}
      {user && !isGone(error) && (
        <UserCard
          user={user}
          problem={begin.problem}
          actions={id === me ? [] : relationActions(account, user, reload)}
        >
          {id === me && (
            <a class="secondary" href={href({ view: "settings", place: "profile" })}>
              {t("settings.title")}
            </a>
          )}
          {id !== me && (
            <button type="button" class="primary" disabled={begin.isBusy} onClick={() => void begin.run()}>
              {t("people.message")}
            </button>
          )}
        </UserCard>
      )}
    </Page>
  );
}
