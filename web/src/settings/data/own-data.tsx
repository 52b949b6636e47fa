import { t } from "../../i18n/i18n.ts";
import { DeleteAccount } from "./delete-account.tsx";
import { ExportData } from "./export-data.tsx";

/** What the user can do with everything that the server has of them: take it along, and have it go. */
export function OwnData() {
  return (
    <section class="form" aria-label={t("data.title")}>
      <h3>{t("data.title")}</h3>
      <p>{t("data.exportHint")}</p>
      <ExportData />
      <DeleteAccount />
    </section>
  );
}
