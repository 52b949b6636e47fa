import { useState } from "preact/hooks";
import { when } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { useAction } from "../state/use-action.ts";
import { usePages } from "../state/use-pages.ts";
import { useReload } from "../state/use-reload.ts";
import { InvitationDialog } from "./invitation-dialog.tsx";
import { linkTo, passingOn, passOn } from "./link.ts";

/** The links by which users enter a group, for its admins. */
export function Invitations({ id }: { id: number }) {
  const { chat } = useAccount();
  const path = { id };
  const pages = usePages((query) =>
    chat.api.call("get", "/v1/conversations/{id}/invitations", { path, query }),
  );
  // Who joins may have used one; one ends with the role of who made it.
  useReload(pages.reload, (frame) => frame.type === "member" && frame.conversation_id === id);
  const [isMaking, setMaking] = useState(false);
  const withdraw = useAction(async (code: string) => {
    await chat.api.call("delete", "/v1/conversations/{id}/invitations/{code}", { path: { id, code } });
    pages.reload();
  });
  const problem = pages.problem || withdraw.problem;
  return (
    <section class="group">
      <header class="section-head">
        <h3>{t("group.invitations")}</h3>
        <button class="link" type="button" onClick={() => setMaking(true)}>
          {t("group.makeLink")}
        </button>
      </header>
      {problem && <p class="problem">{problem}</p>}
      <ul class="people">
        {pages.items?.map(({ code, expires_at: end, uses, max_uses: max }) => (
          <li key={code} class="invitation">
            <span class="session">
              <input readOnly value={linkTo({ view: "invitation", code })} aria-label={t("group.link")} />
              <small>
                {max === null
                  ? t("group.linkState", { n: uses, at: when(end) })
                  : t("group.linkStateOf", { n: uses, of: max, at: when(end) })}
              </small>
            </span>
            <button
              class="secondary"
              type="button"
              onClick={() => void passOn(linkTo({ view: "invitation", code }))}
            >
              {passingOn()}
            </button>
            <button class="link" type="button" onClick={() => void withdraw.run(code)}>
              {t("group.withdraw")}
            </button>
          </li>
        ))}
      </ul>
      {isMaking && (
        <InvitationDialog
          id={id}
          known={pages.items}
          onMade={pages.reload}
          onClose={() => setMaking(false)}
        />
      )}
    </section>
  );
}
