import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { InvitationField } from "../invitation/invitation-field.tsx";
import { useAccount } from "../state/context.ts";
import { go } from "../state/router.ts";
import { useAction } from "../state/use-action.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { usePages } from "../state/use-pages.ts";
import { useReload } from "../state/use-reload.ts";
import { GroupCard } from "./group-card.tsx";
import { OwnRequests } from "./own-requests.tsx";

/** Finds a group by an invitation or its number, and joins it or asks to. Below it, what was asked before. */
export function GroupFinder() {
  const { chat } = useAccount();
  const [number, setNumber] = useState(0);
  const [message, setMessage] = useState("");
  const { value, problem, reload } = useLoaded(`${number}`, async () =>
    number > 0 ? chat.api.call("get", "/v1/groups/{id}", { path: { id: number } }) : undefined,
  );
  const requests = usePages((query) => chat.api.call("get", "/v1/me/join-requests", { query }));
  const reloadAll = () => {
    reload();
    requests.reload();
  };
  useReload(reloadAll, ({ type }) => type === "join_request");
  const join = useAction(async () => {
    const path = { id: number };
    const body = message ? { message } : {};
    const { state } = await chat.api.call("post", "/v1/conversations/{id}/join", { path, body });
    if (state === "joined") go({ view: "conversation", id: number });
    else reloadAll();
  });
  return (
    <section class="form finder">
      <h3>{t("finder.title")}</h3>
      <InvitationField onFound={(code) => go({ view: "invitation", code })} onNumber={setNumber} />
      {problem && <p class="problem">{problem}</p>}
      {value && (
        <GroupCard group={value}>
          {value.state === "requested" && <p>{t("invitation.requested")}</p>}
          {value.state === "none" && value.join_policy !== "closed" && (
            <>
              {value.join_policy === "approval" && (
                <input
                  type="text"
                  value={message}
                  placeholder={t("finder.message")}
                  aria-label={t("finder.message")}
                  onInput={({ currentTarget }) => setMessage(currentTarget.value)}
                />
              )}
              <button class="primary" type="button" disabled={join.isBusy} onClick={() => void join.run()}>
                {t(value.join_policy === "free" ? "invitation.join" : "finder.apply")}
              </button>
            </>
          )}
          {value.state === "none" && value.join_policy === "closed" && <p>{t("finder.closed")}</p>}
          {value.state === "member" && (
            <button
              class="secondary"
              type="button"
              onClick={() => go({ view: "conversation", id: value.id })}
            >
              {t("invitation.open")}
            </button>
          )}
          {join.problem && <p class="problem">{join.problem}</p>}
        </GroupCard>
      )}
      <OwnRequests pages={requests} done={reloadAll} />
    </section>
  );
}
