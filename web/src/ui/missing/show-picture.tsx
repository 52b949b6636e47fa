import { t } from "../../i18n/i18n.ts";
import { isLoaded, loadPicture } from "../../lib/pictures.ts";

/** Loads a picture of another server, which is not loaded by itself. */
export function ShowPicture({ address }: { address: string }) {
  if (!address || isLoaded(address)) return null;
  return (
    <button type="button" class="link" onClick={() => loadPicture(address)}>
      {foreignPicture(address)}
    </button>
  );
}

/** What stands for a picture of another server. */
export function foreignPicture(address: string): string {
  return t("picture.show", { host: URL.parse(address)?.host ?? "" });
}
