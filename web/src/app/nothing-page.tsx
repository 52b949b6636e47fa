import { t } from "../i18n/i18n.ts";
import { href } from "../state/router.ts";
import { Empty } from "../ui/empty.tsx";

/** What stands at an address of no view. */
export function NothingPage() {
  return (
    <Empty icon="search" text={t("app.notFound")}>
      <a class="primary" href={href({ view: "home" })}>
        {t("app.toList")}
      </a>
    </Empty>
  );
}
