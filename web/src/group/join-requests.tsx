import { t } from "../i18n/i18n.ts";
import { PersonRow } from "../people/person-row.tsx";
import { useAccount } from "../state/context.ts";
import { useAction } from "../state/use-action.ts";
import { usePages } from "../state/use-pages.ts";
import { useReload } from "../state/use-reload.ts";
import { MoreButton } from "../ui/more.tsx";

/** The users who want to enter a group, for its admins. */
export function JoinRequests({ id }: { id: number }) {
  const { chat } = useAccount();
  const path = { id };
  const pages = usePages((query) =>
    chat.api.call("get", "/v1/conversations/{id}/applications", { path, query }),
  );
  const decide = useAction(async (application: number, action: "accept" | "reject") => {
    await chat.api.call("post", "/v1/conversations/{id}/applications/{application_id}", {
      path: { id, application_id: application },
      body: { action },
    });
    pages.reload();
  });
  useReload(pages.reload, (frame) => frame.type === "member" && frame.conversation_id === id);
  const problem = pages.problem || decide.problem;
  if (!pages.items?.length && !problem) return null;
  return (
    <section class="group">
      <h3>{t("group.requests")}</h3>
      {problem && <p class="problem">{problem}</p>}
      <ul class="people">
        {pages.items?.map(({ id: application, user, message }) => (
          <PersonRow key={application} user={user}>
            <div class="request">
              {message && (
                <p class="prose" dir="auto">
                  {message}
                </p>
              )}
              <div class="actions">
                <button
                  class="secondary"
                  type="button"
                  onClick={() => void decide.run(application, "accept")}
                >
                  {t("people.accept")}
                </button>
                <button
                  class="secondary"
                  type="button"
                  onClick={() => void decide.run(application, "reject")}
                >
                  {t("people.decline")}
                </button>
              </div>
            </div>
          </PersonRow>
        ))}
      </ul>
      <MoreButton pages={pages} />
    </section>
  );
}
