import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { href } from "../../state/router.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { allPages } from "../../state/use-pages.ts";
import { useReload } from "../../state/use-reload.ts";
import { Empty } from "../../ui/missing/empty.tsx";
import { Placeholder } from "../../ui/missing/placeholder.tsx";
import { Page } from "../../ui/page.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { ScheduledRow } from "./scheduled-row.tsx";

/** The messages of the user that are sent later, the next one first, and those that were refused. */
export function ScheduledPage() {
  const { chat } = useAccount();
  // A user has 200 at most: 100 that wait, and 100 that were refused.
  const { value, problem, reload } = useLoaded("scheduled", () =>
    allPages((query) => chat.api.call("get", "/v1/scheduled", { query })),
  );
  useReload(reload, ({ type }) => type === "scheduled");
  return (
    <Page title={t("scheduled.title")} back={href({ view: "home" })}>
      <ProblemText text={problem} />
      {!value && !problem && <Placeholder />}
      {value?.length === 0 && <Empty icon="clock" text={t("scheduled.empty")} />}
      <ul class="scheduled">
        {value?.map((one) => (
          <ScheduledRow key={one.id} scheduled={one} onChange={reload} />
        ))}
      </ul>
    </Page>
  );
}
