import { t } from "../../i18n/i18n.ts";
import { useMe } from "../../settings/use-me.ts";
import { showDialog } from "../../ui/dialogs.tsx";
import { SpaceDialog } from "../space-dialog.tsx";
import { DirectoryDialog } from "./directory-dialog.tsx";

/** How a user comes into a space of their own, and into one that anybody may join, where there are such. */
export function SpaceDoor() {
  const { value: me } = useMe();
  // What the server says of them comes in a moment. Until then nothing moves.
  const makes = !me || me.policies.spaces === "anyone";
  const finds = me?.policies.space_directory === true;
  if (!makes && !finds) return null;
  return (
    <section class="form finder">
      <h3>{t("spaces.title")}</h3>
      <p>{t("spaces.hint")}</p>
      <div class="actions">
        {makes && (
          <button
            class="secondary"
            type="button"
            onClick={() => showDialog((close) => <SpaceDialog onClose={close} />)}
          >
            {t("spaces.new")}
          </button>
        )}
        {finds && (
          <button
            class="secondary"
            type="button"
            onClick={() => showDialog((close) => <DirectoryDialog onClose={close} />)}
          >
            {t("directory.title")}
          </button>
        )}
      </div>
    </section>
  );
}
